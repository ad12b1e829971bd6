"""What people write: every mistake is one line with the way out, all else arrives as meant."""

import dataclasses

import pytest

from pipelines import cli, tasks
from pipelines.runtime.errors import UserError


def said(capsys, *words):
    """The one line of a refusal."""
    assert cli.main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("unrolled: ")
    assert len(err.splitlines()) == 1
    assert err.endswith("\n")
    return err


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["trian"], ["unknown stage 'trian'", "Did you mean 'train'?", *cli.STAGES]),
        (["--task", "sentiment"], ["unknown stage '--task'", *cli.STAGES]),
        (["train"], ["train needs a task", "as in TASK=", "Choices: "]),
        (["train", "TASK="], ["train needs a task"]),
        (["train", "TASK=sentimnt"], ["unknown task 'sentimnt'", "Did you mean 'sentiment'?"]),
        (["train", "TASK=../x"], ["unknown task '../x'", "sentiment"]),
        (["train", "TASK=sentiment", "CEL=gru"], ["'cel'", "Did you mean 'cell'?", "attention"]),
        (["train", "--task", "sentiment", "--batch-sise", "3"], ["Did you mean 'batch_size'?"]),
        (["train", "TASK=sentiment", "CELL=gruu"], ["cell", "'gruu'", "simple_rnn, lstm, gru"]),
        (["train", "TASK=sentiment", "ATTENTION=x"], ["none, dot, additive, multi_head"]),
        (["train", "TASK=sentiment", "EPOCHS=many"], ["epochs: 'many' is not a whole number"]),
        (["train", "TASK=sentiment", "EPOCHS=0"], ["epochs: 0 is too small; the minimum is 1"]),
        (["train", "TASK=sentiment", "EPOCHS=-3"], ["epochs: -3 is too small"]),
        (["train", "TASK=sentiment", "--epochs", "-3"], ["epochs: -3 is too small"]),
        (["train", "TASK=sentiment", "DROPOUT=1"], ["dropout", "must be below 1.0"]),
        (["train", "TASK=sentiment", "UNITS=6\n4"], ["units", "is not a whole number"]),
        (["train", "TASK=sentiment", "UNITS="], ["units: '' is not a whole number"]),
        (["train", "TASK=sentiment", "BIDIRECTIONAL=perhaps"], ["neither yes nor no", "1 or 0"]),
        (["train", "TASK=sentiment", "PRESET=bst"], ["unknown preset", "'best'", "default"]),
        (["train", "TASK=sentiment", "RESUME=maybe"], ["resume", "write 1 or 0"]),
        (["train", "TASK=sentiment", "SET=unit=3"], ["'unit'", "Did you mean 'units'?"]),
        (["train", "TASK=sentiment", "SET=units"], ["SET: 'units' is not of the form name=value"]),
        (["train", "TASK=sentiment", "CONFIG=no.toml"], ["CONFIG: 'no.toml' cannot be read"]),
        (["train", "TASK=sentiment", "DATASET=a", "DATA=b"], ["two sources", "one of them"]),
        (["train", "TASK=sentiment", "MODE=one_to_one"], ["unknown setting 'mode'"]),
        (
            ["build", "TASK=sentiment", "ATTENTION=multi_head", "UNITS=5", "ATTENTION_HEADS=4"],
            ["attention_heads", "choose 1, 2, 5, 10"],
        ),
        (["build", "TASK=sentiment", "RESIDUAL=1"], ["residual", "layers=2 or more"]),
        (["train", "TASK=sentiment", "gru"], ["'gru' is not of the form NAME=value"]),
        (["train", "TASK=sentiment", "--cell"], ["argument --cell: expected one argument"]),
        (
            ["predict", "TASK=sentiment", "--batch-size", "3"],
            ["predict does not take 'batch_size'"],
        ),
        (["predict", "TASK=sentiment", "UNITS=3"], ["predict does not take 'units'", "input"]),
        (["data", "TASK=sentiment", "RESUME=1"], ["data does not take 'resume'"]),
        (["ui", "TASK=sentiment"], ["ui does not take 'task'", "host, port"]),
        (["serve", "PORT=http"], ["port: 'http' is not a whole number from 0 to 65535"]),
        (["serve", "PORT=65536"], ["port: '65536'"]),
        (["ui", "PORT=-1"], ["port: '-1'"]),
    ],
)
def test_a_mistake_is_one_line_with_the_way_out(capsys, words, parts):
    line = said(capsys, *words, "--check")
    for part in parts:
        assert part in line


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        pytest.param(["SET=units='6"], ["SET"]),
        (["LEARNING_RATE=nan"], ["learning_rate"]),
        (["LEARNING_RATE=inf"], ["learning_rate"]),
        (["DROPOUT=nan"], ["dropout"]),
        pytest.param(["CONFIG=."], ["CONFIG", "'.'"]),
    ],
)
def test_values_that_python_takes_and_no_training_can_use_are_refused(capsys, words, parts):
    line = said(capsys, "train", "TASK=sentiment", *words, "--check")
    for part in parts:
        assert part in line


VALUES = [
    "plain",
    "two words",
    "a 'single' and a \"double\" quote",
    "x=1",
    "units=64",
    "text=good label=bad",
    "$5 $(HOME) ${HOME} `id`",
    "-5 stars",
    "-bad",
    "--task",
    "--check it",
    "line one\nline two",
    "TASK=x\nCELL=y",
    "größer, 好, 🙂",
    " blanks around ",
    "# no comment",
    "100 % \\ back\\slash",
]


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("form", ["make", "joined", "apart"])
def test_a_value_arrives_as_it_was_written(value, form):
    words = {
        "make": [f"INPUT={value}"],
        "joined": [f"--input={value}"],
        "apart": ["--input", value],
    }[form]
    request = cli.parse("predict", ["--task", "sentiment", *words, "VERSION=3"])
    assert request.task is not None
    assert request.task.name == "sentiment"
    assert request.options == {"input": value, "version": "3"}


@pytest.mark.parametrize(
    "words",
    [
        ["--task", "sentiment", "--batch_size", "7", "--cell", "gru", "--bidirectional", "no"],
        ["--task=sentiment", "--batch-size=7", "--cell=gru", "--bidirectional=0"],
        ["TASK=sentiment", "BATCH_SIZE=7", "CELL=gru", "BIDIRECTIONAL=off"],
        ["task=sentiment", "batch_size=7", "--cell", "gru", "BIDIRECTIONAL="],
        ["TASK=sentiment", "SET=batch_size=7 cell='gru' bidirectional=false"],
        ["TASK=sentiment", "--set", "batch_size=7 cell=gru bidirectional=false"],
    ],
)
def test_all_ways_of_writing_settings_mean_the_same(words):
    request = cli.parse("train", words)
    assert request.config is not None
    assert request.config.training.batch_size == 7
    assert request.config.model.cell == "gru"
    assert request.config.model.bidirectional is False
    assert request.settings == {"batch_size": 7, "cell": "gru", "bidirectional": False}


def test_a_preset_that_the_task_does_not_have_is_refused():
    with pytest.raises(UserError, match="sentiment has no preset 'best'"):
        cli.parse("train", ["TASK=sentiment", "PRESET=best"])


def test_flags_beat_set_beats_file_beats_preset_beats_task(tmp_path, monkeypatch):
    better = dataclasses.replace(tasks.get("sentiment"), best={"units": 256, "dropout": 0.25})
    monkeypatch.setattr(tasks, "get", lambda _: better)
    file = tmp_path / "mine.toml"
    file.write_text("units = 10\nlayers = 2\n[training]\nepochs = 5\nseed = 4\n", "utf-8")
    words = [f"CONFIG={file}", "SET=layers=3 epochs=6", "EPOCHS=7", "PRESET=best"]
    resolved = cli.parse("train", ["TASK=sentiment", *words]).config
    assert resolved is not None
    assert resolved.model.units == 10  # file over general default
    assert resolved.model.layers == 3  # SET over file
    assert resolved.training.epochs == 7  # flag over SET and file
    assert resolved.training.seed == 4
    task = tasks.get("sentiment")
    assert resolved.model.dropout == 0.25  # preset over task
    for name, value in {**task.defaults, **task.best}.items():
        if name not in ("units", "layers", "epochs", "seed"):
            assert resolved.flat()[name] == value


def test_data_of_ones_own_replace_nothing_else():
    request = cli.parse("evaluate", ["TASK=sentiment", "DATA=mine.csv", "TEXT=review"])
    assert request.settings == {"data": "mine.csv", "text": "review"}
    assert request.options == {"version": ""}


def test_resume_and_port_have_their_types():
    assert cli.parse("train", ["TASK=sentiment", "RESUME=1"]).options["resume"] is True
    assert cli.parse("train", ["TASK=sentiment", "RESUME=0"]).options["resume"] is False
    request = cli.parse("serve", ["PORT=0"])
    assert request.options == {"host": "127.0.0.1", "port": 0}
    assert request.task is None
    assert request.config is None
