"""Loops over toys, and callbacks that kill, count or script them."""

import itertools

import keras
import numpy as np

from pipelines.evaluation.metric import Directions, Metric
from pipelines.training.loop import Loop
from tests.pipelines.training import toys

DIRECTIONS = Directions(Metric("accuracy", "larger"))


class Killed(BaseException):
    """Stands for SIGKILL: nothing of the loop runs after it but what an exception runs."""


def at(event, when, then):
    """A callback that does something once, at the event with that index or epoch."""
    return keras.callbacks.LambdaCallback(**{event: lambda i, logs: then() if i == when else None})


def stop():
    raise Killed


def loop(folder, callbacks=(), model=None, monitor="val_loss", data=None, **settings):
    seed = settings.get("seed", 0)
    data = data or (toys.batches(), toys.batches(count=9, seed=1))
    chosen = toys.settings(**settings)
    model = model or toys.bag(seed)
    metric = DIRECTIONS.metric(monitor)
    return Loop(model, toys.OUTPUTS, *data, chosen, metric, folder, callbacks)


def assert_equal_runs(one, other):
    """Weights, state of optimizer and dropout, and history: equal to the bit."""
    for variables, others in (
        (one.model.variables, other.model.variables),
        (one.optimizer.variables, other.optimizer.variables),
    ):
        assert len(variables) == len(others)
        for a, b in zip(variables, others, strict=True):
            np.testing.assert_array_equal(a, b, err_msg=a.path)
    assert one.progress.history == other.progress.history
    assert one.progress.best == other.progress.best
    assert one.progress.best_epoch == other.progress.best_epoch
    assert one.progress.steps == other.progress.steps


def counted(made, logs=lambda i: {}):
    """The loop, with steps that add 1 to every weight and report 1, or what `logs` says."""
    steps = itertools.count()

    def train(batch):
        for weight in made.model.trainable_variables:
            weight.assign_add(np.ones(weight.shape))
        return {"loss": 1.0, "gradient_norm": 1.0, "weight": 1.0} | logs(next(steps))

    made.step.train = train
    return made


def scripted(made, values, name="val_loss"):
    """The loop, with steps that only count and a validation that finds these values."""
    left = iter(values)
    counted(made).step.measure = lambda batches: {name.removeprefix("val_"): next(left)}
    return made
