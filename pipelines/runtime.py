"""TensorFlow as this process uses it, and what the process has used."""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import warnings
from collections.abc import Generator
from contextlib import contextmanager

from pipelines.allocator import keep_freed_memory


def import_tensorflow() -> None:
    """Imports TensorFlow and Keras without their start-up notices, for a stage that needs them."""
    keep_freed_memory()
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    with quietly():
        import keras
        import tensorflow  # noqa: F401

    keras.config.disable_traceback_filtering()


@contextmanager
def quietly() -> Generator[None]:
    """Surrounds an import of TensorFlow, to keep its notices off the terminal.

    What it writes before its logging begins obeys no setting, so standard error is held back for
    the length of the import, and shown if the import fails.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(terminal, held.read())
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)


def peak_memory() -> float:
    """The most memory that this process has held so far, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts in KiB, macOS in bytes.
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
