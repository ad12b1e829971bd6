"""Runs: what is logged, how they end, how they are found again."""

import json
import os
import re
import sqlite3
import subprocess
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure

from pipelines import tasks
from pipelines.config import resolve
from pipelines.data.examples import Examples, Provenance
from pipelines.runtime.errors import UserError

pytestmark = pytest.mark.usefixtures("root")


def config_of(task="toy", **settings):
    return resolve(task, "many_to_one", settings)


@pytest.fixture(scope="module")
def examples():
    split = {"text": np.array(["a", "b", "c"], object), "label": np.array([0, 1, 0])}
    provenance = Provenance("yours", "/a/long/way/to/reviews.csv", "", "0123456789abcdef")
    return Examples({"train": split, "test": split}, ("no", "yes"), provenance)


@pytest.fixture(scope="module")
def runs():
    from pipelines.tracking import runs

    return runs


@pytest.fixture
def start(runs, examples):
    def start(task="toy", **settings):
        return runs.Run.start(config_of(task, **settings), examples)

    return start


def test_a_run_begins_with_its_configuration_tags_and_data(start):
    run = start(cell="gru", bidirectional=True, attention="dot", units=8, seed=3)
    logged = run.client.get_run(run.id)
    config = config_of(cell="gru", bidirectional=True, attention="dot", units=8, seed=3)
    assert logged.data.params == {name: str(value) for name, value in config.flat().items()}
    expected = {
        "task": "toy",
        "mode": "many_to_one",
        "cell": "gru",
        "bidirectional": "true",
        "attention": "dot",
        "source": "yours",
        "dataset_digest": "0123456789abcdef",
    }
    assert expected.items() <= logged.data.tags.items()
    assert logged.data.tags["code_version"]
    assert logged.info.run_name == "gru bidirectional dot seed 3"
    (dataset_input,) = logged.inputs.dataset_inputs
    assert dataset_input.dataset.name == "reviews.csv"
    assert dataset_input.dataset.digest == "0123456789abcdef"
    assert json.loads(dataset_input.dataset.profile) == {"num_train": 3, "num_test": 3}
    assert json.loads(run.read("config.json")) == config.flat()


def test_artifacts_lie_inside_mlruns(start, root):
    run = start()
    run.text("report/a.md", "größer")
    place = root / "mlruns" / "artifacts" / "toy" / run.id / "artifacts" / "report" / "a.md"
    assert place.read_text("utf-8") == "größer"


@pytest.mark.parametrize(
    ("error", "status", "failure"),
    [
        (None, "FINISHED", None),
        (KeyboardInterrupt(), "KILLED", None),
        (ValueError("the loss exploded"), "FAILED", "the loss exploded"),
        (ValueError("x" * 9000), "FAILED", "x" * 500),
    ],
)
def test_a_run_ends_as_its_work_did(start, error, status, failure):
    run = start()

    def work():
        with run:
            assert run.client.get_run(run.id).info.status == "RUNNING"
            if error:
                raise error

    if error:
        with pytest.raises(type(error)):
            work()
    else:
        work()
    logged = run.client.get_run(run.id)
    assert logged.info.status == status
    assert logged.info.end_time >= logged.info.start_time
    assert logged.data.tags.get("failure") == failure


def test_a_run_that_was_told_to_stop_is_killed(start):
    with start() as run:
        run.interrupted = True
    assert run.client.get_run(run.id).info.status == "KILLED"


def test_a_run_that_is_resumed_forgets_that_it_failed(start, runs):
    run = start()
    with pytest.raises(OSError, match="disk"), run:
        raise OSError("disk full")
    with runs.Run(run.id) as again:
        pass
    logged = again.client.get_run(run.id)
    assert logged.info.status == "FINISHED"
    assert "failure" not in logged.data.tags


def test_metrics_are_there_at_once_with_their_steps(start):
    run = start()
    for epoch, loss in enumerate((0.5, 0.25, float("nan")), start=1):
        run.metrics({"train/loss": loss, "validation/accuracy": np.float32(epoch)}, epoch)
    loss = run.client.get_metric_history(run.id, "train/loss")
    assert [(metric.step, metric.value) for metric in loss][:2] == [(1, 0.5), (2, 0.25)]
    assert np.isnan(loss[2].value)
    accuracy = run.client.get_metric_history(run.id, "validation/accuracy")
    assert [(metric.step, metric.value) for metric in accuracy] == [(1, 1.0), (2, 2.0), (3, 3.0)]


def test_artifacts_of_every_kind_come_back(start, tmp_path):
    run = start()
    run.json("card.json", {"größe": [1, 2]})
    figure = Figure()
    figure.subplots().plot([1, 2])
    run.figure("figures/curve.png", figure)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "words.json").write_text("[]")
    run.folder(tmp_path / "in", "network")
    assert json.loads(run.read("card.json")) == {"größe": [1, 2]}
    (tmp_path / "out").mkdir()
    fetched = run.fetch("network", tmp_path / "out")
    assert (fetched / "words.json").read_text() == "[]"
    picture = run.fetch("figures", tmp_path / "out") / "curve.png"
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_fetching_what_a_run_does_not_have_is_a_mistake(start, tmp_path):
    run = start()
    with pytest.raises(UserError, match=f"{run.id} has no network"):
        run.fetch("network", tmp_path)


def test_the_latest_finished_run_is_found(start, runs):
    ended = []
    for status in ("FINISHED", "FINISHED", "FAILED", "KILLED", "RUNNING"):
        run = start("latest")
        ended.append(run.id)
        if status != "RUNNING":
            run.client.set_terminated(run.id, status)
    assert runs.find("latest").id == ended[1]


def test_a_run_is_found_by_the_beginning_of_its_id_whatever_its_status(start, runs):
    run = start("prefix")
    assert runs.find("prefix", run.id).id == run.id
    assert runs.find("prefix", run.id[:8]).id == run.id


def test_a_beginning_that_fits_several_runs_is_refused(start, runs):
    # 17 ids, 16 digits: two begin alike.
    ids = [start("several").id for _ in range(17)]
    digit = next(d for d in "0123456789abcdef" if sum(i.startswith(d) for i in ids) > 1)
    with pytest.raises(UserError, match="several") as refused:
        runs.find("several", digit)
    assert next(i for i in ids if i.startswith(digit))[:8] in str(refused.value)


@pytest.mark.parametrize(
    ("task", "run_id", "message"),
    [
        ("nothing_yet", "", "no finished run of task nothing_yet.*make train TASK=nothing_yet"),
        ("nothing_yet", "abc", "no run 'abc' of task nothing_yet"),
        ("toy", "zzz", "no run 'zzz' of task toy"),
    ],
)
def test_what_is_not_there_is_a_mistake(start, runs, task, run_id, message):
    start()
    with pytest.raises(UserError, match=message):
        runs.find(task, run_id)


def test_a_run_of_another_task_is_not_found(start, runs):
    run = start("mine")
    start("yours")
    with pytest.raises(UserError, match="of task yours"):
        runs.find("yours", run.id)


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({}, "lstm last seed 0"),
        ({"layers": 2, "cell": "gru", "pooling": "max"}, "2x gru max seed 0"),
        ({"bidirectional": True, "attention": "additive"}, "lstm bidirectional additive seed 0"),
    ],
)
def test_the_name_says_what_sets_a_run_apart(runs, settings, name):
    assert runs.run_name(config_of(**settings)) == name


def test_the_code_version_is_a_commit_or_unknown(runs, monkeypatch):
    assert re.fullmatch(r"[0-9a-f]{12}\+?|unknown", runs.code_version())
    monkeypatch.setenv("PATH", "/nowhere")
    assert runs.code_version() == "unknown"


FIRST_RUN = """
import sys, time
from pathlib import Path
import numpy as np
from pipelines.config import resolve
from pipelines.data.examples import Examples, Provenance
from pipelines.tracking import runs
split = {"text": np.array(["a"], object)}
examples = Examples({"train": split}, (), Provenance("yours", "x", "", "0"))
me, folder = sys.argv[1], Path(sys.argv[2])
(folder / me).touch()
while len(list(folder.iterdir())) < 2:  # both set off at once
    time.sleep(0.001)
with runs.Run.start(resolve("toy", "many_to_one", {"seed": int(me)}), examples) as run:
    for epoch in range(20):
        run.metrics({"train/loss": float(me)}, epoch)
print(run.id)
"""


@pytest.mark.slow
def test_two_first_runs_at_the_very_same_time(tmp_path):
    """An empty `mlruns/`: both make the tables and the experiment, and nothing is lost."""
    meeting = tmp_path / "meeting"
    meeting.mkdir()
    environment = os.environ | {"UNROLLED_ROOT": str(tmp_path / "empty")}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", FIRST_RUN, str(number), str(meeting)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in (1, 2)
    ]
    ends = [process.communicate(timeout=180) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], ends
    with sqlite3.connect(tmp_path / "empty" / "mlruns" / "mlflow.db") as database:
        statuses = dict(database.execute("select run_uuid, status from runs"))
        experiments = database.execute("select count(*) from experiments where name='toy'")
        metrics = dict(database.execute("select run_uuid, count(*) from metrics group by run_uuid"))
        assert experiments.fetchone() == (1,)
    ids = {out.strip() for out, _ in ends}
    assert statuses == dict.fromkeys(ids, "FINISHED")
    assert metrics == dict.fromkeys(ids, 20)


def test_every_task_makes_tags(runs, examples):
    for name in tasks.names():
        task = tasks.get(name)
        made = runs.tags(
            resolve(name, task.mode, task.defaults, input=task.network_input), examples.provenance
        )
        assert made["task"] == name
        assert made["mode"] == task.mode
