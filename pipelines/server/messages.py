"""The bodies of predict requests and responses, in the format of TensorFlow Serving's REST API.

`instances` (rows) is answered by `predictions`, `inputs` (columns) by `outputs`, and the name is
left out where there is one named input or output. Stricter than TensorFlow Serving in two points: a
name that the signature does not have is refused in `inputs` too, as it is in `instances`, and a
request has at most `MOST_ROWS` instances.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipelines.server.errors import ServingError
from pipelines.server.tensors import Spec, is_bytes, kind, to_array, to_lists

Arrays = Mapping[str, np.ndarray]

DEFAULT_SIGNATURE = "serving_default"
MOST_ROWS = 4096  # of a request; a body of 8 MiB could otherwise ask for millions


@dataclass(frozen=True)
class Request:
    """The body of a predict request, its outer shape checked.

    Attributes:
        signature: name of the signature.
        rows: whether the inputs were given as `instances`.
        value: what stands under `instances` or `inputs`.
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
    except json.JSONDecodeError as error:
        raise ServingError(400, f"JSON parse error: {error}.") from None
    except UnicodeDecodeError:
        raise ServingError(400, "JSON parse error: the body is not UTF-8.") from None
    except RecursionError:
        raise ServingError(400, "JSON parse error: nested too deeply.") from None
    except ValueError as error:  # a whole number of thousands of digits
        raise ServingError(400, f"JSON parse error: {error}.") from None
    return parse_document(document)


def parse_document(document: Any) -> Request:
    """`parse` for JSON that is already read."""
    if not isinstance(document, dict):
        raise ServingError(400, f"The request must be a JSON object, not {kind(document)}.")
    signature = document.get("signature_name", DEFAULT_SIGNATURE)
    if not isinstance(signature, str):
        raise ServingError(400, "'signature_name' must be a string.")
    if ("instances" in document) == ("inputs" in document):
        both = "instances" in document
        raise ServingError(
            400, "Give 'instances' or 'inputs', not both." if both
            else "Missing 'inputs' or 'instances' key.",
        )  # fmt: skip
    rows = "instances" in document
    value = document["instances" if rows else "inputs"]
    if rows and not isinstance(value, list):
        raise ServingError(400, f"'instances' must be a list, not {kind(value)}.")
    if rows and not value:
        raise ServingError(400, "No values in 'instances'.")
    return Request(signature or DEFAULT_SIGNATURE, rows, value)


def to_arrays(request: Request, specs: Mapping[str, Spec]) -> dict[str, np.ndarray]:
    """The arrays of a request, one for each named input of the signature.

    Raises:
        ServingError: names, types or shapes are not the signature's.
    """
    columns = _columns_of_rows(request.value, specs) if request.rows else _columns(
        request.value, specs
    )  # fmt: skip
    arrays = {name: to_array(name, value, specs[name]) for name, value in columns.items()}
    for name, array in arrays.items():
        if array.ndim and array.shape[0] == 0:
            raise ServingError(400, f"Input '{name}' is empty.")
        if array.ndim and array.shape[0] > MOST_ROWS:
            raise ServingError(
                400, f"{array.shape[0]} instances in one request; send at most {MOST_ROWS}."
            )
    return arrays


def to_json(outputs: Arrays, rows: bool) -> bytes:
    """The body of a predict response.

    Args:
        outputs: name -> array.
        rows: whether to answer in rows (`predictions`) or in columns (`outputs`).

    Raises:
        ServingError: rows were asked for and the outputs do not have one row for each instance.
    """
    if rows and len({array.shape[:1] for array in outputs.values()} | {()}) != 2:
        raise ServingError(
            400, "The outputs of this signature are not one for each instance; send 'inputs'."
        )
    columns = {name: to_lists(name, array) for name, array in outputs.items()}
    if len(columns) == 1:
        value = next(iter(columns.values()))
    elif rows:
        value = [
            dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)
        ]
    else:
        value = columns
    return json.dumps(
        {"predictions" if rows else "outputs": value}, ensure_ascii=False, separators=(",", ":")
    ).encode()


def _is_named(value: Any) -> bool:
    return isinstance(value, dict) and not is_bytes(value)


def _columns(value: Any, specs: Mapping[str, Spec]) -> dict[str, Any]:
    if _is_named(value):
        _check_names("'inputs'", value, specs)
        return value
    if len(specs) != 1:
        raise ServingError(
            400, f"'inputs' must be an object with the named inputs {_names(specs)}."
        )
    return {next(iter(specs)): value}


def _columns_of_rows(rows: list[Any], specs: Mapping[str, Spec]) -> dict[str, list[Any]]:
    named = [_is_named(row) for row in rows]
    if not any(named):
        if len(specs) != 1:
            raise ServingError(
                400, f"Each of 'instances' must be an object with the inputs {_names(specs)}."
            )
        return {next(iter(specs)): rows}
    if not all(named):
        raise ServingError(400, "'instances' mixes objects of named inputs with bare values.")
    for index, row in enumerate(rows):
        _check_names(f"Instance {index}", row, specs)
    return {name: [row[name] for row in rows] for name in specs}


def _names(specs: Mapping[str, Spec]) -> str:
    return ", ".join(f"'{name}'" for name in sorted(specs))


def _check_names(where: str, given: Mapping[str, Any], specs: Mapping[str, Spec]) -> None:
    missing = sorted(specs.keys() - given.keys())
    if missing:
        raise ServingError(
            400, f"{where}: missing input '{missing[0]}'. The inputs are {_names(specs)}."
        )
    extra = sorted(given.keys() - specs.keys())
    if extra:
        raise ServingError(400, f"{where}: no input '{extra[0]}'. The inputs are {_names(specs)}.")
