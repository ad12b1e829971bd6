"""The data, preprocessing and network of a run."""

from __future__ import annotations

from dataclasses import dataclass

import keras

from models import precision
from models.build import build, streaming
from models.layers.recurrent import path_of
from models.streaming import Streaming
from pipelines.config import Config
from pipelines.data import batching, sources
from pipelines.data.batching import Batches
from pipelines.data.buckets import bucket_edges
from pipelines.data.examples import Examples
from pipelines.data.preprocessing import Preprocessing
from pipelines.runtime.progress import timed
from pipelines.task import Task


@dataclass(frozen=True)
class Prepared:
    """Examples, and the preprocessing learned from their training split."""

    examples: Examples
    preprocessing: Preprocessing


def prepare(task: Task, config: Config) -> Prepared:
    """Loads the task's data and learns its preprocessing, after checking the precision."""
    precision.use(config.training.precision)
    with timed("loading the data"):
        examples = sources.load(task, config.data)
    with timed("learning the preprocessing"):
        preprocessing = Preprocessing.fit(task, examples, config)
    return Prepared(examples, preprocessing)


def network(config: Config, preprocessing: Preprocessing) -> keras.Model:
    """The network of a run, with random weights from its seed."""
    keras.utils.set_random_seed(config.training.seed)
    return build(config.model, preprocessing.inputs, preprocessing.outputs)


def slow_recurrence(config: Config, model: keras.Model) -> str | None:
    """Why recurrent layers use Keras's slower implementation; None if they do not."""
    if not config.model.recurrent:
        return None
    layers = [layer for layer in model._flatten_layers() if isinstance(layer, keras.layers.RNN)]
    reasons = {path.reason for path in map(path_of, layers) if path.name == "keras"}
    if not reasons:
        return None
    return f"recurrent layers use Keras's slower implementation: {'; '.join(sorted(reasons))}"


def truncated(config: Config, model: keras.Model, preprocessing: Preprocessing) -> Streaming | None:
    """The network with explicit state, for truncated back-propagation; None without it.

    Raises:
        SpecError: the network needs whole sequences.
    """
    if not config.training.truncate:
        return None
    return streaming(config.model, model, preprocessing.outputs)


def batches(prepared: Prepared, config: Config) -> tuple[Batches, Batches]:
    """Training and validation split in batches; the bucket edges come from the training split."""
    train, validation = (
        batching.encode(prepared.preprocessing, prepared.examples.splits[split])
        for split in ("train", "validation")
    )
    # Validation examples may be longer than all training examples.
    longest = int(max(train.lengths.max(), validation.lengths.max()))
    edges = bucket_edges(train.lengths, config.data.buckets, longest)
    if edges[-1] < longest:
        edges = (*edges, longest)
    size = config.training.batch_size
    return Batches(train, edges, size), Batches(validation, edges, size)
