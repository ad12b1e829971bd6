"""Raw values of requests: columns -> tensors, and -> JSON."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import tensorflow as tf

AT_A_TIME = 512
"""Examples that are encoded at a time."""


def tensors(
    values: Mapping[str, Sequence[Any] | np.ndarray], specs: Mapping[str, tf.TensorSpec]
) -> dict[str, Any]:
    """A batch of raw values as the tensors of a signature.

    Args:
        values: name -> values, batch first; names that the signature lacks are ignored.
        specs: name -> spec; values of rank two and more are sequences, `[steps, ...]` each, and
            are padded with zeros to the longest.
    """
    import tensorflow as tf

    return {
        name: tf.constant(rectangle(values[name], len(spec.shape)), spec.dtype)
        for name, spec in specs.items()
    }


def batches(
    columns: Mapping[str, np.ndarray], specs: Mapping[str, tf.TensorSpec]
) -> Iterator[dict[str, Any]]:
    """A whole split in batches of tensors, in its order.

    Args:
        columns: name -> `[n, ...]`; names that the signature lacks are ignored.
        specs: name -> spec.
    """
    count = len(columns[next(iter(specs))])
    for start in range(0, count, AT_A_TIME):
        rows = slice(start, start + AT_A_TIME)
        yield tensors({name: columns[name][rows] for name in specs}, specs)


def rectangle(values: Sequence[Any] | np.ndarray, rank: int) -> Any:
    """Values of one input, ready for a tensor of that rank: sequences are padded to one length."""
    if rank < 2:
        return list(values)
    arrays = [np.asarray(value) for value in values]
    longest = max(len(array) for array in arrays)
    shape = (len(arrays), longest, *arrays[0].shape[1:])
    padded = np.zeros(shape, arrays[0].dtype)
    for row, array in zip(padded, arrays, strict=True):
        row[: len(array)] = array
    return padded


def to_json(value: Any) -> Any:
    """A raw value in TensorFlow Serving's REST form: bytes become `{"b64": ...}`."""
    if isinstance(value, bytes):
        return {"b64": base64.b64encode(value).decode("ascii")}
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return value


def size(value: Any) -> int:
    """The length of a raw value: characters, bytes or steps; 0 if it is not a sequence."""
    return len(value) if isinstance(value, str | bytes | np.ndarray | list) else 0
