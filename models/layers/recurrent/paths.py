"""Which way a recurrent layer computes, and why."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Generator
from dataclasses import dataclass

import keras
import tensorflow as tf

from models.kernels import compiled
from models.layers.recurrent import workers

_PLAIN = contextvars.ContextVar("plain", default=False)


@dataclass(frozen=True)
class Path:
    """The way a layer computes.

    Attributes:
        name: `fast` (compiled kernels, the gradient by hand), `plain` (the same sums as ordinary
            TensorFlow), `cudnn` or `keras` (both Keras's own).
        reason: why, in plain words.
    """

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


@contextlib.contextmanager
def plain() -> Generator[None]:
    """Within it the fast layers are traced as ordinary TensorFlow, for an export.

    A served graph must not call Python, which TensorFlow Serving does not have. The result also
    has all derivatives. It governs what is traced within it, in this
    thread: a `tf.function` traced before keeps what it has.
    """
    token = _PLAIN.set(True)
    try:
        yield
    finally:
        _PLAIN.reset(token)


def kernels_serve() -> bool:
    """Whether kernels can be called here and now, whatever the layer."""
    gpu = bool(tf.config.list_logical_devices("GPU"))
    return not gpu and not _PLAIN.get() and compiled.obstacle() is None


def path_of(layer: keras.layers.Layer) -> Path:
    """Tells how a recurrent layer computes here and now.

    Args:
        layer: a layer of this package, or any other recurrent layer of Keras.
    """
    cell = getattr(layer, "cell", None)
    if not hasattr(layer, "equations") or cell is None:
        return Path("keras", "not a layer of models.layers.recurrent")
    obstacle = _obstacle(layer, cell)
    if tf.config.list_logical_devices("GPU"):
        return _path_on_gpu(layer, cell, obstacle)
    if obstacle is not None:
        return Path("keras", obstacle)
    if _PLAIN.get():
        return Path("plain", "traced for an export, which must not call Python")
    missing = compiled.obstacle()
    if missing is not None:
        return Path("keras", missing)
    return Path("fast", f"kernels on {workers.threads()} threads")


def _path_on_gpu(layer: keras.layers.Layer, cell: keras.layers.Layer, obstacle: str | None) -> Path:
    if not hasattr(layer, "use_cudnn"):
        return Path("keras", "on a GPU; cuDNN has no path for this layer in Keras")
    if layer.use_cudnn is False:
        return Path("keras", "on a GPU with use_cudnn=False")
    if obstacle is not None and layer.compute_dtype == "float32":
        return Path("keras", f"on a GPU, but {obstacle}")
    if cell.recurrent_dropout:
        return Path("keras", "on a GPU, but cuDNN has no recurrent dropout")
    return Path("cudnn", "on a GPU, where Keras takes cuDNN")


def _obstacle(layer: keras.layers.Layer, cell: keras.layers.Layer) -> str | None:
    """What the fast path cannot do of what this layer asks for."""
    if layer.compute_dtype != "float32":
        return f"computes in {layer.compute_dtype}, not in float32"
    if cell.activation is not keras.activations.tanh:
        return f"activation is {_name(cell.activation)}, not tanh"
    sigmoid = keras.activations.sigmoid
    if getattr(cell, "recurrent_activation", sigmoid) is not sigmoid:
        return f"recurrent_activation is {_name(cell.recurrent_activation)}, not sigmoid"
    if not cell.use_bias:
        return "use_bias=False"
    if not getattr(cell, "reset_after", True):
        return "reset_after=False: the reset gate lies inside the product"
    if layer.unroll:
        return "unroll=True"
    if getattr(layer, "use_cudnn", "auto") is True:
        return "use_cudnn=True"
    if max(cell.dropout, cell.recurrent_dropout) >= 1:
        return "a dropout of 1"
    return None


def _name(activation: object) -> str:
    return getattr(activation, "__name__", type(activation).__name__)
