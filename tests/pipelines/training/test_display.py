import pytest

from pipelines.evaluation.metric import Metric
from pipelines.training.display import Display, Tracked
from pipelines.training.loop import Loop
from tests.pipelines.training import toys

LOGS = {
    "loss": 0.5,
    "accuracy": 0.75,
    "gradient_norm": 1.5,
    "gradient_norm_max": 2.0,
    "clipped_share": 0.25,
    "learning_rate": 0.1,
    "val_loss": 0.625,
    "val_accuracy": 0.5,
}


def test_logs_are_tracked_under_the_names_of_their_split_from_epoch_1_on():
    logged = []
    Tracked(lambda values, epoch: logged.append((values, epoch))).on_epoch_end(0, LOGS)
    ((values, epoch),) = logged
    assert epoch == 1
    assert values == {
        "train/loss": 0.5,
        "train/accuracy": 0.75,
        "train/gradient_norm": 1.5,
        "train/gradient_norm_max": 2.0,
        "train/clipped_share": 0.25,
        "train/learning_rate": 0.1,
        "validation/loss": 0.625,
        "validation/accuracy": 0.5,
    }


def test_each_epoch_is_one_line_where_there_is_no_terminal(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("COLUMNS", "40")  # narrower than a line
    data = toys.batches()
    display = Display(3, len(data))
    monitor = Metric("val_loss", "smaller")
    Loop(toys.bag(), toys.OUTPUTS, data, data, toys.settings(), monitor, tmp_path, [display]).run()
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
    assert "\x1b" not in printed.out
    assert printed.err == ""


def test_a_line_says_what_the_epoch_found(capsys):
    display = Display(12, 2)
    display.on_train_begin()
    display.on_epoch_begin(3)
    display.on_train_batch_end(0, {"loss": 0.5, "steps": 10})
    display.on_epoch_end(3, LOGS)
    display.on_train_end()
    line = capsys.readouterr().out
    assert line.startswith("epoch 4/12  ")
    assert "loss 0.5000, validation 0.6250" in line
    assert "accuracy 0.7500, validation 0.5000" in line
    assert "gradient norm 1.50 (25% clipped)" in line
    assert "tokens/s" in line


@pytest.mark.parametrize("first", [0, 4])
def test_the_bar_counts_steps_of_the_whole_training_also_after_a_resume(first):
    display = Display(5, 10)
    display.on_train_begin()
    display.on_epoch_begin(first)
    for step, loss in enumerate([1.0, 2.0]):
        display.on_train_batch_end(step, {"loss": loss, "steps": 7})
    (task,) = display.bar.tasks
    assert (task.completed, task.total) == (first * 10 + 2, 50)
    assert task.fields["epoch"] == first + 1
    assert task.fields["loss"] == pytest.approx(1.5)
    display.on_train_end()
