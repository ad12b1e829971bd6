"""Training by windows: truncated back-propagation through time, an update after each window."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from models.outputs.steps import StepOutputs
from models.streaming import Streaming
from models.streaming.truncated import Windows
from pipelines.data.batching import Batch
from pipelines.training.step import Step, open_graph


class WindowedStep(Step):
    """Trains a model one window of a batch at a time.

    The state is carried from window to window, the gradient is not, so that memory does not depend
    on the lengths of sequences (`models.streaming.truncated`).

    Args:
        model: as of `Step`.
        outputs: with an answer for each step.
        optimizer: updates the weights, after each window.
        clip_norm: as of `Step`.
        network: the model with explicit state.
        window: steps of a window.
    """

    def __init__(
        self,
        model: keras.Model,
        outputs: StepOutputs,
        optimizer: keras.optimizers.Optimizer,
        clip_norm: float,
        network: Streaming,
        window: int,
    ):
        super().__init__(model, outputs, optimizer, clip_norm)
        self.padding = outputs.padding
        self.windows = Windows(network, window)
        self._window = open_graph(self._window_graph)

    def train(self, batch: Batch) -> dict[str, float]:
        """Takes a step for each window; returns the means over all windows, as `Step.train`."""
        states = self.windows.start(len(batch.weights))
        window_logs = []
        for inputs, targets in self.windows.cut(batch.inputs, batch.targets, self.padding):
            if not tf.reduce_any(targets != self.padding):
                continue  # the moments would change the weights without a gradient
            logs, states = self._window(inputs, targets, batch.weights, states)
            window_logs.append(logs)
        values = np.stack([logs.numpy() for logs in window_logs])  # [windows, logs]
        weights = values[:, self.trained.names.index("weight")]
        total = weights.sum()
        means = self.trained.read(weights @ values / total)
        return means | {"weight": float(total)}

    def _window_graph(
        self,
        inputs: dict[str, tf.Tensor],
        targets: tf.Tensor,
        weights: tf.Tensor,
        states: dict[str, tf.Tensor],
    ) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        after: dict[str, Any] = {}
        specs = self.windows.network.state_specs()  # the graph is open in more dimensions
        states = {name: tf.ensure_shape(state, specs[name].shape) for name, state in states.items()}

        def read() -> dict[str, tf.Tensor]:
            answer, carried = self.windows.read(inputs, states)
            after.update(carried)
            return answer

        return self.trained.pack(self.descend(read, targets, weights)), after
