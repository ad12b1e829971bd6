"""Builder of `physiotherapy_watch`, from the package that the recordings ship in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import tensorflow_datasets as tfds

from pipelines.data.datasets.builder import EmbeddedBuilder, read_member
from pipelines.data.datasets.physiotherapy_watch.layout import read_object

MEMBER = "seglearn/data/watch_dataset.npy"

CHANNELS = ("ax", "ay", "az", "wx", "wy", "wz")
"""Acceleration and angular velocity along and about the axes of the watch."""

RATE = 50
"""Readings in a second."""

EXERCISES = {
    "PEN": "pendulum",
    "ABD": "abduction",
    "FEL": "forward elevation",
    "IR": "internal rotation",
    "ER": "external rotation",
    "TRAP": "trapezius extension",
    "ROW": "upright row",
}
"""How the package calls an exercise -> what Burns et al. 2018 call it."""

SIDES = ("left", "right")


class Builder(EmbeddedBuilder):
    """Readings of a smartwatch during shoulder exercises, and which exercise it was."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES: ClassVar[dict[str, str]] = {
        "1.0.0": "All 140 recordings, whole; to be split by subject."
    }
    PACKAGE: ClassVar[dict[str, str]] = {
        "name": "seglearn",
        "version": "1.2.5",
        "filename": "seglearn-1.2.5-py3-none-any.whl",
        "sha256": "ec6b952c85c9627050102854b372d85951563d3b990df677d7c55547e87413dd",
    }

    def _info(self) -> tfds.core.DatasetInfo:
        return self.describe(
            {
                "readings": tfds.features.Tensor(shape=(None, len(CHANNELS)), dtype=np.float32),
                "label": tfds.features.ClassLabel(names=list(EXERCISES.values())),
                "subject": tfds.features.Text(),
                "side": tfds.features.Text(),
            },
            supervised_keys=("readings", "label"),
            homepage="https://github.com/dmbee/seglearn",
            license="BSD 3-Clause",
        )

    def parts(self, archive: Path) -> dict[str, Iterator[Recording]]:
        """All recordings as one split, see `EmbeddedBuilder.parts`."""
        return {"train": read(archive)}

    def _generate_examples(
        self, recordings: Iterator[Recording]
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        for number, recording in enumerate(recordings):
            yield number, recording._asdict()


class Recording(NamedTuple):
    """One exercise of one subject, done some twenty times with one arm.

    Attributes:
        readings: float32 `[time, 6]`, a column for each of `CHANNELS`.
        label: the exercise.
        subject: who did it, a number as text.
        side: of the arm, `left` or `right`.
    """

    readings: np.ndarray
    label: str
    subject: str
    side: str


def read(archive: Path) -> Iterator[Recording]:
    """The recordings, in the order of the package.

    Args:
        archive: the wheel. One member of it is read; nothing is unpacked, unpickled or run.

    Raises:
        ValueError: the archive does not hold the recordings.
    """
    data = read_object(read_member(archive, MEMBER))
    if tuple(data["X_labels"]) != CHANNELS:
        raise ValueError(f"{MEMBER} has the channels {data['X_labels']}")
    names = [EXERCISES[short] for short in data["y_labels"]]
    for readings, label, subject, side in zip(
        data["X"], data["y"], data["subject"], data["side"], strict=True
    ):
        own = readings.astype(np.float32)
        yield Recording(own, names[label], str(subject), SIDES[int(side)])
