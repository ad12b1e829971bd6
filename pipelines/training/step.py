"""One step of gradient descent, and the measurement of a split, as graphs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from models.outputs import Outputs
from pipelines.data.batching import Batch
from pipelines.training.optimizers.lazy_adam import LazyAdam, unique_rows


class Step:
    """Trains a model one batch at a time.

    Args:
        model: Keras model from a dictionary of inputs to a dictionary of answers.
        outputs: of the network, with the loss and the metrics of each example.
        optimizer: updates the weights.
        clip_norm: largest global norm of the gradient (Pascanu et al. 2013); 0 for no clipping.
    """

    def __init__(
        self,
        model: keras.Model,
        outputs: Outputs,
        optimizer: keras.optimizers.Optimizer,
        clip_norm: float,
    ):
        self.model = model
        self.outputs = outputs
        self.optimizer = optimizer
        self.clip_norm = clip_norm
        self._train = open_graph(self._train_graph)
        self._measure = open_graph(self._measure_graph)
        self.trained, self.measured = Logs(), Logs()

    def train(self, batch: Batch) -> dict[str, float]:
        """Takes one step.

        Returns:
            `loss` (with penalties), the metrics, `gradient_norm` before clipping, and `weight`, the
            weighted number of scored steps of these means.
        """
        logs = self._train(batch.inputs, batch.targets, batch.weights)
        return self.trained.read(logs.numpy())

    def measure(self, batches: Iterable[Batch]) -> dict[str, float]:
        """Mean loss (without penalties) and metrics over all scored steps; changes nothing.

        Args:
            batches: a split, once.
        """
        # Read at the end, to avoid waiting for the device after each batch.
        parts = [self._measure(batch.inputs, batch.targets) for batch in batches]
        total = np.stack([part.numpy() for part in parts]).sum(axis=0, dtype=np.float64)
        sums = self.measured.read(total)
        count = sums.pop("weight")
        return {name: value / count for name, value in sums.items()}

    def _train_graph(
        self, inputs: dict[str, tf.Tensor], targets: tf.Tensor, weights: tf.Tensor
    ) -> tf.Tensor:
        inputs = inputs | self.outputs.teacher_inputs(targets)
        logs = self.descend(lambda: self.model(inputs, training=True), targets, weights)
        return self.trained.pack(logs)

    def descend(
        self, read: Callable[[], Mapping[str, tf.Tensor]], targets: tf.Tensor, weights: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """One step of the optimizer, in the graph.

        Args:
            read: computes the network's answers in training.
            targets: batch first.
            weights: float32 `[batch]`.

        Returns:
            The values of `train` as float32 scalars.
        """
        shares = tf.multiply(weights, self.outputs.size(targets))  # [batch]
        total = tf.reduce_sum(shares)
        with tf.GradientTape() as tape:
            answer = read()
            losses = self.outputs.loss(answer, targets)  # [batch]
            loss = tf.math.divide_no_nan(tf.reduce_sum(losses * shares), total)
            loss += tf.add_n([0.0, *self.model.losses])
        variables = self.model.trainable_variables
        gradients = [self._summed(g) for g in tape.gradient(loss, [v.value for v in variables])]
        norm = tf.linalg.global_norm(gradients)
        if self.clip_norm:
            scale = self.clip_norm / tf.maximum(norm, self.clip_norm)
            gradients = [tf.math.scalar_mul(scale, g) for g in gradients]
        self.optimizer.apply(gradients, variables)
        means = {
            name: tf.math.divide_no_nan(tf.reduce_sum(values * shares), total)
            for name, values in self.outputs.metrics(answer, targets).items()
        }
        return {"loss": loss, **means, "gradient_norm": norm, "weight": total}

    def _summed(self, gradient: tf.Tensor | tf.IndexedSlices) -> tf.Tensor | tf.IndexedSlices:
        """Sums the rows of repeated tokens, without which the norm would be wrong.

        Args:
            gradient: by rows if it is of an embedding that is only used for look-ups.

        Returns:
            By unique rows if the optimizer supports them, otherwise dense.
        """
        by_rows = isinstance(gradient, tf.IndexedSlices) and gradient.values.shape.rank == 2
        if by_rows and isinstance(self.optimizer, LazyAdam):
            return unique_rows(gradient)
        return tf.convert_to_tensor(gradient)

    def _measure_graph(self, inputs: dict[str, tf.Tensor], targets: tf.Tensor) -> tf.Tensor:
        answer = self.model(inputs | self.outputs.teacher_inputs(targets), training=False)
        values = {"loss": self.outputs.loss(answer, targets)}
        values |= self.outputs.metrics(answer, targets)
        size = self.outputs.size(targets)
        sums = {name: tf.reduce_sum(tf.multiply(value, size)) for name, value in values.items()}
        return self.measured.pack(sums | {"weight": tf.reduce_sum(size)})


class Logs:
    """The scalars of a graph as one vector, which is read in one transfer."""

    names: tuple[str, ...] = ()

    def pack(self, logs: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """Float32 scalars -> float32 `[logs]`, in the graph; remembers their names."""
        self.names = tuple(logs)
        return tf.stack(list(logs.values()))

    def read(self, values: np.ndarray) -> dict[str, float]:
        """The scalars by name."""
        return dict(zip(self.names, values.tolist(), strict=True))


def open_graph(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as one graph for all batch sizes and lengths (keras#20369).

    `reduce_retracing` would trace the first shape separately, and constant folding for a known
    length can change the last bit: a resumed training begins with another batch.
    """
    graph: Callable[..., Any] | None = None

    def call(*arguments: Any) -> Any:
        nonlocal graph
        if graph is None:
            signature = tf.nest.map_structure(_open_spec, arguments)
            graph = tf.function(function, input_signature=signature, autograph=False)
        return graph(*arguments)

    return call


def _open_spec(tensor: tf.Tensor) -> tf.TensorSpec:
    shape = tensor.shape.as_list()
    return tf.TensorSpec([None] * len(shape[:2]) + shape[2:], tensor.dtype)
