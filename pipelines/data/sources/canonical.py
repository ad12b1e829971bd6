"""The source `canonical`: a public data set by name, of the TFDS catalogue or of `OURS`."""

from __future__ import annotations

import http.client
import importlib
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import tensorflow_datasets as tfds

from pipelines.data.examples import Examples
from pipelines.data.sources import prepared
from pipelines.runtime.errors import UserError, unknown

if TYPE_CHECKING:
    from pipelines.config import DataSettings
    from pipelines.task import Task

SECONDS = 5
OURS = ("multi30k",)
"""Public data sets that TFDS lacks: packages of `pipelines.data.datasets` whose builders download
from their `ADDRESSES`. Importing a builder registers it with TFDS."""


def load(task: Task, settings: DataSettings, seed: int) -> Examples:
    """A TFDS data set's examples, downloaded and prepared first if needed.

    Args:
        task: its columns are read.
        settings: `dataset`, the TFDS name, optionally with `/config` and `:version`.
        seed: of the splits that the data set lacks.

    Raises:
        UserError: no such data set, no such features, or it cannot be downloaded.
    """
    with prepared.quiet():
        builder = _builder(settings.dataset)
        # Checked before anything is downloaded.
        names = prepared.columns(builder, task, settings)
        if not prepared.is_here(builder):
            _prepare(builder)
        raw = prepared.read(builder, names, task.columns)
    return prepared.assembled(builder, raw, task, settings, seed, "canonical")


def _builder(name: str) -> tfds.core.DatasetBuilder:
    """The builder of that name, in the project's folder or, if it is prepared there, TFDS's."""
    if name.partition(":")[2][:1].isalpha():
        raise UserError(
            f"DATASET={name}: only data sets of the TFDS catalogue are supported, optionally"
            " with a version, such as imdb_reviews:1.0.0."
        )
    base = re.split("[/:]", name)[0]
    if base in OURS:
        importlib.import_module(f"pipelines.data.datasets.{base}.{base}_dataset_builder")
    try:
        builder = tfds.builder(name, data_dir=prepared.folder(), try_gcs=False)
        if prepared.is_here(builder):
            return builder
        shared = tfds.builder(name, try_gcs=False)
    except tfds.core.registered.DatasetNotFoundError:
        known = tfds.list_builders(with_community_datasets=False)
        error = unknown("TFDS data set", base, [*known, *OURS])
        # A list of all 1,300 names would not help; the suggestion does.
        hint = str(error).split(" Choices:")[0]
        raise UserError(
            f"DATASET: {hint} Examples: imdb_reviews, glue/sst2, ag_news_subset; all are listed "
            f"by `tfds.list_builders()`."
        ) from None
    except (AssertionError, ValueError) as error:
        # TFDS raises these for unknown versions and configurations.
        message = _line(error).rpartition('}": ')[2]
        configurations = ", ".join(tfds.builder_cls(base).builder_configs)
        choices = f" Its configurations: {configurations}." if configurations else ""
        raise UserError(
            f"DATASET={name}: {message.split('. Here are')[0].rstrip('.')}.{choices}"
        ) from error
    return shared if prepared.is_here(shared) else builder


def _prepare(builder: tfds.core.DatasetBuilder) -> None:
    name = builder.info.full_name
    alternatives = (
        f"Prepare it on a machine with an internet connection (DATASET={_setting(builder)})"
        f" and copy that folder to {builder.data_dir}, use your own data (DATA=path), or use"
        " the embedded data (no DATASET)."
    )
    instructions = " ".join((builder.MANUAL_DOWNLOAD_INSTRUCTIONS or "").split())
    manual = UserError(f"{name} can only be downloaded by hand: {instructions}")
    # Data sets with addresses may need manual downloads only in other configurations, as WMT does.
    if instructions and not builder.url_infos:
        raise manual
    # Generated data sets have no addresses.
    addresses = [*(builder.url_infos or ()), *getattr(builder, "ADDRESSES", ())]
    urls = {urlsplit(url).netloc: url for url in addresses}
    hosts = ", ".join(sorted(urls))
    if urls and not _reachable(urls.values()):
        raise UserError(
            f"{name} is not prepared on this machine, and {hosts} cannot be reached. {alternatives}"
        )
    source = f"downloading {name} from {hosts}" if hosts else f"preparing {name}"
    print(f"{source} to {prepared.folder()} (once)", file=sys.stderr)
    try:
        prepared.prepare(builder)
    except AssertionError as error:
        if not instructions:
            raise
        raise manual from error  # TFDS raises it if the files are missing
    except ImportError as error:
        raise UserError(f"{name} needs a package that is not installed: {_line(error)}") from error
    except (
        OSError,
        tfds.download.DownloadError,
        tfds.core.download.download_manager.NonMatchingChecksumError,
    ) as error:
        raise UserError(f"{name} could not be downloaded: {_line(error)} {alternatives}") from error


def _setting(builder: tfds.core.DatasetBuilder) -> str:
    """The builder's name as in the setting `dataset`."""
    return builder.info.full_name.rpartition("/")[0]


def _reachable(urls: Iterable[str]) -> bool:
    """Whether one of the addresses responds; TFDS would retry for minutes."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        return any(pool.map(_answers, urls))


def _answers(url: str) -> bool:
    request = urllib.request.Request(url, method="HEAD")
    try:
        with urllib.request.urlopen(request, timeout=SECONDS):
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500  # from the host; a proxy without a connection responds with 5xx
    except (OSError, http.client.HTTPException):
        return False


def _line(error: Exception) -> str:
    """An exception's message in one line."""
    return " ".join(str(error).split())[:300]
