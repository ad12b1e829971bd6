"""The compiled kernels: where they are kept, whether they are there, and how they get there.

They are compiled once, by `make setup` or `python -m models.kernels`, for this processor
and these sources; whoever trains reads them from the disk and never waits for the compiler.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import os
import shutil
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, fields
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType

SOURCES = Path(__file__).parent
MARK = "complete"
"""File that says what the folder holds, written when all of it is there."""


def folder() -> Path:
    """Where the compiled kernels are kept: in the environment, or where NUMBA_CACHE_DIR says."""
    named = os.environ.get("NUMBA_CACHE_DIR")
    return Path(named) / "unrolled" if named else Path(sys.prefix) / "unrolled-kernels"


@functools.cache
def obstacle() -> str | None:
    """Why the kernels cannot be used here, in plain words; None if they can."""
    if find_spec("numba") is None:
        return "numba is not installed"
    try:
        found = (folder() / MARK).read_text("utf-8")
    except OSError:
        found = ""
    if found != _identity():
        return "the kernels are not compiled for this processor (make setup compiles them)"
    return None


@dataclass(frozen=True)
class Kernels:
    """The modules whose functions Python calls, all compiled.

    Attributes:
        sequence: a recurrent layer.
        feeding: a recurrent layer with input feeding.
        softmax: cross-entropy over a vocabulary.
        crf: labels of a sequence decided together.
        pooling: the highest over the steps.
    """

    sequence: ModuleType = field(metadata={"module": "recurrent.sequence"})
    feeding: ModuleType = field(metadata={"module": "decoder.feeding"})
    softmax: ModuleType = field(metadata={"module": "losses.softmax"})
    crf: ModuleType = field(metadata={"module": "losses.crf"})
    pooling: ModuleType = field(metadata={"module": "pooling"})


MODULES = {each.name: each.metadata["module"] for each in fields(Kernels)}
"""Name -> module below `models.kernels`."""


def _load(name: str) -> ModuleType:
    """A module of `Kernels`, read from the disk, or compiled."""
    from numba.core import config

    before = config.CACHE_DIR  # ty: ignore
    config.CACHE_DIR = str(folder())  # ty: ignore
    try:
        return importlib.import_module(f"models.kernels.{MODULES[name]}")
    finally:
        config.CACHE_DIR = before  # ty: ignore


def _compile(name: str) -> None:
    """Compiles one of them, in a process of its own; what is compiled cannot be handed over."""
    _load(name)


@functools.cache
def kernels() -> Kernels:
    """The kernels, their BLAS on one thread: the threads are ours."""
    from threadpoolctl import ThreadpoolController

    found = [_load(name) for name in MODULES]
    for library in ThreadpoolController().lib_controllers:
        if library.user_api == "blas" and "scipy" in library.filepath:
            library.set_num_threads(1)
    return Kernels(*found)


def _identity() -> str:
    """Of processor, compiler and sources; what was compiled for another is of no use."""
    import llvmlite.binding
    import numba
    from numba.core import config

    given = [numba.__version__, sys.version, llvmlite.binding.get_host_cpu_name()]
    given += [str(config.CPU_NAME), str(config.CPU_FEATURES)]  # ty: ignore
    given.append(llvmlite.binding.get_host_cpu_features().flatten())
    for file in sorted(SOURCES.rglob("*.py")):
        stat = file.stat()
        given += [str(file.relative_to(SOURCES)), str(stat.st_mtime_ns), str(stat.st_size)]
    return hashlib.sha256("\n".join(given).encode()).hexdigest()


def compile_all() -> str | None:
    """Compiles the kernels, if they are not there, and says so.

    Returns:
        Why it cannot be done; None if they are there.
    """
    if obstacle() is None:
        return None
    if find_spec("numba") is None:
        return obstacle()
    print(
        "unrolled: compiling the kernels for this processor (once, half a minute) ...",
        end=" ",
        file=sys.stderr,
        flush=True,
    )
    started = time.perf_counter()
    try:
        shutil.rmtree(folder(), ignore_errors=True)  # the compiler does not see all changes
        folder().mkdir(parents=True, exist_ok=True)
        # Side by side, the largest first: the compiler itself takes one thread.
        with ProcessPoolExecutor(mp_context=get_context("spawn")) as processes:
            list(processes.map(_compile, MODULES))
        (folder() / MARK).write_text(_identity(), "utf-8")
    except OSError as error:
        print(file=sys.stderr)
        return f"{folder()} cannot be written: {error.strerror}"
    print(f"{time.perf_counter() - started:.0f} s", file=sys.stderr)
    obstacle.cache_clear()
    return obstacle()
