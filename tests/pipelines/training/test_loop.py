import csv
import itertools
import os
import signal

import keras
import numpy as np
import pytest

from pipelines.batching import Batches
from pipelines.training import checkpoint
from pipelines.training.loop import EXPLODED, Diverged, Loop
from tests.pipelines.training import toys


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
    return Loop(model, toys.OUTPUTS, *data, chosen, monitor, folder, callbacks)


def assert_equal_runs(one, other):
    """Weights, state of optimizer and dropout, and history: equal to the bit."""
    for mine, theirs in (
        (one.model.variables, other.model.variables),
        (one.optimizer.variables, other.optimizer.variables),
    ):
        assert len(mine) == len(theirs)
        for a, b in zip(mine, theirs, strict=True):
            np.testing.assert_array_equal(a, b, err_msg=a.path)
    assert one.progress.history == other.progress.history
    assert one.progress.best == other.progress.best
    assert one.progress.best_epoch == other.progress.best_epoch
    assert one.progress.steps == other.progress.steps


def test_it_learns_and_its_history_says_what_happened(tmp_path):
    made = loop(tmp_path, epochs=12, patience=12, data=(toys.batches(count=40),) * 2)
    result = made.run()
    history = result.progress.history
    assert result.ended == "finished"
    assert len(history) == 12
    assert history[-1]["val_loss"] < 0.6 * history[0]["val_loss"]
    assert history[-1]["val_accuracy"] > 0.9
    assert result.progress.steps == 12 * made.train.encoded.lengths.sum()
    assert history[0].keys() == {
        "loss",
        "accuracy",
        "gradient_norm",
        "gradient_norm_max",
        "clipped_share",
        "learning_rate",
        "val_loss",
        "val_accuracy",
    }


def test_the_epoch_averages_its_steps_over_the_examples(tmp_path):
    seen = []
    note = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda i, logs: seen.append(dict(logs))
    )
    made = loop(tmp_path, [note], epochs=1, clip_norm=0.3)
    sizes = [len(batch.weights) for batch in made.train.epoch(0, 0)]
    assert len(set(sizes)) > 1
    logs = made.run().progress.history[0]
    for name in ("loss", "accuracy"):
        expected = np.average([step[name] for step in seen], weights=sizes)
        assert logs[name] == pytest.approx(expected)
    norms = [step["gradient_norm"] for step in seen]
    assert logs["gradient_norm"] == pytest.approx(np.mean(norms))
    assert logs["gradient_norm_max"] == max(norms)
    assert logs["clipped_share"] == pytest.approx(np.mean([norm > 0.3 for norm in norms]))
    assert [step["steps"] for step in seen] == [b.steps for b in made.train.epoch(0, 0)]


def test_the_model_is_left_with_the_measured_weights_of_the_best_epoch(tmp_path):
    made = loop(tmp_path, epochs=6, patience=6, learning_rate=0.8)
    result = made.run()
    values = [logs["val_loss"] for logs in result.progress.history]
    assert result.progress.best_epoch == 1 + int(np.argmin(values)) < 6
    assert result.progress.best == min(values)
    assert made.step.measure(made.validation.once())["loss"] == pytest.approx(min(values), rel=1e-6)


def test_averaged_weights_are_measured_and_kept_while_the_raw_ones_are_trained(tmp_path):
    averaged = loop(tmp_path / "averaged", epochs=2, ema=0.9)
    plain = loop(tmp_path / "plain", epochs=2)
    mine, theirs = averaged.run().progress, plain.run().progress
    trained = [[logs["loss"] for logs in progress.history] for progress in (mine, theirs)]
    assert trained[0] == pytest.approx(trained[1], rel=1e-5)
    assert mine.history[0]["val_loss"] != pytest.approx(theirs.history[0]["val_loss"], rel=1e-3)
    measured = averaged.step.measure(averaged.validation.once())["loss"]
    assert measured == pytest.approx(mine.best, rel=1e-6)


def test_a_seed_twice_gives_the_same_to_the_bit(tmp_path):
    runs = [loop(tmp_path / name) for name in "ab"]
    for made in runs:
        made.run()
    assert_equal_runs(*runs)


def test_another_seed_gives_something_else_though_the_weights_begin_alike(tmp_path):
    runs = [loop(tmp_path / str(seed), model=toys.bag(0), seed=seed) for seed in (0, 1)]
    histories = [made.run().progress.history for made in runs]
    assert histories[0][0]["loss"] != pytest.approx(histories[1][0]["loss"], rel=1e-4)


@pytest.mark.parametrize(
    ("event", "when", "extra"),
    [
        ("on_epoch_begin", 1, {}),
        ("on_epoch_end", 1, {}),
        ("on_epoch_begin", 2, {"schedule": "cosine", "warmup": 0.2, "ema": 0.9}),
    ],
    ids=["between-epochs", "before-a-checkpoint", "schedule-and-average"],
)
def test_a_killed_training_goes_on_as_if_nothing_had_been(event, when, extra, tmp_path):
    whole = loop(tmp_path / "whole", **extra)
    whole.run()
    kills = at(event, when, stop)
    with pytest.raises(Killed):
        loop(tmp_path / "cut", [kills], **extra).run()
    keras.utils.set_random_seed(99)
    resumed = loop(tmp_path / "cut", model=toys.bag(99), **extra)
    result = resumed.run()
    assert result.ended == "finished"
    assert_equal_runs(whole, resumed)


def test_a_killed_recurrent_training_goes_on_as_if_nothing_had_been(tmp_path):
    whole = loop(tmp_path / "whole", model=toys.recurrent(), epochs=2)
    whole.run()
    killed = [at("on_epoch_begin", 1, stop)]
    with pytest.raises(Killed):
        loop(tmp_path / "cut", killed, toys.recurrent(), epochs=2).run()
    resumed = loop(tmp_path / "cut", model=toys.recurrent(99), epochs=2)
    resumed.run()
    assert_equal_runs(whole, resumed)


def test_a_complete_training_resumed_does_nothing_and_has_the_best_weights(tmp_path):
    first = loop(tmp_path, epochs=2)
    first.run()
    seen = []
    again = loop(tmp_path, [at("on_epoch_begin", 2, lambda: seen.append(1))], toys.bag(9), epochs=2)
    assert again.run().ended == "finished"
    assert seen == []
    for a, b in zip(first.model.get_weights(), again.model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


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


@pytest.mark.parametrize(
    ("monitor", "values", "patience", "epochs", "best", "ended"),
    [
        ("val_loss", [3.0, 2.0, 2.5, 2.0, 1.0], 2, 4, 2, "early"),  # an equal value is not better
        ("val_loss", [3.0, 2.0, 2.5, 1.0, 1.5], 2, 5, 4, "finished"),
        ("val_loss", [1.0, 2.0, 0.5, 0.4, 0.3], 1, 2, 1, "early"),
        ("val_accuracy", [0.1, 0.5, 0.4, 0.3, 0.9], 2, 4, 2, "early"),
        ("val_accuracy", [0.5, 0.4, 0.6, 0.7, 0.8], 2, 5, 5, "finished"),
        ("val_loss", [np.nan, 2.0, 3.0, 3.0, 3.0], 2, 4, 2, "early"),
        ("val_loss", [2.0, np.nan, np.nan, 1.0, 1.0], 2, 3, 1, "early"),
        ("val_loss", [np.nan] * 5, 3, 3, 0, "early"),
    ],
)
def test_patience_and_the_direction_of_the_monitor(
    monitor, values, patience, epochs, best, ended, tmp_path
):
    model, kept = toys.bag(), []
    note = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda i, logs: kept.append(model.get_weights())
    )
    made = loop(tmp_path, [note], model, monitor, epochs=5, patience=patience)
    result = scripted(made, values, monitor).run()
    assert (result.progress.epoch, result.progress.best_epoch, result.ended) == (
        epochs,
        best,
        ended,
    )
    for a, b in zip(made.model.get_weights(), kept[best - 1], strict=True):
        np.testing.assert_array_equal(a, b)


def test_patience_counts_on_after_a_resume(tmp_path):
    values = [1.0, 2.0, 3.0, 4.0]
    made = loop(tmp_path, [at("on_epoch_begin", 2, stop)], epochs=9, patience=3)
    with pytest.raises(Killed):
        scripted(made, values).run()
    result = scripted(loop(tmp_path, epochs=9, patience=3), values[2:]).run()
    assert (result.ended, result.progress.epoch, result.progress.best_epoch) == ("early", 4, 1)


def spoilt(made, step, **logs):
    """The loop, with a training step that reports these values."""
    return counted(made, lambda i: logs if i == step else {})


@pytest.mark.parametrize(
    ("logs", "said"),
    [
        ({"loss": np.nan}, "loss nan"),
        ({"loss": np.inf}, "loss inf"),
        ({"gradient_norm": np.nan}, "norm nan"),
        ({"gradient_norm": np.inf}, "norm inf"),
        ({"loss": EXPLODED * 1.1}, "loss 55"),
    ],
)
@pytest.mark.parametrize(
    ("clip", "advice"), [(2.0, "clip_norm (now 2)"), (0.0, "turn clipping on (clip_norm=1)")]
)
def test_a_loss_that_is_lost_ends_the_training_with_advice(logs, said, clip, advice, tmp_path):
    ended = []
    note = keras.callbacks.LambdaCallback(on_train_end=lambda logs: ended.append(1))
    made = spoilt(loop(tmp_path, [note], clip_norm=clip, learning_rate=0.05), 1, **logs)
    with pytest.raises(Diverged) as raised:
        made.run()
    message = str(raised.value)
    assert "\n" not in message
    assert "step 2 of epoch 1" in message
    assert said in message
    assert "learning_rate (now 0.05)" in message
    assert advice in message
    assert ended == [1]  # a callback can tidy up
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_first_loss_that_is_no_number_ends_the_training(tmp_path):
    with pytest.raises(Diverged, match="step 1 of epoch 1"):
        spoilt(loop(tmp_path), 0, loss=np.nan).run()


def test_a_loss_that_is_merely_large_goes_on(tmp_path):
    made = scripted(loop(tmp_path, epochs=1), [1.0])
    assert spoilt(made, 1, loss=EXPLODED * 0.9).run().ended == "finished"


def test_a_learning_rate_beyond_measure_diverges_for_real(tmp_path):
    with pytest.raises(Diverged, match="learning_rate"):
        loop(tmp_path, learning_rate=1e6, clip_norm=0.0).run()


def test_an_interruption_keeps_the_last_full_epoch(tmp_path):
    before = signal.getsignal(signal.SIGINT)
    interrupts = at("on_train_batch_end", 1, lambda: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(Killed):
        loop(tmp_path, [at("on_epoch_begin", 1, stop)]).run()
    kept = (tmp_path / checkpoint.FILE).read_bytes()

    steps = []
    note = keras.callbacks.LambdaCallback(on_train_batch_end=lambda i, logs: steps.append(i))
    made = loop(tmp_path, [interrupts, note])
    result = made.run()
    assert result.ended == "interrupted"
    assert steps == [0, 1]  # the step at hand was finished, no other begun
    assert (result.progress.epoch, len(result.progress.history)) == (1, 1)
    assert (tmp_path / checkpoint.FILE).read_bytes() == kept
    for a, b in zip(made.model.get_weights(), made.best_weights, strict=True):
        np.testing.assert_array_equal(a, b)
    assert signal.getsignal(signal.SIGINT) is before


def test_an_interruption_in_the_first_epoch_leaves_no_checkpoint_and_the_weights_so_far(tmp_path):
    interrupts = at("on_train_batch_end", 1, lambda: os.kill(os.getpid(), signal.SIGINT))
    made = loop(tmp_path, [interrupts])
    start = made.model.get_weights()
    result = counted(made).run()
    assert (result.ended, result.progress.best_epoch) == ("interrupted", 0)
    assert not list(tmp_path.iterdir())
    assert any((a != b).any() for a, b in zip(start, made.model.get_weights(), strict=True))


def test_a_second_interruption_does_not_wait(tmp_path):
    def twice():
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        counted(loop(tmp_path, [at("on_train_batch_end", 0, twice)])).run()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


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


def test_settings_say_how_many_steps_a_schedule_has(tmp_path):
    made = loop(tmp_path, epochs=2, schedule="linear", learning_rate=0.5)
    history = made.run().progress.history
    assert [logs["learning_rate"] for logs in history] == [pytest.approx(0.25), 0.0]
