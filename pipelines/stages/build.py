"""`make build`: size and speed of a network, before anything is trained."""

from __future__ import annotations

import math
import statistics
import time
from dataclasses import dataclass

import keras

from models.layers.recurrent import path_of
from pipelines.config import Config, settings
from pipelines.data.batching import Batch, Batches
from pipelines.evaluation.figures.unrolled.network import network_diagram, nodes_of
from pipelines.runtime import paths
from pipelines.runtime.process import peak_memory
from pipelines.runtime.progress import timed
from pipelines.stages import Request
from pipelines.training import setup
from pipelines.training.optimizers import optimizer
from pipelines.training.step import Step

REPEATS = 5
MIB = 1024 * 1024


@dataclass(frozen=True)
class StepTime:
    """The measured time of a training step.

    Attributes:
        length: steps in time that the batch is padded to.
        seconds: median of several.
        batches: number of batches of this length per epoch.
    """

    length: int
    seconds: float
    batches: int


def run(request: Request) -> None:
    """Prints settings, layers, parameters, memory and time per step, and draws the network.

    The network is discarded; the diagram is written to `build/`.
    """
    task, config = request.task, request.config
    assert task and config
    prepared = setup.prepare(task, config)
    with timed("encoding"):
        train, _ = setup.batches(prepared, config)
    model = setup.network(config, prepared.preprocessing)
    print(f"\n{_settings(config)}\n\n{_layers(model)}\n")
    if config.model.recurrent:
        print(f"{_recurrences(model, config.model.input_feeding)}\n")
    optimizer_ = optimizer(config.training, config.training.epochs * len(train))
    step = Step(model, prepared.preprocessing.outputs, optimizer_, config.training.clip_norm)
    before = peak_memory()
    with timed("timing training steps"):
        times = measure(step, train)
    print(f"\n{_memory(model, optimizer_, peak_memory() - before)}\n\n{_times(times)}")
    title = f"{task.name}: {model.name}, {model.count_params():,} parameters"
    nodes = nodes_of(model.get_config(), *_sizes(model))
    file = paths.root() / "build" / f"{task.name}_{model.name}.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    network_diagram(title, nodes).savefig(file)
    print(f"\ndiagram: {file.relative_to(paths.root())}")


def measure(step: Step, train: Batches) -> list[StepTime]:
    """Times real training steps, for each padded length.

    Args:
        step: of a network that is discarded afterwards.
        train: the training split.
    """
    examples: dict[int, Batch] = {}
    counts: dict[int, int] = {}
    for batch in train.once():
        length = next(iter(batch.inputs.values())).shape[1]
        examples[length] = batch
        counts[length] = counts.get(length, 0) + 1
    times = []
    for length, batch in sorted(examples.items()):
        step.train(batch)  # traces and warms up
        seconds = []
        for _ in range(REPEATS):
            started = time.perf_counter()
            step.train(batch)
            seconds.append(time.perf_counter() - started)
        times.append(StepTime(length, statistics.median(seconds), counts[length]))
    return times


def _settings(config: Config) -> str:
    defaults = {name: field.default for name, (_, field) in settings().items()}
    lines = ["settings (* differs from the general default)"]
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
    lines.append(f"{'total':<64}{model.count_params():>12,}")
    return "\n".join(lines)


def _recurrences(model: keras.Model, input_feeding: bool) -> str:
    """The implementation of each recurrent layer, and the reason for it."""
    lines = ["implementation of the recurrence"]
    for layer in model._flatten_layers():  # composite layers hold the recurrent ones
        if not isinstance(layer, keras.layers.RNN):
            continue
        name = layer.cell.kernel.path.rpartition("/")[0].rpartition("/")[0]
        implementation = str(path_of(layer))
        if input_feeding and name.startswith("decoder"):
            implementation = (
                "step by step: with input feeding, each step needs the attention of the"
                " previous one"
            )
        lines.append(f"  {name:<42}{implementation}")
    return "\n".join(lines)


def _memory(model: keras.Model, used: keras.optimizers.Optimizer, growth: float) -> str:
    weights = 4 * model.count_params() / MIB
    moments = 4 * sum(math.prod(variable.shape) for variable in used.variables) / MIB
    return (
        f"memory: weights {weights:.1f} MiB, gradients {weights:.1f} MiB, optimizer"
        f" {moments:.1f} MiB; the process grew by {growth:.0f} MiB while timing"
    )


def _times(times: list[StepTime]) -> str:
    lines = [f"{'padded length':>14}{'ms per step':>14}{'batches':>10}"]
    lines += [f"{t.length:>14}{1000 * t.seconds:>14.1f}{t.batches:>10}" for t in times]
    epoch = sum(t.seconds * t.batches for t in times)
    lines.append(f"estimated time per epoch: {epoch:.1f} s")
    return "\n".join(lines)
