"""A prepared TFDS data set -> raw rows of a task's columns."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
from collections import Counter
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow_datasets as tfds
from tensorflow_datasets.proto import tf_example_pb2

from pipelines import paths
from pipelines.conll import as_text
from pipelines.errors import UserError
from pipelines.sources.assemble import Raw, Rows
from pipelines.sources.columns import match
from pipelines.splits import SPLIT_NAMES
from pipelines.waves import wav

if TYPE_CHECKING:
    from pipelines.config import DataSettings
    from pipelines.task import Column, Task


# Protobuf makes its classes when the module is imported; a type checker cannot see them.
EXAMPLE: Any = tf_example_pb2.Example  # ty: ignore[missing-attribute]
FORMAT = tfds.core.FileFormat.TFRECORD


def folder() -> Path:
    """Where prepared data sets lie."""
    return paths.data() / "tfds"


def is_here(builder: tfds.core.DatasetBuilder) -> bool:
    """Whether the data set is prepared, in the format that `read` reads."""
    return builder.is_prepared() and builder.info.file_format == FORMAT


def prepare(builder: tfds.core.DatasetBuilder) -> None:
    """Prepares the data set in a folder beside its own, which it takes when it is complete."""
    if not sys.stderr.isatty():
        tfds.disable_progress_bar()
    # What TFDS prints says "Unknown size" five times, on the output that is for results.
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            builder.download_and_prepare(
                download_config=tfds.download.DownloadConfig(try_download_gcs=False),
                file_format=FORMAT,
            )
        except FileExistsError:
            if not builder.data_path.exists():
                raise
            # Another run prepared the same meanwhile; what it left is complete.
            builder.info.read_from_directory(builder.data_dir)


@contextlib.contextmanager
def quiet() -> Generator[None]:
    """Keeps TFDS's remarks on its own folders off the terminal."""
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
    """Which feature is which of the task's columns; needs no data, so it can be asked first.

    Raises:
        UserError: the data set has no such features.
    """
    features = builder.info.features
    if not isinstance(features, tfds.features.FeaturesDict):
        raise UserError(f"{builder.info.full_name} has no named features.")
    kinds = {name: _kinds(feature) for name, feature in features.items()}
    found = match(task.problem.columns, kinds, settings, builder.info.full_name)
    for column in task.problem.columns:
        if column.name in found and not _fits(column, kinds[found[column.name]]):
            if not column.optional:
                shown = ", ".join(f"{name} ({type(f).__name__})" for name, f in features.items())
                raise UserError(
                    f"{builder.info.full_name}: its feature '{found[column.name]}' is not a "
                    f"{column.kind}. Its features: {shown}."
                )
            del found[column.name]
    return found


def read(builder: tfds.core.DatasetBuilder, names: dict[str, str], label: str) -> Raw:
    """All rows of the splits that can be used.

    Args:
        builder: of a prepared data set.
        names: the task's name of a column -> the feature's.
        label: the task's name of its label column; empty if it has none.
    """
    info = builder.info
    raw = Raw(name=info.full_name.rpartition("/")[0], splits={})
    classes = tuple(info.features[names[label]].names) if label in names else ()
    for split, details in info.splits.items():
        name = SPLIT_NAMES.get(split)
        if name is None:
            raw.removed[f"in '{split}', which is neither train, validation nor test"] += (
                details.num_examples
            )
            continue
        rows, unlabelled = _rows(builder, split, names)
        raw.removed["without a label"] += unlabelled
        if rows:
            raw.splits[name] = rows
    if "train" not in raw.splits:
        raise UserError(
            f"{raw.name} has no labelled split 'train'; it has {', '.join(info.splits)}."
        )
    raw.labels = classes
    raw.removed += Counter(dict(info.metadata.get("removed", {})) if info.metadata else {})
    return raw


def _fits(column: Column, kinds: set[str]) -> bool:
    """Whether a feature can be a column; the name of a class can be written like any text."""
    named = column.kind in ("target", "group") and "label" in kinds
    return column.kind in kinds or named or (column.kind == "group" and "text" in kinds)


def _kinds(feature: Any) -> set[str]:
    if isinstance(feature, tfds.features.ClassLabel):
        return {"label"}
    if isinstance(feature, tfds.features.Text):
        return {"text", "document", "target"}
    if isinstance(feature, tfds.features.Tensor) and feature.shape == ():
        kind = np.dtype(feature.np_dtype).kind
        return {"number"} if kind in "iuf" else {"text", "target"} if kind in "OSU" else set()
    if isinstance(feature, tfds.features.Sequence):
        # Words of a text, and the tag of each.
        inner = _kinds(feature.feature)
        return {"text"} if "text" in inner else {"target"} if "label" in inner else set()
    if isinstance(feature, tfds.features.Audio):
        return {"audio"} if feature.shape == (None,) and feature.sample_rate else set()
    if isinstance(feature, tfds.features.Tensor) and len(feature.shape) == 2:
        # With more than one open dimension TFDS would keep the values in another place.
        steps, width = feature.shape
        return {"features"} if steps is None and width and feature.np_dtype == np.float32 else set()
    return set()


def _rows(builder: tfds.core.DatasetBuilder, split: str, names: dict[str, str]) -> tuple[Rows, int]:
    """A split's rows, and how many had no label; no rows where none has one."""
    rows: Rows = {name: [] for name in names}
    features: Any = builder.info.features
    unlabelled = 0
    for path in builder.info.splits[split].filepaths:
        for record in _records(Path(path)):
            found = EXAMPLE.FromString(record).features.feature
            values = {name: _value(found[own], features[own]) for name, own in names.items()}
            if any(value is None for value in values.values()):
                unlabelled += 1
                continue
            for name, value in values.items():
                rows[name].append(value)
    return (rows if any(rows.values()) else {}), unlabelled


def _records(path: Path) -> Iterator[bytes]:
    """The records of a TFRecord file: length, its checksum, content, its checksum.

    Read here because TensorFlow needs seconds to be imported and its pipeline one more to start,
    for what is done in a tenth of a second.
    """
    with path.open("rb") as file:
        while head := file.read(12):
            length = int.from_bytes(head[:8], "little")
            record = file.read(length)
            if len(file.read(4)) < 4:
                raise UserError(f"{path} is cut off; remove {path.parent} to prepare it again.")
            yield record


def _value(found: Any, feature: Any) -> Any:
    """One value as `Raw` holds it; None for a class that is hidden."""
    if isinstance(feature, tfds.features.Sequence):
        if isinstance(feature.feature, tfds.features.ClassLabel):
            return " ".join(feature.feature.names[value] for value in found.int64_list.value)
        return as_text([value.decode("utf-8", "replace") for value in found.bytes_list.value])
    values = getattr(found, found.WhichOneof("kind")).value
    if isinstance(feature, tfds.features.ClassLabel):
        # Below 0: how TFDS marks the hidden labels of a competition.
        return feature.names[values[0]] if values[0] >= 0 else None
    if isinstance(feature, tfds.features.Audio):
        return wav(np.array(values, np.int16), feature.sample_rate)
    if len(feature.shape) == 2:
        return np.array(values, np.float32).reshape(-1, feature.shape[1])
    return values[0].decode("utf-8", "replace") if isinstance(values[0], bytes) else values[0]
