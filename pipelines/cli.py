"""`unrolled STAGE --task NAME ...`: parses, checks, and only then imports what the stage needs.

Needs Python alone, so that a mistake is answered in a moment, even before anything is installed.
Settings may be written as flags (`--units 64`) or as Make writes them (`UNITS=64`).
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from models.settings import SpecError
from pipelines import config as configuration
from pipelines import tasks
from pipelines.errors import UserError, unknown
from pipelines.stages import Request


@dataclass(frozen=True)
class Stage:
    """What a stage takes.

    Attributes:
        help: one line.
        settings: names of the settings that it takes; None for all of them.
        options: its own options with their defaults.
        task: `needed`, `optional` or `none`.
        tensorflow: whether it works with TensorFlow in this process.
    """

    help: str
    settings: tuple[str, ...] | None = ()
    options: tuple[tuple[str, str], ...] = ()
    task: str = "needed"
    tensorflow: bool = True


LAYERS = (("set", ""), ("config", ""), ("preset", "default"))
STAGES = {
    "data": Stage("prepare a task's data and print its card", None, LAYERS),
    "build": Stage(
        "resolve the settings, build the network, measure it; train nothing", None, LAYERS
    ),
    "train": Stage(
        "data, build, fit, evaluate and export in one run", None, (*LAYERS, ("resume", "0"))
    ),
    "evaluate": Stage(
        "the export on the test split, against the baselines",
        ("dataset", "data", "text", "label", "target", "lag"),
        (("version", ""),),
    ),
    "export": Stage("a run's best weights as a verified SavedModel", (), (("run", ""),)),
    "predict": Stage(
        "one raw input, or lines of standard input, through the export",
        (),
        (("input", ""), ("version", "")),
    ),
    "serve": Stage(
        "the local server on the exports",
        (),
        (("host", "127.0.0.1"), ("port", "8501")),
        "optional",
        tensorflow=False,
    ),
    "tasks": Stage(
        "every task with its mode, data, size, metric and champion", (), (), "none", False
    ),
    "ui": Stage(
        "the MLflow pages on the runs",
        (),
        (("host", "127.0.0.1"), ("port", "5000")),
        "none",
        tensorflow=False,
    ),
}
HELP = {
    "task": "what is to be learned",
    "set": 'more settings: "units=64 dropout=0.3"',
    "config": "a TOML file of settings",
    "preset": "default, or best: slower and better",
    "resume": "1: go on with the run that was killed or stopped",
    "version": "of an export; the newest if not said",
    "run": "id of a run, or its beginning",
    "input": "a raw input",
    "host": "address to listen on",
    "port": "to listen on",
}


class Parser(argparse.ArgumentParser):
    """Argparse with errors of one line."""

    def error(self, message: str) -> NoReturn:
        """Turns argparse's complaint into ours."""
        raise UserError(message)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line.

    Returns:
        The exit code: 0; 2 for a user's mistake; 130 for an interruption. A fault raises.
    """
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    try:
        return _run(arguments)
    except (UserError, SpecError) as error:
        # What was given is quoted, and may hold line breaks.
        print(f"unrolled: {' '.join(str(error).splitlines())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader (`| head`) has seen enough
        sys.stderr.close()
        return 0


def _run(arguments: list[str]) -> int:
    check = "--check" in arguments
    words = [word for word in arguments if word != "--check"]
    if not words or words[0] in ("-h", "--help", "help"):
        print(usage())
        return 0
    if words == ["--variables"]:
        print("\n".join([", ".join(tasks.names()), *_variables()]))
        return 0
    stage, *rest = words
    if stage not in STAGES:
        raise unknown("stage", stage, STAGES)
    if "-h" in rest or "--help" in rest:
        print(usage(stage))
        return 0
    request = parse(stage, rest)
    if not check:
        from pipelines import runtime

        if STAGES[stage].tensorflow:
            runtime.import_tensorflow()
        importlib.import_module(f"pipelines.stages.{stage}").run(request)
    return 0


def parse(stage: str, words: Sequence[str]) -> Request:
    """A request from the words behind the stage's name, checked as far as it can be.

    Raises:
        UserError: an unknown flag, task or setting, or a value that cannot be.
        SpecError: settings that make no sense together.
    """
    known = STAGES[stage]
    names = list(configuration.settings()) if known.settings is None else list(known.settings)
    options = dict(known.options)
    parser = Parser(prog=f"unrolled {stage}", add_help=False, allow_abbrev=False)
    if known.task != "none":
        parser.add_argument("--task", default="")
    for name in [*names, *options]:
        parser.add_argument(*{f"--{name}", f"--{name.replace('_', '-')}"}, dest=name)
    given, extra = parser.parse_known_args(_flags(words))
    if extra:
        raise _surprising(
            stage, extra[0], [*names, *options, *(["task"] if known.task != "none" else [])]
        )
    values = {name: value for name, value in vars(given).items() if value is not None}
    task = _task(stage, known, values.pop("task", ""))
    options |= {name: values.pop(name) for name in list(values) if name in options}
    settings = {name: configuration.parse(name, value) for name, value in values.items()}
    resolved: dict[str, Any] = _resolved(options)
    settings = configuration.parse_assignments(resolved.pop("set", "")) | settings
    if task is None:
        return Request(None, None, settings, resolved)
    layers = [task.defaults]
    if resolved.pop("preset", "default") == "best":
        if not task.best:
            raise UserError(f"task {task.name} has no preset 'best' yet; leave PRESET out.")
        layers.append(task.best)
    file = resolved.pop("config", "")
    if file:
        layers.append(configuration.read_file(Path(file)))
    config = configuration.resolve(task.name, task.mode, *layers, settings, input=task.input)
    return Request(task, config, settings, resolved)


def _flags(words: Sequence[str]) -> list[str]:
    """Each setting as `--name=value`: so argparse takes any value, whatever it looks like."""
    flags = []
    rest = iter(words)
    for word in rest:
        flag = re.sub(r"^([A-Za-z_0-9]+)=", lambda match: f"--{match[1].lower()}=", word)
        if flag.startswith("--") and "=" not in flag:
            flag = "=".join([flag, *itertools.islice(rest, 1)])
        flags.append(flag)
    return flags


def _task(stage: str, known: Stage, name: str) -> Any:
    if name:
        return tasks.get(name)
    if known.task == "needed":
        raise UserError(
            f"{stage} needs a task, as in TASK={tasks.names()[0]}."
            f" Choices: {', '.join(tasks.names())}."
        )
    return None


def _resolved(options: dict[str, str]) -> dict[str, Any]:
    """The stage's own options in their types."""
    values: dict[str, Any] = dict(options)
    if values.get("preset", "default") not in configuration.PRESETS:
        raise unknown("preset", values["preset"], configuration.PRESETS)
    if "port" in values:
        if not values["port"].isdecimal() or not 0 <= int(values["port"]) < 65536:
            raise UserError(f"port: '{values['port']}' is not a whole number from 0 to 65535.")
        values["port"] = int(values["port"])
    if "resume" in values:
        text = values["resume"].lower()
        if text not in configuration.TRUE + configuration.FALSE:
            raise UserError(f"resume: '{text}' is neither yes nor no; write 1 or 0.")
        values["resume"] = text in configuration.TRUE
    return values


def _surprising(stage: str, word: str, names: list[str]) -> UserError:
    name = word.lstrip("-").partition("=")[0].replace("-", "_")
    if not word.startswith("--"):
        return UserError(f"{stage}: '{word}' is not of the form NAME=value or --name value.")
    everything = {*configuration.settings(), *HELP}
    if name in everything:
        takes = ", ".join(names)
        return UserError(f"{stage} does not take '{name}'. It takes: {takes}.")
    return unknown("setting", name, names)


def usage(stage: str = "") -> str:
    """The stages; or what one of them takes; each with a line."""
    if not stage:
        wide = max(map(len, STAGES))
        lines = [f"  {name:<{wide}}  {known.help}" for name, known in STAGES.items()]
        heading = "unrolled STAGE [--name value | NAME=value] ...\n\nStages:"
        return "\n".join([heading, *lines, "", "Settings of data, build and train:", *_settings()])
    known = STAGES[stage]
    lines = [f"unrolled {stage}: {known.help}", ""]
    if known.task != "none":
        lines.append(f"  --task  {HELP['task']}: {', '.join(tasks.names())}")
    lines += [f"  --{name}  {HELP[name]}" for name, _ in known.options]
    if known.settings is None:
        lines += ["", *_settings()]
    else:
        lines += [f"  --{name}" for name in known.settings]
    return "\n".join(lines)


def _variables() -> list[str]:
    """What `make help` lists behind the tasks."""
    return [
        f"  {name.upper():<18}{text}" for name, text in HELP.items() if name != "task"
    ] + _settings()


def _settings() -> list[str]:
    lines = []
    for name, (_, field) in configuration.settings().items():
        rules = field.metadata
        default = "" if field.default == "" else f" [{field.default}]"
        choices = f": {', '.join(rules['choices'])}" if rules["choices"] else ""
        lines.append(f"  {name.upper():<18}{rules['help']}{choices}{default}")
    return lines


if __name__ == "__main__":
    sys.exit(main())
