"""A prepared TFDS data set -> raw rows of a task's columns."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow_datasets as tfds
from tensorflow_datasets.proto import tf_example_pb2

from pipelines.data.conll import as_text
from pipelines.data.kinds import KINDS, Stored, of_role
from pipelines.data.sources.assemble import assemble
from pipelines.data.sources.columns import match
from pipelines.data.sources.rows import Raw, Rows
from pipelines.data.splits import SPLIT_NAMES
from pipelines.data.waves import wav
from pipelines.runtime import paths
from pipelines.runtime.errors import UserError

if TYPE_CHECKING:
    from pipelines.config import DataSettings
    from pipelines.data.examples import Column, Examples
    from pipelines.task import Task

# Protobuf makes its classes when the module is imported; a type checker cannot see them.
EXAMPLE: Any = tf_example_pb2.Example  # ty: ignore[missing-attribute]
FORMAT = tfds.core.FileFormat.TFRECORD


def folder() -> Path:
    """The folder of prepared data sets."""
    return paths.data() / "tfds"


def is_here(builder: tfds.core.DatasetBuilder) -> bool:
    """Whether the data set is prepared in the format of `read`."""
    return builder.is_prepared() and builder.info.file_format == FORMAT


def prepare(builder: tfds.core.DatasetBuilder) -> None:
    """Downloads and prepares the data set, in a temporary folder that is renamed at the end."""
    if not sys.stderr.isatty():
        tfds.disable_progress_bar()
    # TFDS prints "Unknown size" several times to standard output.
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            builder.download_and_prepare(
                download_config=tfds.download.DownloadConfig(try_download_gcs=False),
                file_format=FORMAT,
            )
        except FileExistsError:
            if not builder.data_path.exists():
                raise
            # Another process has prepared the same data set meanwhile.
            builder.info.read_from_directory(builder.data_dir)


@contextlib.contextmanager
def quiet() -> Generator[None]:
    """Suppresses TFDS's log messages about its folders."""
    logger = logging.getLogger("absl")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def columns(
    builder: tfds.core.DatasetBuilder, task: Task, settings: DataSettings
) -> dict[str, str]:
    """The task's name of a column -> the feature's; needs no prepared data.

    Raises:
        UserError: the data set has no such features.
    """
    features = builder.info.features
    if not isinstance(features, tfds.features.FeaturesDict):
        raise UserError(f"{builder.info.full_name} has no named features.")
    stored = {name: stored_as(feature) for name, feature in features.items()}
    kinds = {
        name: {kind for kind in KINDS if storage in KINDS[kind].stored}
        for name, storage in stored.items()
    }
    names = match(task.columns, kinds, settings, builder.info.full_name)
    for column in task.columns:
        kind, name = KINDS[column.kind], names.get(column.name, "")
        if not name or stored[name] in kind.stored + kind.also_stored:
            continue
        if not column.optional:
            shown = ", ".join(f"{name} ({type(f).__name__})" for name, f in features.items())
            article = "an" if column.kind[0] in "aeiou" else "a"
            raise UserError(
                f"{builder.info.full_name}: its feature '{name}' is not {article} {column.kind}. "
                f"Its features: {shown}."
            )
        del names[column.name]
    return names


def read(
    builder: tfds.core.DatasetBuilder, names: Mapping[str, str], columns: Sequence[Column]
) -> Raw:
    """All rows of the splits that can be used.

    Args:
        builder: of a prepared data set.
        names: the task's name of a column -> the feature's.
        columns: the task's columns.
    """
    info = builder.info
    features: Any = info.features
    labels = [names[c.name] for c in of_role(columns, "label") if c.name in names]
    splits: dict[str, Rows] = {}
    removed: Counter[str] = Counter()
    for split, details in info.splits.items():
        if split not in SPLIT_NAMES:
            reason = f"in '{split}', which is neither train, validation nor test"
            removed[reason] += details.num_examples
            continue
        rows, unlabelled = _rows(builder, split, names)
        removed["without a label"] += unlabelled
        if rows:
            splits[SPLIT_NAMES[split]] = rows
    name = info.full_name.rpartition("/")[0]
    if "train" not in splits:
        raise UserError(f"{name} has no labelled split 'train'; it has {', '.join(info.splits)}.")
    raw = Raw(name, splits, tuple(features[labels[0]].names) if labels else ())
    return raw.updated({}, removed).updated({}, (info.metadata or {}).get("removed"))


def assembled(
    builder: tfds.core.DatasetBuilder,
    raw: Raw,
    task: Task,
    settings: DataSettings,
    seed: int,
    source: str,
) -> Examples:
    """The examples of a prepared data set, as of `assemble`."""
    version, licence = str(builder.version), builder.info.redistribution_info.license
    return assemble(task, raw, settings, seed, source, version, licence)


def stored_as(feature: Any) -> Stored | None:
    """How TFDS stores a feature; None if it is not supported."""
    if isinstance(feature, tfds.features.ClassLabel):
        return "class"
    if isinstance(feature, tfds.features.Text):
        return "text"
    if isinstance(feature, tfds.features.Audio):
        return "audio" if feature.shape == (None,) and feature.sample_rate else None
    if isinstance(feature, tfds.features.Image):
        # Only these are stored as files.
        return "image" if feature.np_dtype == np.uint8 and len(feature.shape) == 3 else None
    if isinstance(feature, tfds.features.Sequence):
        # Words of a text, and the tag of each.
        inner = stored_as(feature.feature)
        return "words" if inner in ("text", "string") else "classes" if inner == "class" else None
    if not isinstance(feature, tfds.features.Tensor):
        return None
    if feature.shape == ():
        kind = np.dtype(feature.np_dtype).kind
        return "number" if kind in "iuf" else "string" if kind in "OSU" else None
    if len(feature.shape) == 2 and feature.np_dtype == np.float32:
        # TFDS stores features with more than one open dimension differently.
        steps, width = feature.shape
        return "steps" if steps is None and width else None
    return None


def _rows(
    builder: tfds.core.DatasetBuilder, split: str, names: Mapping[str, str]
) -> tuple[Rows, int]:
    """The rows of a split, none if all lack a label, and the number of rows without one."""
    rows: Rows = {name: [] for name in names}
    features: Any = builder.info.features
    readers = {name: READERS[stored_as(features[original])] for name, original in names.items()}
    unlabelled = 0
    for path in builder.info.splits[split].filepaths:
        for record in _records(Path(path)):
            stored = EXAMPLE.FromString(record).features.feature
            values = {
                name: readers[name](stored[original], features[original])
                for name, original in names.items()
            }
            if any(value is None for value in values.values()):
                unlabelled += 1
                continue
            for name, value in values.items():
                rows[name].append(value)
    return (rows if any(rows.values()) else {}), unlabelled


def _records(path: Path) -> Iterator[bytes]:
    """The records of a TFRecord file: length, its checksum, content, its checksum.

    Importing TensorFlow and starting its pipeline would take seconds longer.
    """
    with path.open("rb") as file:
        while head := file.read(12):
            length = int.from_bytes(head[:8], "little")
            record = file.read(length)
            if len(file.read(4)) < 4:
                raise UserError(f"{path} is truncated; remove {path.parent} to prepare it again.")
            yield record


def _class(stored: Any, feature: Any) -> str | None:
    """The name of a class; None for the hidden labels of competitions, which are negative."""
    number = stored.int64_list.value[0]
    return feature.names[number] if number >= 0 else None


def _text(stored: Any, feature: Any) -> str:
    del feature
    return stored.bytes_list.value[0].decode("utf-8", "replace")


def _words(stored: Any, feature: Any) -> str:
    del feature
    return as_text([value.decode("utf-8", "replace") for value in stored.bytes_list.value])


def _classes(stored: Any, feature: Any) -> str:
    return " ".join(feature.feature.names[value] for value in stored.int64_list.value)


def _audio(stored: Any, feature: Any) -> bytes:
    return wav(np.array(stored.int64_list.value, np.int16), feature.sample_rate)


def _steps(stored: Any, feature: Any) -> np.ndarray:
    return np.array(stored.float_list.value, np.float32).reshape(-1, feature.shape[1])


READERS: dict[Stored | None, Callable[[Any, Any], Any]] = {
    "class": _class,
    "text": _text,
    "string": _text,
    "number": lambda stored, _: getattr(stored, stored.WhichOneof("kind")).value[0],
    "words": _words,
    "classes": _classes,
    "audio": _audio,
    "steps": _steps,
    "image": lambda stored, _: stored.bytes_list.value[0],
}
"""How a feature is stored -> function that reads one value of it."""
