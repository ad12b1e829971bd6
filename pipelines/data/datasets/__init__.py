"""Data sets that ship inside published packages, one TFDS builder package each, and generators."""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from types import ModuleType

PACKAGES = (__name__, f"{__name__}.generated")


def find(name: str) -> ModuleType:
    """The package of a TFDS builder, or the module of a generator.

    Args:
        name: of the data set.

    Raises:
        ModuleNotFoundError: there is no data set of that name.
    """
    for package in PACKAGES:
        if find_spec(f"{package}.{name}"):
            return importlib.import_module(f"{package}.{name}")
    raise ModuleNotFoundError(f"there is no data set '{name}' in {' or '.join(PACKAGES)}")
