"""The description of the API for people and for generators of clients."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

MODEL = {"name": "model", "in": "path", "required": True, "schema": {"type": "string"}}
VERSION = {
    "name": "version",
    "in": "path",
    "required": True,
    "schema": {"type": "integer", "minimum": 0},
}
SIGNATURE = {
    "type": "string",
    "default": "serving_default",
    "description": "Which signature of the model to call.",
}
REQUEST = {
    "oneOf": [
        {
            "title": "Rows",
            "type": "object",
            "required": ["instances"],
            "properties": {
                "signature_name": SIGNATURE,
                "instances": {
                    "type": "array",
                    "minItems": 1,
                    "items": {},
                    "description": "One item an instance: an object of named inputs, or the bare "
                    'value where there is one input. Bytes are {"b64": "..."}.',
                },
            },
        },
        {
            "title": "Columns",
            "type": "object",
            "required": ["inputs"],
            "properties": {
                "signature_name": SIGNATURE,
                "inputs": {
                    "description": "An object of named tensors as nested lists, or the bare tensor "
                    "where there is one input."
                },
            },
        },
    ]
}
ANSWER = {
    "type": "object",
    "properties": {
        "predictions": {"type": "array", "items": {}, "description": "For `instances`."},
        "outputs": {"description": "For `inputs`."},
    },
}
ERROR = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}

LONGEST_EXAMPLE = 600
"""Characters of a request that a person is shown."""


def document(examples: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The OpenAPI document.

    Args:
        examples: model -> a request that it can answer.
    """
    predict = _operation(
        "Send instances through a model", "predict", ANSWER, "400 404 413 500 503 504"
    )
    predict["requestBody"] = {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/Request"},
                "examples": {name: {"value": value} for name, value in examples.items()},
            }
        },
    }
    anything = {"type": "object"}
    status = _operation("States of a model's versions", "status", anything, "404")
    metadata = _operation("The signatures of a version", "metadata", anything, "404 503")
    paths: dict[str, Any] = {}
    for suffix, method, operation in (
        (":predict", "post", predict),
        ("", "get", status),
        ("/metadata", "get", metadata),
    ):
        for place, parameters in (("", [MODEL]), ("/versions/{version}", [MODEL, VERSION])):
            name = operation["operationId"] + ("Version" if place else "")
            paths[f"/v1/models/{{model}}{place}{suffix}"] = {
                method: {**operation, "operationId": name, "parameters": parameters}
            }
    for path, summary in (
        ("/", "The models, with a line to try each"),
        ("/healthz", "Whether the server is alive"),
        ("/readyz", "Whether every model has a version that answers"),
        ("/metrics", "Counters for Prometheus"),
    ):
        responses = {"200": {"description": "OK", "content": {"text/plain": {}}}}
        if path == "/readyz":
            responses["503"] = {"description": "Not ready", "content": {"text/plain": {}}}
        paths[path] = {
            "get": {
                "summary": summary,
                "operationId": path.strip("/") or "index",
                "responses": responses,
            }
        }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Unrolled",
            "version": "1",
            "description": "Exported models behind the REST API of TensorFlow Serving.",
        },
        "paths": paths,
        "components": {"schemas": {"Request": REQUEST, "Error": ERROR}},
    }


def _operation(summary: str, name: str, schema: Mapping[str, Any], codes: str) -> dict[str, Any]:
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {
        "summary": summary,
        "operationId": name,
        "responses": {
            "200": {"description": "OK", "content": {"application/json": {"schema": schema}}},
            **{code: {"description": "Refused", "content": error} for code in codes.split()},
        },
    }


def curl(base: str, model: str, example: Mapping[str, Any], file: str) -> str:
    """The line that sends a model its example; from its file, where that is long, as of sound."""
    body = json.dumps(example, ensure_ascii=False)
    if len(body) > LONGEST_EXAMPLE:
        body = f"@{file}"
    return f"curl -d {shlex.quote(body)} {base}/v1/models/{model}:predict"
