"""Reads the arrays of `watch_dataset.npy`, which is a pickle, without unpickling it.

To unpickle is to call whatever a file names. Here its instructions are disassembled by the standard
library, which runs none of them (`pickletools.genops`), and those that such a file of arrays has
are followed on a stack of plain values. Names in the file are text: nothing is imported or looked
up by them, and of the four that are known each has one meaning. Anything else is refused.
"""

from __future__ import annotations

import io
import pickletools
from typing import Any

import numpy as np

ARRAY, BYTES, TYPE = "numpy.core.multiarray _reconstruct", "_codecs encode", "numpy dtype"
NAMES = (ARRAY, BYTES, TYPE, "numpy ndarray")
TYPES = {"f8": "<f8", "i8": "<i8", "O8": "O8"}
"""Code of a type of numbers -> that type, little-endian; `O8` is any object."""

CONSTANTS = {
    "NONE": None,
    "NEWTRUE": True,
    "NEWFALSE": False,
    "EMPTY_TUPLE": (),
}
WRITTEN = ("BININT", "BININT1", "BININT2", "BINUNICODE")
FIXED = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


def read_object(content: bytes) -> Any:
    """The one object that an object array without dimensions holds.

    Args:
        content: of a `.npy` file that `numpy.save` wrote of dictionaries, lists, texts, numbers and
            arrays of numbers, with protocol 2 of pickle.

    Raises:
        ValueError: the file has anything else.
    """
    file = io.BytesIO(content)
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("not version 1.0 of the format .npy")
    shape, _, kind = np.lib.format.read_array_header_1_0(file)
    if shape != () or kind != np.dtype(object):
        raise ValueError(f"an array {shape} of {kind}, not one object")
    values = _Machine().run(file.read())
    if not isinstance(values, list) or len(values) != 1:
        raise ValueError("not one object")
    return values[0]


class _Machine:
    """A stack, the marks on it, and what was remembered by number."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memory: dict[int, Any] = {}

    def run(self, content: bytes) -> Any:
        """Follows the instructions; gives what they leave on the stack."""
        try:
            for instruction, argument, _ in pickletools.genops(content):
                self._follow(instruction.name, argument)
            (result,) = self.stack
        except (IndexError, KeyError, TypeError) as error:
            raise ValueError(f"not the arrays that were expected: {error!r}") from error
        return result

    def _follow(self, name: str, argument: Any) -> None:
        if name in CONSTANTS:
            self.stack.append(CONSTANTS[name])
        elif name in WRITTEN:
            self.stack.append(argument)
        elif name in FIXED:
            self.stack.append(tuple(self._taken(len(self.stack) - FIXED[name])))
        elif name == "TUPLE":
            self.stack.append(tuple(self._taken(self.marks.pop())))
        elif name in ("BINPUT", "LONG_BINPUT"):
            self.memory[argument] = self.stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            self.stack.append(self.memory[argument])
        elif name == "MARK":
            self.marks.append(len(self.stack))
        elif name not in ("PROTO", "STOP"):
            self._make(name, argument)

    def _make(self, name: str, argument: Any) -> None:
        """What makes or fills something."""
        if name == "GLOBAL" and argument in NAMES:
            self.stack.append(argument)
        elif name in ("EMPTY_LIST", "EMPTY_DICT"):
            self.stack.append([] if name == "EMPTY_LIST" else {})
        elif name == "APPEND":
            value = self.stack.pop()
            self.stack[-1].append(value)
        elif name == "APPENDS":
            values = self._taken(self.marks.pop())
            self.stack[-1].extend(values)
        elif name == "SETITEMS":
            pairs = self._taken(self.marks.pop())
            self.stack[-1].update(zip(pairs[::2], pairs[1::2], strict=True))
        elif name == "REDUCE":
            called, arguments = self._taken(-2)
            self.stack.append(_called(called, arguments))
        elif name == "BUILD":
            made, state = self._taken(-2)
            self.stack.append(_built(made, state))
        else:
            raise ValueError(f"{name} {argument or ''} is not part of a file of arrays")

    def _taken(self, start: int) -> list[Any]:
        """Takes all from a place of the stack on."""
        taken = self.stack[start:]
        del self.stack[start:]
        return taken


def _called(name: str, arguments: tuple[Any, ...]) -> Any:
    """Bytes, the code of a type, or an array that `_built` will fill."""
    if name == BYTES:
        text, encoding = arguments
        if encoding == "latin1":
            return text.encode("latin1")
    elif name == TYPE and arguments[0] in TYPES:
        return TYPES[arguments[0]]
    elif name == ARRAY:
        return ARRAY
    raise ValueError(f"{name} of {arguments[1:]} is not part of a file of arrays")


def _built(made: Any, state: tuple[Any, ...]) -> Any:
    """A type with its byte order, or an array with its content."""
    if made in TYPES.values() and state[1] in ("<", "|"):
        return made
    if made != ARRAY:
        raise ValueError("something is to be filled that is no array")
    _, shape, kind, columns_first, content = state
    if kind == TYPES["O8"]:
        return content
    values = np.frombuffer(content, kind)
    return values.reshape(shape, order="F" if columns_first else "C")
