"""When a training ends: by patience, beyond repair, or interrupted."""

import os
import signal

import keras
import numpy as np
import pytest

from pipelines.training import checkpoint
from pipelines.training.loop import EXPLODED, Diverged
from tests.pipelines.training import toys
from tests.pipelines.training.loops import Killed, at, counted, loop, scripted, stop


@pytest.fixture(autouse=True)
def terminal():
    """An interruption as a terminal sends it; jobs in the background ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


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
    ("logs", "reason"),
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
def test_a_loss_that_is_lost_ends_the_training_with_advice(logs, reason, clip, advice, tmp_path):
    ended = []
    note = keras.callbacks.LambdaCallback(on_train_end=lambda logs: ended.append(1))
    made = spoilt(loop(tmp_path, [note], clip_norm=clip, learning_rate=0.05), 1, **logs)
    with pytest.raises(Diverged) as raised:
        made.run()
    message = str(raised.value)
    assert "\n" not in message
    assert "step 2 of epoch 1" in message
    assert reason in message
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
