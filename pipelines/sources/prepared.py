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
from pipelines.errors import UserError
from pipelines.sources.assemble import Raw, Rows
from pipelines.sources.columns import match
from pipelines.splits import SPLIT_NAMES

if TYPE_CHECKING:
    from pipelines.config import DataSettings
    from pipelines.task import Task


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
        if column.name in found and column.kind not in kinds[found[column.name]]:
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
        rows, unlabelled = _rows(builder, split, names, label, classes)
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


def _kinds(feature: Any) -> set[str]:
    if isinstance(feature, tfds.features.ClassLabel):
        return {"label"}
    if isinstance(feature, tfds.features.Text):
        return {"text"}
    if isinstance(feature, tfds.features.Tensor) and feature.shape == ():
        kind = np.dtype(feature.np_dtype).kind
        return {"number"} if kind in "iuf" else {"text"} if kind in "OSU" else set()
    return set()


def _rows(
    builder: tfds.core.DatasetBuilder,
    split: str,
    names: dict[str, str],
    label: str,
    classes: tuple[str, ...],
) -> tuple[Rows, int]:
    """A split's rows, and how many had no label; no rows where none has one."""
    rows: Rows = {name: [] for name in names}
    unlabelled = 0
    for path in builder.info.splits[split].filepaths:
        for record in _records(Path(path)):
            feature = EXAMPLE.FromString(record).features.feature
            values = {name: _scalar(feature[names[name]]) for name in names}
            if label in values:
                if values[label] < 0:  # how TFDS marks the hidden labels of a competition
                    unlabelled += 1
                    continue
                values[label] = classes[values[label]]
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


def _scalar(feature: Any) -> Any:
    value = getattr(feature, feature.WhichOneof("kind")).value[0]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
