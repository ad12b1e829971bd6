"""One tensor: nested lists of JSON <-> an array, in the format of TensorFlow Serving's REST API.

Bytes are `{"b64": "..."}` in inputs, and in outputs whose name ends in `_bytes`. Integers are not
accepted as strings, nor decimals as integers, nor numbers that the type cannot represent.
Not-a-number and the infinities are the tokens `NaN`, `Infinity` and `-Infinity`, as in Python, and
float32 is written with the fewest digits that identify it.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from pipelines.serving.server.errors import BadRequest, one_line


@dataclass(frozen=True)
class Spec:
    """Type and shape of one tensor of a signature.

    Attributes:
        dtype: NumPy type; `object` for strings.
        shape: sizes, None where unknown; None if the rank is unknown.
    """

    dtype: np.dtype
    shape: tuple[int | None, ...] | None

    def fits(self, shape: tuple[int, ...]) -> bool:
        """Whether an array of that shape is allowed."""
        return self.shape is None or (
            len(self.shape) == len(shape)
            and all(size in (None, actual) for size, actual in zip(self.shape, shape, strict=True))
        )


def to_array(name: str, value: Any, spec: Spec) -> np.ndarray:
    """One tensor from nested lists.

    Args:
        name: of the input, for the messages.
        value: a value or nested lists of them.
        spec: of the signature.

    Raises:
        ServingError: ragged, or of another type or shape.
    """
    shape, leaves = _flatten(name, value)
    array = _leaves(name, leaves, spec.dtype).reshape(shape)
    if not spec.fits(shape):
        expected = "x".join("?" if size is None else str(size) for size in spec.shape or ())
        actual = "x".join(map(str, shape))
        raise BadRequest(
            f"Input '{name}' has shape [{actual}]; the signature expects [{expected}]."
        )
    return array


def _flatten(name: str, value: Any) -> tuple[tuple[int, ...], list[Any]]:
    """Shape and values of nested lists; all items of a level must be like the first."""
    shape: list[int] = []
    level = [value]
    while level and isinstance(level[0], list):
        size = len(level[0])
        for item in level:
            if not isinstance(item, list) or len(item) != size:
                actual = f"{len(item)} items" if isinstance(item, list) else kind(item)
                raise BadRequest(
                    f"Input '{name}' is ragged: {actual} where the first has {size} items; pad"
                    " the lists to one length or send separate requests.",
                )
        shape.append(size)
        level = list(chain.from_iterable(level))
    if any(isinstance(item, list) for item in level):
        raise BadRequest(f"Input '{name}' is ragged: a list where the first item is a value.")
    return tuple(shape), level


def _leaves(name: str, leaves: list[Any], dtype: np.dtype) -> np.ndarray:
    if dtype.kind == "O":
        array = np.empty(len(leaves), object)
        array[:] = [_to_bytes(name, leaf) for leaf in leaves]
        return array
    allowed = {"b": {bool}, "i": {int}, "u": {int}, "f": {int, float}}.get(dtype.kind)
    if allowed is None:
        raise BadRequest(f"Input '{name}' is {dtype}, which this server cannot read from JSON.")
    for wrong in set(map(type, leaves)) - allowed:
        example = next(leaf for leaf in leaves if type(leaf) is wrong)
        raise BadRequest(f"Input '{name}' must be {dtype}, not {kind(example)}.")
    if dtype.kind in "iu":
        low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
        outside = next((leaf for leaf in leaves if not low <= leaf <= high), None)
    elif dtype.kind == "f":
        most = float(np.finfo(dtype).max)
        exact = 2 ** (np.finfo(dtype).nmant + 1)
        outside = next((leaf for leaf in leaves if _lossy(leaf, most, exact)), None)
    else:
        outside = None
    if outside is not None:
        raise BadRequest(
            f"Input '{name}': {outside} cannot be represented by {dtype} without loss."
        )
    return np.array(leaves, dtype)


def _lossy(value: float, most: float, exact: int) -> bool:
    if isinstance(value, int):
        return abs(value) >= exact
    return most < abs(value) < float("inf")


def _to_bytes(name: str, leaf: Any) -> bytes:
    if isinstance(leaf, str):
        try:
            return leaf.encode()
        except UnicodeEncodeError:
            raise BadRequest(f"Input '{name}': contains an unpaired surrogate.") from None
    if not is_bytes(leaf):
        raise BadRequest(
            f'Input \'{name}\' must be a string or {{"b64": "..."}}, not {kind(leaf)}.'
        )
    text = leaf["b64"]
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise BadRequest(f"Input '{name}': the value of 'b64' is not base64.") from None


def is_bytes(value: Any) -> bool:
    """Whether a JSON value is bytes rather than an object of named inputs."""
    return isinstance(value, dict) and value.keys() == {"b64"} and isinstance(value["b64"], str)


def kind(value: Any) -> str:
    """A JSON value in words, for messages."""
    if value is None:
        return "null"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "an object"
    return one_line(json.dumps(value))[:40]


def to_lists(name: str, array: np.ndarray) -> Any:
    """The nested lists of an output, ready for `json.dumps`."""
    if array.dtype.kind == "O":
        if name.endswith("_bytes"):
            leaves = [{"b64": base64.b64encode(leaf).decode()} for leaf in array.flat]
        else:
            leaves = [leaf.decode(errors="replace") for leaf in array.flat]
    elif array.dtype.kind == "f" and array.itemsize < 8:
        # Through text: the shortest digits that identify the float32, not its double.
        leaves = list(map(float, array.ravel().astype("S")))
    else:
        return array.tolist()
    return _nest(leaves, array.shape)


def _nest(leaves: list[Any], shape: tuple[int, ...]) -> Any:
    for size in reversed(shape[1:]):
        count = int(np.prod(shape[:1])) if not size else len(leaves) // size
        leaves = [leaves[i * size : (i + 1) * size] for i in range(count)]
    return leaves if shape else leaves[0]
