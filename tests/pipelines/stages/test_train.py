"""`train`: from data to a champion; the same twice; and whatever stops it in between."""

import re
import signal

import numpy as np
import pytest
import tensorflow as tf

from models.build import load
from pipelines.serving import versions
from pipelines.tracking import runs
from tests.conftest import TINY, write_sentences
from tests.pipelines.stages.conftest import (
    PATIENCE,
    exports_of,
    first_checkpoint,
    run_of,
    runs_of_task,
    start,
)

pytestmark = pytest.mark.slow


def weights_of(run_id, folder):
    folder.mkdir()
    kept = runs.find("sentiment", run_id).fetch("network", folder)
    return load(kept / "model.keras").get_weights()


def history(run_id, metric):
    """Step -> all values that were logged for it."""
    found = {}
    for point in runs.find("sentiment", run_id).client.get_metric_history(run_id, metric):
        found.setdefault(point.step, set()).add(point.value)
    return found


def test_it_tells_the_whole_way_from_the_data_to_the_champion(trained):
    told = [
        "Data card: two.csv",
        "negative",
        "encoding ...",
        "training many_to_one_simple_rnn:",
        "epoch 1/12  accuracy",
        "epoch 12/12  accuracy",
        "best epoch",
        "replaying raw requests in a fresh process",
        "model                     majority                  linear",
        "exported to exports/sentiment/1",
        "registered as sentiment version 1, the first champion",
        f"run {trained.run_id[:8]}",
        "make predict TASK=sentiment",
    ]
    places = [trained.said.index(part) for part in told]
    assert places == sorted(places)


def test_off_a_terminal_it_is_quiet(trained):
    assert "\r" not in trained.said
    assert "\x1b" not in trained.said
    assert trained.said.count("epoch 1/12") == 1
    assert "remaining" not in trained.said


def test_a_run_holds_everything_that_it_was_made_of_and_led_to(root, trained):
    run = run_of(trained.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params["units"] == "4"
    assert run.data.params["learning_rate"] == "0.02"
    assert run.data.tags["export_version"].isdecimal()
    assert run.data.tags["registered"] in ("yes", "no")  # other tests export it again
    digest = versions.get("sentiment", "1").card["dataset"]["digest"]
    assert [given.dataset.digest for given in run.inputs.dataset_inputs] == [digest]
    for name in ("train/loss", "train/accuracy", "validation/loss", "validation/accuracy"):
        assert sorted(history(trained.run_id, name)) == list(range(1, 13)), name
    for name in ("train/gradient_norm", "train/clipped_share", "train/learning_rate"):
        assert sorted(history(trained.run_id, name)) == list(range(1, 13)), name
    costs = {name for name in run.data.metrics if name.startswith("cost/")}
    assert {
        "cost/train_seconds",
        "cost/total_seconds",
        "cost/peak_memory_mib",
        "cost/parameters",
        "cost/tokens_per_second",
    } <= costs
    assert run.data.metrics["test/accuracy"] == 1.0
    assert run.data.metrics["export/parity_requests"] == 33
    kept = {
        item.path
        for item in runs.find("sentiment", trained.run_id).client.list_artifacts(trained.run_id)
    }
    assert {"config.json", "data_card.json", "figures", "network", "report"} <= kept


def test_a_finished_run_leaves_no_checkpoint(root, trained):
    assert not (root / "mlruns" / "checkpoints" / trained.run_id).exists()


def test_a_seed_makes_two_runs_equal_in_every_metric(stage, open_gate, trained):
    code, out, err = stage("train", *trained.words)
    assert (code, err) == (0, "")
    assert "the champion (version 1) stays" in out
    again = runs_of_task()[0]
    assert again != trained.run_id
    one, two = (
        {k: v for k, v in run_of(run).data.metrics.items() if not k.startswith("cost/")}
        for run in (trained.run_id, again)
    )
    assert one == two
    assert len(one) > 20
    for name in ("train/loss", "validation/loss", "train/gradient_norm"):
        assert history(trained.run_id, name) == history(again, name)


def test_a_killed_training_resumes_to_the_same_bits(stage, open_gate, root, trained, tmp_path):
    process = start(root, "train", *trained.words)
    run_id = first_checkpoint(root, process)
    process.send_signal(signal.SIGKILL)
    assert process.wait(PATIENCE) == -signal.SIGKILL
    trained_before = len(history(run_id, "train/loss"))
    assert 1 <= trained_before < 12
    assert run_of(run_id).info.status == "RUNNING"  # nobody was left to say otherwise

    code, out, err = stage("train", *trained.words, "RESUME=1")
    assert (code, err) == (0, "")
    assert f"resuming run {run_id[:8]}" in out
    assert "epoch 1/12" not in out
    assert "epoch 12/12" in out
    for mine, theirs in zip(
        weights_of(run_id, tmp_path / "resumed"),
        weights_of(trained.run_id, tmp_path / "never_killed"),
        strict=True,
    ):
        assert mine.tobytes() == theirs.tobytes()
    found = run_of(run_id)
    assert found.info.status == "FINISHED"
    for name in ("train/loss", "validation/loss"):
        assert history(run_id, name) == history(trained.run_id, name)
    assert (
        found.data.metrics["test/log_loss"] == run_of(trained.run_id).data.metrics["test/log_loss"]
    )
    assert not (root / "mlruns" / "checkpoints" / run_id).exists()


def test_ctrl_c_keeps_what_was_trained_and_it_can_be_exported(stage, root, trained, open_gate):
    words = [*trained.words, "SEED=7", "EPOCHS=5000", "PATIENCE=5000"]
    before = exports_of(root)
    process = start(root, "train", *words, start_new_session=True)
    run_id = first_checkpoint(root, process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert f"run {run_id[:8]} has saved the weights of epoch" in err
    assert "RESUME=1" in err
    assert f"make export TASK=sentiment RUN={run_id[:8]}" in err
    assert run_of(run_id).info.status == "KILLED"
    assert history(run_id, "train/loss")[1] != history(trained.run_id, "train/loss")[1]  # a seed
    assert exports_of(root) == before
    assert (root / "mlruns" / "checkpoints" / run_id / "state.npz").exists()

    code, _, err = stage("export", "TASK=sentiment", f"RUN={run_id[:8]}")
    assert (code, err) == (0, "")
    assert versions.get("sentiment").card["run_id"] == run_id
    assert run_of(run_id).info.status == "KILLED"


@pytest.fixture
def interrupted_at_once(monkeypatch):
    """Ctrl-C after the first step."""
    from pipelines.stages import train

    class Impatient(train.Display):
        def on_train_batch_end(self, batch, logs=None):
            super().on_train_batch_end(batch, logs)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(train, "Display", Impatient)


def test_ctrl_c_before_the_first_epoch_is_over_ends_cleanly(
    stage, interrupted_at_once, trained, root
):
    before = exports_of(root)
    code, _, err = stage("train", *trained.words, "SEED=8")
    assert code == 130
    assert "stopped in epoch 1" in err
    run_id = runs_of_task()[0]
    assert run_of(run_id).info.status == "KILLED"
    assert exports_of(root) == before
    # Random weights are nothing to export, and nothing must say that they are.
    assert "make export" not in err
    code, _, err = stage("export", "TASK=sentiment", f"RUN={run_id[:8]}")
    assert code == 2
    assert "ended before the first epoch was complete" in err


def test_a_diverging_training_stops_with_advice_and_the_run_is_failed(stage, trained, root):
    before = exports_of(root)
    words = ["LEARNING_RATE=1000000", "CLIP_NORM=0", "CELL=gru", "EPOCHS=50", "SEED=9"]
    code, _, err = stage("train", *trained.words, *words)
    assert code == 2
    (line,) = err.splitlines()
    assert re.search(r"diverged at step \d+ of epoch \d+: loss .*, gradient norm", line)
    assert "lower learning_rate (now 1e+06) or turn clipping on (clip_norm=1)" in line
    run = run_of(runs_of_task()[0])
    assert run.info.status == "FAILED"
    assert "diverged" in run.data.tags["failure"]
    assert exports_of(root) == before


def test_there_may_be_nothing_to_resume(stage, trained):
    before = runs_of_task()
    code, _, err = stage("train", *trained.words, "SEED=99", "RESUME=1")
    assert code == 2
    assert err.startswith("unrolled: nothing to resume")
    assert len(err.splitlines()) == 1
    assert runs_of_task() == before


def test_data_that_cannot_be_had_start_no_run(stage, trained, root):
    before = runs_of_task()
    code, _, err = stage("train", "TASK=sentiment", f"DATA={root / 'missing.csv'}")
    assert code == 2
    assert "missing.csv" in err
    assert len(err.splitlines()) == 1
    assert runs_of_task() == before


def test_three_classes_of_ones_own(stage, open_gate, root, trained):
    data = write_sentences(root / "three.csv", ("negative", "neutral", "positive"))
    code, out, err = stage("train", "TASK=sentiment", f"DATA={data}", *TINY, "EPOCHS=25")
    assert (code, err) == (0, "")
    export = versions.get("sentiment")
    assert export.card["labels"] == ["negative", "neutral", "positive"]
    told = [line for line in out.splitlines() if "cannot be evaluated" in line]
    assert len(told) == 1
    assert "the champion (version 1) stays" in told[0]
    code, out, _ = stage("predict", "TASK=sentiment", "INPUT=the whole music is french")
    assert code == 0
    assert out.startswith("neutral ")
    code, _, err = stage("evaluate", "TASK=sentiment", f"DATA={root / 'two.csv'}")
    assert code == 2
    assert "negative, neutral, positive, but these data have negative, positive" in err
    assert len(err.splitlines()) == 1


def test_the_network_kept_is_the_one_that_was_exported(root, trained, tmp_path):
    kept = weights_of(trained.run_id, tmp_path / "network")
    assert sum(weight.size for weight in kept) == 258
    folder = trained.folder / "variables"
    reader = tf.train.load_checkpoint(str(folder / "variables"))
    exported = [
        reader.get_tensor(name)
        for name in reader.get_variable_to_shape_map()
        if "VARIABLE_VALUE" in name
    ]
    for weight in kept:
        assert any(np.array_equal(weight, other) for other in exported)
