"""The OpenAPI description of the API, for readers and client generators."""

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
ROWS = {
    "type": "array",
    "minItems": 1,
    "items": {},
    "description": "One item per instance: an object of named inputs, or the bare value if there is"
    ' only one input. Bytes are {"b64": "..."}.',
}
COLUMNS = {
    "description": "An object of named tensors as nested lists, or the bare tensor if there is only"
    " one input."
}
REQUEST = {
    "oneOf": [
        {
            "title": title,
            "type": "object",
            "required": [key],
            "properties": {"signature_name": SIGNATURE, key: schema},
        }
        for title, key, schema in (("Rows", "instances", ROWS), ("Columns", "inputs", COLUMNS))
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
"""Characters up to which an example request is shown inline."""


def document(examples: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The OpenAPI document.

    Args:
        examples: model -> a valid request.
    """
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Unrolled",
            "version": "1",
            "description": "Exported models behind the REST API of TensorFlow Serving.",
        },
        "paths": _model_paths(examples) | _server_paths(),
        "components": {"schemas": {"Request": REQUEST, "Error": ERROR}},
    }


def _model_paths(examples: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The paths of a model, and those of one of its versions."""
    anything = {"type": "object"}
    status = _operation("Status of a model's versions", "status", anything, "404")
    metadata = _operation("The signatures of a version", "metadata", anything, "404 503")
    operations = (
        (":predict", "post", _predict(examples)),
        ("", "get", status),
        ("/metadata", "get", metadata),
    )
    paths: dict[str, Any] = {}
    for suffix, method, operation in operations:
        for place, parameters in (("", [MODEL]), ("/versions/{version}", [MODEL, VERSION])):
            name = operation["operationId"] + ("Version" if place else "")
            paths[f"/v1/models/{{model}}{place}{suffix}"] = {
                method: {**operation, "operationId": name, "parameters": parameters}
            }
    return paths


def _predict(examples: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    content = {
        "schema": {"$ref": "#/components/schemas/Request"},
        "examples": {name: {"value": value} for name, value in examples.items()},
    }
    codes = "400 404 413 500 503 504"
    operation = _operation("Predict with a model", "predict", ANSWER, codes)
    body = {"required": True, "content": {"application/json": content}}
    return operation | {"requestBody": body}


def _server_paths() -> dict[str, Any]:
    """The paths of the server itself, with responses in plain text."""
    paths: dict[str, Any] = {}
    for path, summary in (
        ("/", "The models, with an example request for each"),
        ("/healthz", "Whether the server is alive"),
        ("/readyz", "Whether every model has a loaded version"),
        ("/metrics", "Counters for Prometheus"),
    ):
        responses = {"200": {"description": "OK", "content": {"text/plain": {}}}}
        if path == "/readyz":
            responses["503"] = {"description": "Not ready", "content": {"text/plain": {}}}
        name = path.strip("/") or "index"
        paths[path] = {"get": {"summary": summary, "operationId": name, "responses": responses}}
    return paths


def _operation(summary: str, name: str, schema: Mapping[str, Any], codes: str) -> dict[str, Any]:
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {
        "summary": summary,
        "operationId": name,
        "responses": {
            "200": {"description": "OK", "content": {"application/json": {"schema": schema}}},
            **{code: {"description": "Error", "content": error} for code in codes.split()},
        },
    }


def curl(base: str, model: str, example: Mapping[str, Any], file: str) -> str:
    """A curl command that sends the example of a model; a long one from its file."""
    body = json.dumps(example, ensure_ascii=False)
    if len(body) > LONGEST_EXAMPLE:
        body = f"@{file}"
    return f"curl -d {shlex.quote(body)} {base}/v1/models/{model}:predict"
