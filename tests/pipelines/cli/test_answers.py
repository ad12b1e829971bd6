"""What is answered before anything heavy is loaded, and how a stage ends."""

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import cli, config, stages, tasks
from pipelines.runtime.errors import UserError

HEAVY = ("tensorflow", "keras", "mlflow", "numpy", "pandas", "sklearn", "matplotlib")


PROBE = (
    "import json, sys\n"
    "from pipelines import cli\n"
    "code = cli.main(sys.argv[1:])\n"
    f"heavy = [name for name in {HEAVY} if name in sys.modules]\n"
    "print(json.dumps([code, heavy]))"
)


def test_check_says_nothing_of_a_good_request_and_runs_no_stage(capsys, monkeypatch):
    def no_import(name):
        raise AssertionError(f"{name} was imported")

    monkeypatch.setattr(cli.importlib, "import_module", no_import)
    monkeypatch.setattr(cli, "parse", lambda stage, words: (stage, words))
    assert cli.main(["train", "--check", "TASK=sentiment"]) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([], 0),
        (["help"], 0),
        (["--variables"], 0),
        (["train", "--help"], 0),
        (["trian"], 2),
        (["train", "TASK=sentimnt"], 2),
        (["train", "TASK=sentiment", "CELL=gruu"], 2),
        (["train", "TASK=sentiment", "CEL=gru"], 2),
        (["train", "TASK=sentiment", "CELL=gru", "--check"], 0),
        (["predict", "TASK=sentiment", "INPUT=fine", "--check"], 0),
    ],
)
def test_an_answer_needs_python_alone(words, code):
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *words], capture_output=True, text=True, timeout=60
    )
    assert "Traceback" not in done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [code, []]


@pytest.mark.parametrize("words", [["help"], ["--help"], []])
def test_usage_lists_all_stages_and_settings(capsys, words):
    assert cli.main(words) == 0
    out = capsys.readouterr().out
    for stage, known in cli.STAGES.items():
        assert re.search(rf"^  {stage} +{re.escape(known.help)}$", out, re.MULTILINE)
    for name in config.settings():
        assert re.search(rf"^  {name.upper()} ", out, re.MULTILINE)


@pytest.mark.parametrize("stage", cli.STAGES)
def test_usage_of_a_stage_lists_what_it_takes(capsys, stage):
    assert cli.main([stage, "--help"]) == 0
    out = capsys.readouterr().out
    known = cli.STAGES[stage]
    assert out.startswith(f"unrolled {stage}: {known.help}\n")
    takes = config.settings() if known.settings is None else known.settings
    for name in [*takes, *dict(known.options)]:
        assert re.search(rf"^  (--)?{name}\b", out, re.MULTILINE | re.IGNORECASE), name
    assert ("--task" in out) == (known.task != "none")


def test_the_variables_for_make_are_all_settings_and_options(capsys):
    assert cli.main(["--variables"]) == 0
    first, *lines = capsys.readouterr().out.splitlines()
    assert first == ", ".join(tasks.names())
    listed = {line.split()[0].lower() for line in lines}
    assert listed == {*config.settings(), *cli.HELP} - {"task"}


def test_every_option_and_setting_has_a_line_of_help():
    for known in cli.STAGES.values():
        assert known.help
        for name, _ in known.options:
            assert cli.HELP[name]
    for name, (_, field) in config.settings().items():
        assert field.metadata["help"].strip(), name
        assert "\n" not in field.metadata["help"]


def test_no_option_has_the_name_of_a_setting():
    assert not set(cli.HELP) & set(config.settings())


def test_every_stage_is_a_module_and_every_module_a_stage():
    folder = Path(stages.__file__).parent
    modules = {file.stem for file in folder.glob("*.py")} - {"__init__"}
    assert modules == set(cli.STAGES)
    for stage in cli.STAGES:
        assert importlib.util.find_spec(f"pipelines.stages.{stage}")
        source = (folder / f"{stage}.py").read_text("utf-8")
        assert re.search(r"^def run\(request: Request\) -> None:$", source, re.MULTILINE)


class Stage:
    """A stage that fails in a chosen way."""

    def __init__(self, error):
        self.error = error

    def run(self, request):
        raise self.error


def run_failing(monkeypatch, error):
    monkeypatch.setattr(cli.importlib, "import_module", lambda name: Stage(error))
    return cli.main(["serve"])


def test_a_mistake_found_by_a_stage_is_one_line_too(capsys, monkeypatch):
    assert run_failing(monkeypatch, UserError("no column 'a\nb' in the file")) == 2
    assert capsys.readouterr().err == "unrolled: no column 'a b' in the file\n"


def test_ctrl_c_is_exit_code_130_without_a_traceback(capsys, monkeypatch):
    assert run_failing(monkeypatch, KeyboardInterrupt()) == 130
    assert capsys.readouterr().err == ""


def test_a_fault_keeps_its_traceback(monkeypatch):
    with pytest.raises(ZeroDivisionError):
        run_failing(monkeypatch, ZeroDivisionError("ours"))


def test_a_reader_that_has_seen_enough_is_no_error():
    # The shell's `| true` has gone before anything is written.
    command = f"(sleep 0.2; {sys.executable} -m pipelines.cli help; echo $? >&2) | true"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60)
    assert done.stderr == "0\n"
