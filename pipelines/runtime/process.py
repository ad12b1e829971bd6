"""Importing TensorFlow quietly, and the peak memory of the process."""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import warnings
from collections.abc import Generator
from contextlib import contextmanager

from pipelines.runtime.allocator import keep_freed_memory


def import_tensorflow() -> None:
    """Imports TensorFlow and Keras without their start-up messages."""
    keep_freed_memory()
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    with quietly():
        import keras
        import tensorflow  # noqa: F401

    keras.config.disable_traceback_filtering()


@contextmanager
def quietly() -> Generator[None]:
    """A context for importing TensorFlow without its start-up messages.

    Early messages ignore all settings, so standard error is redirected during the import, and shown
    if the import fails.
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
    """The peak memory of this process so far, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # In KiB on Linux, in bytes on macOS.
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
