import sys

import pytest

from benchmarks import memory


@pytest.fixture
def trained(monkeypatch):
    """What is trained, with a network that solves up to 50 and needs the lower rate from 25 on."""
    asked = []

    def solved_lag(task, given):
        asked.append((given["lag"], given["learning_rate"]))
        able = given["lag"] <= 50 and (given["lag"] < 25 or given["learning_rate"] < 4e-3)
        return given["lag"] if able else given["lag"] // 4

    monkeypatch.setattr(memory, "solved_lag", solved_lag)
    return asked


def test_a_cell_climbs_to_the_first_lag_that_no_rate_solves(trained):
    assert memory.longest("memory", "gru", (10, 25, 50, 100, 200), {}) == 50
    low, high = min(memory.RATES), max(memory.RATES)
    assert trained == [
        *((10, high), (25, high), (25, low), (50, high), (50, low)),
        *((100, high), (100, low)),
    ]


def test_the_table_has_a_line_for_each_cell(trained, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["memory", "--cell", "lstm", "gru", "--task", "memory"])
    memory.main()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1:4:2] for line in lines if line.startswith("|")][2:] == [
        ["lstm", "50"],
        ["gru", "50"],
    ]


def test_what_ended_the_climb_is_named():
    assert memory.verdict(0, (25, 50)) == "none (below 25)"
    assert memory.verdict(25, (25, 50)) == "25"
    assert memory.verdict(50, (25, 50)) == "50 (the longest tried)"
