"""The Makefile in a copy of the project whose environment is a stand-in: nothing is installed."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import cli, config

PROJECT = Path(__file__).parents[1]
# Answers what the command line would be asked. Isolated and without site, for speed.
STAND_IN = f"""#!{sys.executable} -IS
import json, sys
print(json.dumps(sys.argv[1:]))
"""
# Says when something would be installed; the environment that it makes has a python that does
# nothing.
FAKE_UV = """#!/bin/sh
echo "uv $1" >> installed.txt
[ "$1" != venv ] || { mkdir -p .venv/bin && ln -sf /bin/true .venv/bin/python; }
"""
NAMES = {*config.settings(), *cli.HELP}


@pytest.fixture
def project(tmp_path):
    """The Makefile and what it calls; `.venv` is ready and holds the stand-in."""
    folder = tmp_path / "project"
    folder.mkdir()
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(PROJECT / name, folder)
    (folder / "requirements.lock").touch()
    for name in ("scripts", "pipelines", "models"):
        (folder / name).symlink_to(PROJECT / name)
    program = folder / ".venv" / "bin" / "unrolled"
    program.parent.mkdir(parents=True)
    program.write_text(STAND_IN)
    program.chmod(0o755)
    for stamp in (".ready", ".kernels"):
        (folder / ".venv" / stamp).touch()
    return folder


@pytest.fixture
def fresh(project):
    """The same before the first call: no environment, and a `uv` that only says so."""
    shutil.rmtree(project / ".venv")
    tools = project / "tools"
    tools.mkdir()
    (tools / "uv").write_text(FAKE_UV)
    (tools / "uv").chmod(0o755)
    return project


def make(folder, *words, **environment):
    kept = {k: v for k, v in os.environ.items() if k.lower() not in NAMES and "MAKE" not in k}
    path = f"{folder / 'tools'}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["make", *words],
        cwd=folder,
        env=kept | {"PYTHON": sys.executable, "PATH": path} | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def request(folder, *words, **environment):
    """What the program is called with."""
    done = make(folder, *words, **environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def ours(done):
    """The lines on standard error that are not make's own."""
    return [line for line in done.stderr.splitlines() if not line.startswith("make")]


def test_make_alone_is_make_help(project):
    alone, helped = make(project), make(project, "help")
    assert alone.returncode == helped.returncode == 0
    assert alone.stdout == helped.stdout != ""
    assert alone.stderr == ""


def test_help_lists_every_target_and_every_variable_with_a_line(project):
    out = make(project, "help").stdout
    targets, _, variables = out.partition("Variables:")
    text = (PROJECT / "Makefile").read_text()
    (phony,) = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    (stages,) = re.findall(r"^STAGES := (.*)$", text, re.MULTILINE)
    for target in phony.replace("$(STAGES)", stages).split():
        assert re.search(rf"^  {target} +\w.*$", targets, re.MULTILINE), target
    for name in NAMES:
        assert re.search(rf"^  {name.upper()} +\S.*$", variables, re.MULTILINE), name


def test_make_and_the_program_have_the_same_stages():
    (line,) = re.findall(r"^STAGES := (.*)$", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    assert line.split() == list(cli.STAGES)


@pytest.mark.parametrize("stage", cli.STAGES)
def test_every_stage_is_a_target_that_calls_the_program(project, stage):
    assert request(project, stage, "PORT=1") == [stage, "PORT=1"]


@pytest.mark.parametrize(
    "value",
    [
        'it\'s $5, "quoted", `id` and $(whoami) ${HOME} $$',
        "a, b) (c",
        "50 % of \\ this # and that; rm -rf nothing & | > <",
        "x=1 y:=2 z?=3",
        "-n",
        "größer 好 🙂",
        "two  blanks and a tail ",
        "one line\nand another's\n\nand a last",
        "ends in a backslash \\",
        "",
    ],
)
def test_an_input_arrives_unharmed(project, value):
    words = request(project, "predict", "TASK=sentiment", f"INPUT={value}")
    assert words[0] == "predict"
    assert set(words[1:]) == {"TASK=sentiment", f"INPUT={value}"}


def test_any_variable_of_the_command_line_goes_on_even_a_misspelt_one(project):
    words = request(project, "train", "CEL=gru", "task=sentiment", "SET=units=3 dropout=0.1")
    assert words[0] == "train"
    assert set(words[1:]) == {"CEL=gru", "task=sentiment", "SET=units=3 dropout=0.1"}


def test_of_the_environment_only_the_task_is_taken(project):
    assert request(project, "train", TASK="sentiment", UNITS="3", CELL="gru", EPOCHS="9") == [
        "train",
        "TASK=sentiment",
    ]
    assert request(project, "train", "TASK=other", TASK="sentiment") == ["train", "TASK=other"]


def test_a_task_in_the_environment_does_not_hinder_the_stage_that_takes_none(project):
    assert request(project, "ui", "PORT=1", TASK="sentiment") == ["ui", "PORT=1"]


@pytest.mark.parametrize("ready", [True, False], ids=["ready", "fresh"])
@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["train", "CEL=gru", "TASK=sentiment"], "Did you mean 'cell'?"),
        (["train", "TASK=sentimnt"], "Did you mean 'sentiment'?"),
        (["train", "TASK=sentiment", "CELL=gruu"], "simple_rnn, lstm, gru"),
        (["train", "TASK=sentiment", "EPOCHS=some"], "whole number"),
        (["train"], "train needs a task"),
        (["predict", "TASK=sentiment", "INPUTS=a\nb"], "'inputs'"),
    ],
)
def test_a_mistake_is_one_line_and_comes_before_any_installation(fresh, ready, words, part):
    if ready:  # the real program, as it would be installed
        program = fresh / ".venv" / "bin" / "unrolled"
        program.parent.mkdir(parents=True)
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m pipelines.cli "$@"\n')
        program.chmod(0o755)
        for stamp in (".ready", ".kernels"):
            (fresh / ".venv" / stamp).touch()
    done = make(fresh, *words)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = ours(done)
    assert line.startswith("unrolled: ")
    assert part in line
    assert not (fresh / "installed.txt").exists()
    assert (fresh / ".venv").exists() == ready


@pytest.mark.parametrize("target", ["help", "setup", "train", "test"])
def test_without_a_python_one_line_says_which_is_needed(fresh, target):
    done = make(fresh, target, PYTHON="/bin/false")
    assert done.returncode == 2
    (line,) = ours(done)
    assert "Python 3.11, 3.12 or 3.13 is required" in line
    assert not (fresh / ".venv").exists()
    assert not (fresh / "installed.txt").exists()


def old_python(folder, version):
    """A Python that says that it is of another version."""
    program = folder / "old-python"
    program.write_text(
        '#!/bin/sh\n[ "$1" = -c ] || exit 9\n'
        f'exec {sys.executable} -c "import sys; sys.version_info = {version}; $2"\n'
    )
    program.chmod(0o755)
    return str(program)


@pytest.mark.parametrize(
    ("version", "code"), [((3, 10, 9), 2), ((2, 7, 18), 2), ((3, 14, 0), 2), ((3, 12, 1), 0)]
)
def test_the_version_of_python_decides(fresh, version, code):
    done = subprocess.run(
        ["sh", "scripts/python.sh"],
        cwd=fresh,
        env=os.environ | {"PYTHON": old_python(fresh, version)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == code
    assert bool(done.stdout) == (code == 0)
    assert len(done.stderr.splitlines()) == (code != 0)


def test_the_first_call_sets_up_and_the_second_does_not(fresh):
    first = make(fresh, "setup")
    assert first.returncode == 0, first.stderr
    assert (fresh / "installed.txt").read_text().splitlines()[0] == "uv venv"
    assert (fresh / ".venv" / ".ready").exists()
    assert (fresh / ".venv" / ".kernels").exists()
    (fresh / "installed.txt").unlink()
    second = make(fresh, "setup")
    assert second.returncode == 0
    assert second.stderr == ""
    assert not (fresh / "installed.txt").exists()


@pytest.mark.parametrize("file", ["requirements.lock", "pyproject.toml"])
def test_a_changed_lock_sets_up_again(project, file):
    ready = (project / ".venv" / ".ready").stat().st_mtime
    assert "setup.sh" not in make(project, "-n", "train").stdout
    os.utime(project / file, (ready + 10, ready + 10))
    assert "setup.sh train" in make(project, "-n", "train").stdout


def test_changed_kernels_are_compiled_again_and_nothing_is_installed(project):
    os.utime(project / ".venv" / ".kernels", (1, 1))
    said = make(project, "-n", "train").stdout
    assert ".venv/bin/python -m models.kernels" in said
    assert "setup.sh" not in said


def test_a_failed_installation_is_not_taken_for_a_finished_one(fresh):
    (fresh / "tools" / "uv").write_text('#!/bin/sh\n[ "$1" = venv ] && mkdir -p .venv/bin\n')
    done = make(fresh, "setup")
    assert done.returncode == 2
    assert not (fresh / ".venv" / ".ready").exists()


KEPT = ("data/set", "exports/task/1", "mlruns/mlflow.db", ".venv/.ready")


@pytest.mark.parametrize(
    ("words", "environment", "left"),
    [
        ([], {}, KEPT),
        ([], {"ALL": "1"}, KEPT),
        (["ALL=0"], {}, KEPT),
        (["ALL=1"], {}, ()),
    ],
)
def test_clean_removes_what_was_made_only_when_told_to(project, words, environment, left):
    for name in KEPT:
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).touch()
    (project / "mlruns" / ".gitkeep").touch()
    (project / ".pytest_cache").mkdir()
    (project / "code" / "__pycache__").mkdir(parents=True)
    assert make(project, "clean", *words, **environment).returncode == 0
    assert tuple(name for name in KEPT if (project / name).exists()) == left
    assert (project / "mlruns" / ".gitkeep").exists()
    assert not (project / ".pytest_cache").exists()
    assert not (project / "code" / "__pycache__").exists()


def test_tests_run_with_the_python_of_the_environment(project):
    assert make(project, "-n", "test", "TESTS=tests/x.py").stdout.split() == [
        *(".venv/bin/python", "-m", "pytest", "tests/x.py")
    ]
