"""The bodies of predict requests and responses, in the format of TensorFlow Serving's REST API.

The response to `instances` (rows) is `predictions`, to `inputs` (columns) `outputs`; a single input
or output has no name. Stricter than TensorFlow Serving in two points: unknown names are rejected in
`inputs` too, as in `instances`, and a request has at most `MOST_ROWS` instances.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipelines.serving.server.errors import BadRequest
from pipelines.serving.server.tensors import Spec, is_bytes, kind, to_array, to_lists

Arrays = Mapping[str, np.ndarray]

DEFAULT_SIGNATURE = "serving_default"
MOST_ROWS = 4096  # of a request; a body of 8 MiB could contain millions


@dataclass(frozen=True)
class Request:
    """The body of a predict request in a checked form.

    Attributes:
        signature: name of the signature.
        rows: whether the inputs are `instances`.
        value: of `instances` or `inputs`.
    """

    signature: str
    rows: bool
    value: Any


def parse(body: bytes | bytearray) -> Request:
    """Reads a predict request.

    Raises:
        ServingError: not JSON, or not of the form of a predict request.
    """
    try:
        document = json.loads(body)
    except UnicodeDecodeError:
        raise BadRequest("JSON parse error: the body is not UTF-8.") from None
    except RecursionError:
        raise BadRequest("JSON parse error: nested too deeply.") from None
    except ValueError as error:  # not JSON, or an integer with thousands of digits
        raise BadRequest(f"JSON parse error: {error}.") from None
    return parse_document(document)


def parse_document(document: Any) -> Request:
    """`parse` for JSON that is already decoded."""
    if not isinstance(document, dict):
        raise BadRequest(f"The request must be a JSON object, not {kind(document)}.")
    signature = document.get("signature_name", DEFAULT_SIGNATURE)
    if not isinstance(signature, str):
        raise BadRequest("'signature_name' must be a string.")
    rows = "instances" in document
    if rows and "inputs" in document:
        raise BadRequest("Give 'instances' or 'inputs', not both.")
    if not rows and "inputs" not in document:
        raise BadRequest("Missing 'inputs' or 'instances' key.")
    value = document["instances" if rows else "inputs"]
    if rows and not isinstance(value, list):
        raise BadRequest(f"'instances' must be a list, not {kind(value)}.")
    if rows and not value:
        raise BadRequest("No values in 'instances'.")
    return Request(signature or DEFAULT_SIGNATURE, rows, value)


def to_arrays(request: Request, specs: Mapping[str, Spec]) -> dict[str, np.ndarray]:
    """The arrays of a request, one for each named input of the signature.

    Raises:
        ServingError: names, types or shapes do not fit the signature.
    """
    columns = (_columns_of_rows if request.rows else _columns)(request.value, specs)
    arrays = {name: to_array(name, value, specs[name]) for name, value in columns.items()}
    for name, array in arrays.items():
        if array.ndim and array.shape[0] == 0:
            raise BadRequest(f"Input '{name}' is empty.")
        if array.ndim and array.shape[0] > MOST_ROWS:
            raise BadRequest(
                f"{array.shape[0]} instances in one request; send at most {MOST_ROWS}."
            )
    return arrays


def to_json(outputs: Arrays, rows: bool) -> bytes:
    """The body of a predict response.

    Args:
        outputs: name -> array.
        rows: whether to answer in rows (`predictions`) or in columns (`outputs`).

    Raises:
        ServingError: rows were requested, but the outputs do not have one row per instance.
    """
    if rows and len({array.shape[:1] for array in outputs.values()} | {()}) != 2:
        raise BadRequest("The outputs of this signature are not per instance; send 'inputs'.")
    columns = {name: to_lists(name, array) for name, array in outputs.items()}
    value: Any = columns
    if len(columns) == 1:
        (value,) = columns.values()
    elif rows:
        each_row = zip(*columns.values(), strict=True)
        value = [dict(zip(columns, row, strict=True)) for row in each_row]
    body = {"predictions" if rows else "outputs": value}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _is_named(value: Any) -> bool:
    return isinstance(value, dict) and not is_bytes(value)


def _columns(value: Any, specs: Mapping[str, Spec]) -> dict[str, Any]:
    if _is_named(value):
        _check_names("'inputs'", value, specs)
        return value
    if len(specs) != 1:
        raise BadRequest(f"'inputs' must be an object with the named inputs {_names(specs)}.")
    return {next(iter(specs)): value}


def _columns_of_rows(rows: list[Any], specs: Mapping[str, Spec]) -> dict[str, list[Any]]:
    named = [_is_named(row) for row in rows]
    if not any(named):
        if len(specs) != 1:
            raise BadRequest(
                f"Each of 'instances' must be an object with the inputs {_names(specs)}."
            )
        return {next(iter(specs)): rows}
    if not all(named):
        raise BadRequest("'instances' mixes objects of named inputs with bare values.")
    for index, row in enumerate(rows):
        _check_names(f"Instance {index}", row, specs)
    return {name: [row[name] for row in rows] for name in specs}


def _names(specs: Mapping[str, Spec]) -> str:
    return ", ".join(f"'{name}'" for name in sorted(specs))


def _check_names(where: str, values: Mapping[str, Any], specs: Mapping[str, Spec]) -> None:
    if missing := sorted(specs.keys() - values.keys()):
        raise BadRequest(f"{where}: missing input '{missing[0]}'. The inputs are {_names(specs)}.")
    if extra := sorted(values.keys() - specs.keys()):
        raise BadRequest(f"{where}: unknown input '{extra[0]}'. The inputs are {_names(specs)}.")
