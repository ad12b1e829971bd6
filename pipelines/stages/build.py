"""`make build`: what a configuration comes to, before anything is trained."""

from __future__ import annotations

import math
import statistics
import time
from dataclasses import dataclass

import keras

from models.recurrent import path_of
from pipelines import paths, workbench
from pipelines.batching import Batch, Batches
from pipelines.config import Config, settings
from pipelines.figures.network import network_diagram, nodes_of
from pipelines.runtime import peak_memory
from pipelines.stages import Request
from pipelines.training.optimizers import optimizer
from pipelines.training.step import Step

REPEATS = 5
MIB = 1024 * 1024


@dataclass(frozen=True)
class StepTime:
    """The measured time of a training step.

    Attributes:
        length: steps in time that the batch is padded to.
        seconds: median of a few.
        batches: how many of an epoch's batches are of this length.
    """

    length: int
    seconds: float
    batches: int


def run(request: Request) -> None:
    """Prints settings, layers, parameters, memory and time per step, and draws the network.

    The network is thrown away; the drawing is left in `build/`.
    """
    task, config = request.task, request.config
    assert task and config
    prepared = workbench.prepare(task, config)
    with workbench.timed("encoding"):
        train, _ = workbench.batches(prepared, config)
    model = workbench.network(config, prepared.features)
    print(f"\n{_settings(config)}\n\n{_layers(model)}\n")
    if config.model.recurrent:
        print(f"{_recurrences(model, config.model.input_feeding)}\n")
    optimizer_ = optimizer(config.training, config.training.epochs * len(train))
    step = Step(model, prepared.features.outputs, optimizer_, config.training.clip_norm)
    before = peak_memory()
    with workbench.timed("measuring steps on a network that is thrown away"):
        times = measure(step, train)
    print(f"\n{_memory(model, optimizer_, peak_memory() - before)}\n\n{_times(times)}")
    title = f"{task.name}: {model.name}, {model.count_params():,} parameters"
    nodes = nodes_of(model.get_config(), *_sizes(model))
    file = paths.root() / "build" / f"{task.name}_{model.name}.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    network_diagram(title, nodes).savefig(file)
    print(f"\ndrawn in {file.relative_to(paths.root())}")


def measure(step: Step, train: Batches) -> list[StepTime]:
    """Times real training steps, a length at a time.

    Args:
        step: of a network that nobody needs afterwards.
        train: the training split.
    """
    examples: dict[int, Batch] = {}
    counts: dict[int, int] = {}
    for batch in train.once():
        length = next(iter(batch.inputs.values())).shape[1]
        examples[length] = batch
        counts[length] = counts.get(length, 0) + 1
    found = []
    for length, batch in sorted(examples.items()):
        step.train(batch)  # traced and warm
        seconds = []
        for _ in range(REPEATS):
            started = time.perf_counter()
            step.train(batch)
            seconds.append(time.perf_counter() - started)
        found.append(StepTime(length, statistics.median(seconds), counts[length]))
    return found


def _settings(config: Config) -> str:
    defaults = {name: field.default for name, (_, field) in settings().items()}
    lines = ["settings (* other than the general default)"]
    generates = config.model.writes or config.model.head == "next_token"
    unused = set() if generates else vars(config.generation).keys()
    for name, value in config.flat().items():
        if value == "" or name == "task" or name in unused:
            continue
        star = "*" if name in defaults and value != defaults[name] else " "
        lines.append(f" {star}{name:<18}{value}")
    return "\n".join(lines)


def _sizes(model: keras.Model) -> tuple[dict[str, int], dict[str, str]]:
    """Parameters and output shapes of the layers, by name."""
    parameters = {layer.name: layer.count_params() for layer in model.layers if layer.weights}
    shapes = {op.name: _shape(op.output) for op in model.operations}
    return parameters, shapes


def _shape(output: keras.KerasTensor | list[keras.KerasTensor]) -> str:
    first = output[0] if isinstance(output, list | tuple) else output
    axes = ["batch", "time"] if len(first.shape) > 1 and first.shape[1] is None else ["batch"]
    return ", ".join([*axes, *(str(size) for size in first.shape[len(axes) :])])


def _layers(model: keras.Model) -> str:
    parameters, shapes = _sizes(model)
    lines = [f"{'layer':<22}{'kind':<18}{'output':<24}{'parameters':>12}"]
    for operation in model.operations:
        name, kind = operation.name, type(operation).__name__
        count = f"{parameters[name]:,}" if name in parameters else ""
        lines.append(f"{name:<22}{kind:<18}{shapes[name]:<24}{count:>12}")
    lines.append(f"{'in all':<64}{model.count_params():>12,}")
    return "\n".join(lines)


def _recurrences(model: keras.Model, input_feeding: bool) -> str:
    """Which way each recurrent layer computes here, and why."""
    lines = ["how the recurrence computes"]
    for layer in model._flatten_layers():  # composite layers hold the recurrent ones
        if not isinstance(layer, keras.layers.RNN):
            continue
        name = layer.cell.kernel.path.rpartition("/")[0].rpartition("/")[0]
        said = str(path_of(layer))
        if input_feeding and name.startswith("decoder"):
            said = "step by step: with input feeding a step waits for the attention of the last one"
        lines.append(f"  {name:<42}{said}")
    return "\n".join(lines)


def _memory(model: keras.Model, used: keras.optimizers.Optimizer, growth: float) -> str:
    weights = 4 * model.count_params() / MIB
    moments = 4 * sum(math.prod(variable.shape) for variable in used.variables) / MIB
    return (
        f"memory: weights {weights:.1f} MiB, gradients {weights:.1f} MiB, optimizer"
        f" {moments:.1f} MiB; the process grew by {growth:.0f} MiB in the steps below"
    )


def _times(times: list[StepTime]) -> str:
    lines = [f"{'padded length':>14}{'ms per step':>14}{'batches':>10}"]
    lines += [f"{t.length:>14}{1000 * t.seconds:>14.1f}{t.batches:>10}" for t in times]
    epoch = sum(t.seconds * t.batches for t in times)
    lines.append(f"an epoch takes about {epoch:.1f} s here")
    return "\n".join(lines)
