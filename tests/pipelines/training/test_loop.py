"""What a training learns, and that it can be killed and go on."""

import keras
import numpy as np
import pytest

from tests.pipelines.training import toys
from tests.pipelines.training.loops import Killed, assert_equal_runs, at, loop, stop


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
    with_average, without = averaged.run().progress, plain.run().progress
    trained = [[logs["loss"] for logs in progress.history] for progress in (with_average, without)]
    assert trained[0] == pytest.approx(trained[1], rel=1e-5)
    assert with_average.history[0]["val_loss"] != pytest.approx(
        without.history[0]["val_loss"], rel=1e-3
    )
    measured = averaged.step.measure(averaged.validation.once())["loss"]
    assert measured == pytest.approx(with_average.best, rel=1e-6)


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


def test_settings_say_how_many_steps_a_schedule_has(tmp_path):
    made = loop(tmp_path, epochs=2, schedule="linear", learning_rate=0.5)
    history = made.run().progress.history
    assert [logs["learning_rate"] for logs in history] == [pytest.approx(0.25), 0.0]
