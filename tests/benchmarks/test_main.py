import subprocess
from pathlib import Path

import pytest

from benchmarks.__main__ import BENCHMARKS, machine, parse, processor
from pipelines.runtime.errors import UserError

PROJECT = Path(__file__).parents[2]


def test_all_is_measured_where_nothing_is_said():
    assert parse([]) == (list(BENCHMARKS), "")
    assert parse(["BENCH="]) == (list(BENCHMARKS), "")


def test_some_may_be_named_in_any_order():
    words = ["BENCH=lengths buckets", "TORCH_PYTHON=/a b/python"]
    assert parse(words) == (["lengths", "buckets"], "/a b/python")
    assert parse(["bench=lengths"])[0] == ["lengths"]


@pytest.mark.parametrize(
    ("word", "part"),
    [
        ("BENCK=lengths", "unknown variable 'BENCK'. Did you mean 'BENCH'?"),
        ("BENCH=length", "unknown benchmark 'length'. Did you mean 'lengths'?"),
    ],
)
def test_a_mistake_is_answered_with_the_choices(word, part):
    with pytest.raises(UserError) as caught:
        parse([word])
    assert part in str(caught.value)


def test_every_measurement_is_listed():
    programs = {
        file.stem
        for file in (PROJECT / "benchmarks").glob("*.py")
        if "def main()" in file.read_text() and file.stem != "__main__"
    }
    assert programs == set(BENCHMARKS)


def test_the_machine_is_named_with_the_versions():
    said = machine()
    assert "TensorFlow 2." in said
    assert "cores (" in said


def test_the_machine_is_one_line():
    assert "\n" not in machine()


@pytest.mark.parametrize(
    ("cpuinfo", "expected"),
    [
        (
            "processor\t: 0\nmodel name\t: A Xeon\nflags\t\t: fpu avx fma avx2 avx512f amx_bf16\n"
            "processor\t: 1\nmodel name\t: A Xeon\nflags\t\t: fpu\n",
            ("A Xeon", ["avx", "avx2", "fma", "avx512f", "amx_bf16"]),
        ),
        ("processor\t: 0\nFeatures\t: fp asimd bf16\n", ("", ["asimd", "bf16"])),
        ("", ("", [])),
    ],
    ids=["x86", "arm", "none"],
)
def test_the_features_of_a_processor_that_matter_are_named(cpuinfo, expected):
    assert processor(cpuinfo) == expected


def test_make_hands_its_variables_on_but_no_task_of_the_environment():
    done = subprocess.run(
        ["make", "-n", "bench", "BENCH=lengths buckets", "FOO=it's"],
        cwd=PROJECT,
        env={"PATH": "/usr/bin:/bin", "TASK": "sentiment"},
        capture_output=True,
        text=True,
    )
    assert "-m benchmarks" in done.stdout
    assert "'BENCH=lengths buckets'" in done.stdout
    assert r"'FOO=it'\''s'" in done.stdout
    assert "TASK" not in done.stdout
