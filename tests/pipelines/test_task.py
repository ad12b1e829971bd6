"""What every task declares."""

import importlib.util
from pathlib import Path

import pytest

from models.spec import MODES
from pipelines import config, tasks
from pipelines.data import datasets
from pipelines.data.kinds import KINDS, of_role
from pipelines.data.sources.formats import FORMATS


@pytest.mark.parametrize("name", tasks.names())
def test_a_task_is_whole(name):
    task = tasks.get(name)
    assert task.name == name
    assert task.mode in MODES
    assert importlib.util.find_spec(f"models.modes.{task.mode}"), "its mode has no network"
    assert task.description.strip()
    assert "\n" not in task.description
    assert datasets.find(task.embedded)
    assert set(task.formats) <= set(FORMATS)
    assert {column.kind for column in task.columns} <= set(KINDS)
    read = {column.name for column in of_role(task.columns, "input")}
    assert set(task.example) <= read, "the example holds raw inputs, not the answer"


@pytest.mark.parametrize("name", tasks.names())
def test_the_metrics_of_a_task_are_declared_with_their_direction(name):
    task = tasks.get(name)
    assert task.thresholds
    assert task.monitor.startswith("val_")
    for metric in (task.monitor, task.metric, *task.thresholds):
        task.directions.metric(metric)


@pytest.mark.parametrize("name", tasks.names())
def test_the_defaults_of_a_task_resolve(name):
    task = tasks.get(name)
    kind = task.network_input
    resolved = config.resolve(name, task.mode, task.defaults, input=kind).flat()
    assert resolved["mode"] == task.mode
    assert task.defaults.items() <= resolved.items()
    best = config.resolve(name, task.mode, task.defaults, task.best, input=kind).flat()
    assert {**task.defaults, **task.best}.items() <= best.items()


@pytest.mark.parametrize("name", tasks.names())
def test_the_baselines_of_a_task_are_there_and_need_columns_that_it_has(name):
    task = tasks.get(name)
    if task.baselines:
        assert importlib.util.find_spec(f"pipelines.evaluation.baselines.{task.baselines.module}")
        assert set(task.baselines.columns) <= {column.name for column in task.columns}


@pytest.mark.parametrize("name", tasks.names())
def test_a_column_that_a_table_must_have_can_be_chosen_by_a_setting(name):
    task = tasks.get(name)
    for column in task.columns if "table" in task.formats else ():
        assert column.optional or column.name in config.settings(), column.name


def test_the_page_on_adding_a_task_walks_through_a_file_that_is_there():
    project = Path(__file__).parents[2]
    file = project / "pipelines" / "tasks" / "digit_rows.py"
    assert file.read_text("utf-8") in (project / "docs" / "add-a-task.md").read_text("utf-8")
