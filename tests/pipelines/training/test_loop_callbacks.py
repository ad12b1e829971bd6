"""Keras's callbacks in the loop."""

import csv

import keras
import pytest

from pipelines.data.batching import Batches
from tests.pipelines.training import toys
from tests.pipelines.training.loops import (
    at,
    loop,
    scripted,
)


def test_a_callback_may_stop_the_training(tmp_path):
    model = toys.bag()
    stops = at("on_epoch_end", 1, lambda: setattr(model, "stop_training", True))
    result = scripted(loop(tmp_path, [stops], model, epochs=5), [3.0, 2.0, 1.0]).run()
    assert (result.ended, result.progress.epoch) == ("early", 2)


def test_the_early_stopping_of_keras_works(tmp_path):
    stopping = keras.callbacks.EarlyStopping(monitor="val_loss", patience=1)
    made = loop(tmp_path, [stopping], epochs=5, patience=5)
    result = scripted(made, [1.0, 2.0, 3.0]).run()
    assert (result.ended, result.progress.epoch) == ("early", 2)


def test_the_plateau_callback_of_keras_lowers_the_rate_and_a_resume_keeps_it(tmp_path):
    plateau = keras.callbacks.ReduceLROnPlateau(monitor="val_loss", factor=0.5, patience=1)
    made = loop(tmp_path, [plateau], epochs=3, patience=9, learning_rate=0.5)
    history = scripted(made, [1.0, 2.0, 3.0]).run().progress.history
    assert [logs["learning_rate"] for logs in history] == [0.5, 0.5, 0.25]
    resumed = scripted(loop(tmp_path, epochs=4, patience=9, learning_rate=0.5), [1.0])
    assert resumed.run().progress.history[-1]["learning_rate"] == 0.125


def test_the_csv_logger_of_keras_writes_every_epoch(tmp_path):
    logger = keras.callbacks.CSVLogger(str(tmp_path / "log.csv"))
    history = loop(tmp_path / "run", [logger]).run().progress.history
    with (tmp_path / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["epoch"]) for row in rows] == [0, 1, 2]
    for row, logs in zip(rows, history, strict=True):
        assert float(row["val_loss"]) == pytest.approx(logs["val_loss"])


def test_a_callback_cannot_change_the_history(tmp_path):
    spoil = keras.callbacks.LambdaCallback(on_epoch_end=lambda i, logs: logs.clear())
    history = loop(tmp_path, [spoil], epochs=1).run().progress.history
    assert "val_loss" in history[0]


def test_events_come_in_the_order_of_keras(tmp_path):
    seen = []
    names = ["train_begin", "epoch_begin", "train_batch_begin", "train_batch_end", "test_begin"]
    names += ["test_end", "epoch_end", "train_end"]

    class Note(keras.callbacks.Callback):
        """Notes each event."""

    for name in names:
        setattr(Note, f"on_{name}", lambda self, *_, name=name, **__: seen.append(name))
    data = (Batches(toys.split(5), (5,), 8),) * 2
    loop(tmp_path, [Note()], data=data, epochs=2).run()
    assert seen == [names[0], *names[1:7], *names[1:7], names[7]]
