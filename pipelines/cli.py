"""`unrolled STAGE --task NAME ...`: parses and checks the arguments, then imports the stage.

Uses only the standard library, so that mistakes are reported at once, even before anything is
installed. Settings are written as flags (`--units 64`) or in the style of Make (`UNITS=64`).
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

from models.spec.settings import SpecError
from pipelines import config as configuration
from pipelines import tasks
from pipelines.runtime.errors import UserError, unknown
from pipelines.stages import Request


@dataclass(frozen=True)
class Stage:
    """The arguments of a stage.

    Attributes:
        help: one line.
        settings: names of its settings; None for all of them.
        options: other arguments with their defaults.
        task: `needed`, `optional` or `none`.
        tensorflow: whether it uses TensorFlow in this process.
    """

    help: str
    settings: tuple[str, ...] | None = ()
    options: tuple[tuple[str, str], ...] = ()
    task: str = "needed"
    tensorflow: bool = True


LAYERS = (("set", ""), ("config", ""), ("preset", "default"))
STAGES = {
    "data": Stage("prepare a task's data and print its card", None, LAYERS),
    "build": Stage("build and measure the network without training it", None, LAYERS),
    "train": Stage(
        "prepare the data, build, train, evaluate and export in one run",
        None,
        (*LAYERS, ("resume", "0")),
    ),
    "evaluate": Stage(
        "evaluate an export on the test split, with the baselines",
        ("dataset", "data", "text", "label", "target", "lag"),
        (("version", ""),),
    ),
    "export": Stage("export a run's best weights as a verified SavedModel", (), (("run", ""),)),
    "predict": Stage(
        "predict for one raw input, or for each line of standard input",
        (),
        (("input", ""), ("version", "")),
    ),
    "serve": Stage(
        "serve the exports locally",
        (),
        (("host", "127.0.0.1"), ("port", "8501")),
        "optional",
        tensorflow=False,
    ),
    "tasks": Stage(
        "list the tasks with mode, data, size, metric and champion", (), (), "none", False
    ),
    "ui": Stage(
        "show the runs in the MLflow UI",
        (),
        (("host", "127.0.0.1"), ("port", "5000")),
        "none",
        tensorflow=False,
    ),
}
HELP = {
    "task": "name of the task",
    "set": 'more settings: "units=64 dropout=0.3"',
    "config": "TOML file of settings",
    "preset": "default, or best (slower, more accurate)",
    "resume": "1: resume the run that was killed or interrupted",
    "version": "version of an export; the newest by default",
    "run": "id of a run, or a prefix of it",
    "input": "raw input",
    "host": "address to listen on",
    "port": "port to listen on",
}


class Parser(argparse.ArgumentParser):
    """Argument parser with one-line errors."""

    def error(self, message: str) -> NoReturn:
        """Raises argparse's error as a `UserError`."""
        raise UserError(message)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line.

    Returns:
        The exit code: 0; 2 for a mistake of the user; 130 for an interruption. Bugs raise.
    """
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    try:
        return _run(arguments)
    except (UserError, SpecError) as error:
        # The message quotes user input, which may contain line breaks.
        print(f"unrolled: {' '.join(str(error).splitlines())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader (`| head`) has exited
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
        from pipelines.runtime import process as runtime

        if STAGES[stage].tensorflow:
            runtime.import_tensorflow()
        importlib.import_module(f"pipelines.stages.{stage}").run(request)
    return 0


def parse(stage: str, words: Sequence[str]) -> Request:
    """Parses and checks the words after the stage's name.

    Raises:
        UserError: an unknown flag, task or setting, or an invalid value.
        SpecError: an invalid combination of settings.
    """
    known = STAGES[stage]
    names = list(configuration.settings()) if known.settings is None else list(known.settings)
    options = dict(known.options)
    parser = Parser(prog=f"unrolled {stage}", add_help=False, allow_abbrev=False)
    if known.task != "none":
        parser.add_argument("--task", default="")
    for name in [*names, *options]:
        parser.add_argument(*{f"--{name}", f"--{name.replace('_', '-')}"}, dest=name)
    arguments, extra = parser.parse_known_args(_flags(words))
    if extra:
        with_task = ["task"] if known.task != "none" else []
        raise _unexpected(stage, extra[0], [*names, *options, *with_task])
    values = {name: value for name, value in vars(arguments).items() if value is not None}
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
            raise UserError(f"task {task.name} has no preset 'best'; leave PRESET out.")
        layers.append(task.best)
    if file := resolved.pop("config", ""):
        layers.append(configuration.read_file(Path(file)))
    config = configuration.resolve(
        task.name, task.mode, *layers, settings, input=task.network_input
    )
    return Request(task, config, settings, resolved)


def _flags(words: Sequence[str]) -> list[str]:
    """Each setting as `--name=value`, so that argparse accepts any value."""
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
    """The options of a stage in their types."""
    values: dict[str, Any] = dict(options)
    if values.get("preset", "default") not in configuration.PRESETS:
        raise unknown("preset", values["preset"], configuration.PRESETS)
    if "port" in values:
        if not values["port"].isdecimal() or not 0 <= int(values["port"]) < 65536:
            raise UserError(f"port: '{values['port']}' is not a whole number from 0 to 65535.")
        values["port"] = int(values["port"])
    if "resume" in values:
        values["resume"] = configuration.parse_bool("resume", values["resume"].lower())
    return values


def _unexpected(stage: str, word: str, names: list[str]) -> UserError:
    name = word.lstrip("-").partition("=")[0].replace("-", "_")
    if not word.startswith("--"):
        return UserError(f"{stage}: '{word}' is not of the form NAME=value or --name value.")
    if name in {*configuration.settings(), *HELP}:
        return UserError(f"{stage} does not take '{name}'. It takes: {', '.join(names)}.")
    return unknown("setting", name, names)


def usage(stage: str = "") -> str:
    """The help text: all stages, or the settings and options of one."""
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
    """The variables that `make help` lists."""
    options = [f"  {name.upper():<18}{text}" for name, text in HELP.items() if name != "task"]
    return options + _settings()


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
