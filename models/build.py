"""A spec -> a network, and its ways of answering, whatever the mode: a module of this package."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras

import models
from models.ids import PADDING
from models.inputs import SequenceInput, SingleInput
from models.outputs import Outputs
from models.outputs.steps import StepOutputs, mean_over_steps, step_losses
from models.spec import ModelSpec
from models.spec.generation import Generation
from models.spec.settings import SpecError

if TYPE_CHECKING:
    import tensorflow as tf

    from models.streaming import Streaming


def build(spec: ModelSpec, inputs: SequenceInput | SingleInput, outputs: Outputs) -> keras.Model:
    """Builds the network of `spec.mode`.

    Args:
        spec: the network's make.
        inputs: what it reads.
        outputs: what it answers.

    Returns:
        The model in its training form, from a dictionary of inputs to a dictionary of answers,
        with random weights.

    Raises:
        SpecError: an invalid combination.
    """
    spec.validate()
    if inputs.kind != spec.input:
        raise SpecError(
            "input",
            f"{spec.input} was set, but the data are {inputs.kind}; set input={inputs.kind}",
        )
    if spec.head not in outputs.heads:
        choices = ", ".join(outputs.heads)
        raise SpecError("head", f"{spec.head} does not fit these targets; choose {choices}")
    return _mode(spec).build(spec, inputs, outputs)


def answer(
    spec: ModelSpec, model: keras.Model, outputs: Outputs, generation: Generation | None = None
) -> Callable[[Mapping[str, tf.Tensor]], dict[str, tf.Tensor]]:
    """The network running free, without true targets as input: for evaluation and export.

    Args:
        spec: that the model was built from.
        model: of `build`, perhaps saved and loaded since.
        outputs: what it answers.
        generation: how a decoder writes; the defaults where it is None.

    Returns:
        A function of the inputs by name that can be traced into a graph.
    """
    return _mode(spec).answer(spec, model, outputs, generation or Generation())


def streaming(spec: ModelSpec, model: keras.Model, outputs: Outputs) -> Streaming:
    """The network with its state outside, for streaming.

    Raises:
        SpecError: the network cannot be streamed; names the field that forbids it.
    """
    return _mode(spec).streaming(spec, model, outputs)


def score(
    model: keras.Model, outputs: StepOutputs
) -> Callable[[Mapping[str, tf.Tensor], tf.Tensor], dict[str, tf.Tensor]]:
    """Rates given targets by teacher forcing: the true token is read before each step.

    Args:
        model: of `build`, perhaps saved and loaded since.
        outputs: what it answers; its class has `rates`.

    Returns:
        A function of the inputs by name and the targets, int32 `[batch, length]`, to `loss`,
        float32 `[batch]`, the negative log-likelihood in nats a token; `size`, float32 `[batch]`,
        the tokens that it is the mean of; `step_losses`, float32 `[batch, length]`, in nats; the
        metrics of the outputs; and `best`, int32 `[batch, length]`, the likeliest token of each
        step; both 0 at padding.
    """

    def rate(inputs: Mapping[str, tf.Tensor], targets: tf.Tensor) -> dict[str, tf.Tensor]:
        answers = model({**inputs, **outputs.teacher_inputs(targets)}, training=False)
        best = keras.ops.cast(keras.ops.argmax(answers["logits"], axis=-1), "int32")
        scored = outputs.scored(targets)
        # Not the loss of training, which may be smoothed: what is asked is the probability.
        losses = step_losses(answers["logits"], targets, scored)
        return {
            "loss": mean_over_steps(losses, scored),
            "size": outputs.size(targets),
            "step_losses": losses,
            **outputs.metrics(answers, targets),
            "best": keras.ops.where(scored, best, PADDING),
        }

    return rate


def load(file: Path) -> keras.Model:
    """Reads a network that `keras.Model.save` wrote.

    Args:
        file: ends in `.keras`.
    """
    # Keras knows a layer by its name once the module that registers it has been imported. The
    # kernels hold no layers, and to import them here would be to compile them.
    for module in pkgutil.walk_packages(models.__path__, "models."):
        if not module.name.startswith("models.kernels."):
            importlib.import_module(module.name)
    return keras.saving.load_model(file, compile=False)


def _mode(spec: ModelSpec) -> Any:
    return importlib.import_module(f"models.modes.{spec.mode}")
