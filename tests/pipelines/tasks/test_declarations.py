"""Tasks are declarations: light to import, and of parts that fit together."""

import subprocess
import sys

import pytest

from models.spec.rules import INPUTS_OF
from pipelines import tasks
from tests.given import column, examples


def test_all_tasks_are_light_to_declare():
    code = (
        "import sys; from pipelines import tasks\n"
        "for name in tasks.names():\n"
        "    task = tasks.get(name)\n"
        "    task.columns, task.network_input, task.input.kinds, task.output.unit\n"
        "heavy = {'numpy', 'tensorflow', 'keras', 'sklearn', 'seqeval', 'matplotlib'}\n"
        "sys.exit(str(heavy & set(sys.modules) or ''))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.strip() == ""


@pytest.mark.parametrize("name", tasks.names())
def test_the_parts_of_a_task_fit_together(name):
    task = tasks.get(name)
    columns = [column.name for column in task.columns]
    assert len(set(columns)) == len(columns)
    assert task.network_input in INPUTS_OF[task.mode]
    if task.baselines:
        assert set(task.baselines.columns) <= set(columns)


def test_a_split_is_compared_by_its_groups_where_it_has_them():
    task = tasks.get("speech")
    columns = {"target": column("1", "2")}
    assert task.reference(examples(columns), "test").group == ""
    grouped = examples(columns | {"speaker": column("ann", "bob")})
    found = task.reference(grouped, "validation")
    assert found.group == "speaker" and found.columns is grouped.splits["validation"]
    assert found.input is task.input


def test_the_inputs_of_a_split_are_described_in_their_order():
    columns = {"text": column("Ann\nsaw\n", "it"), "target": column("B-PER O", "O")}
    found = tasks.get("ner").reference(examples(columns), "test")
    assert found.described() == ["Ann saw", "it"]
