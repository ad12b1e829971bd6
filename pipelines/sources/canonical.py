"""The source `canonical`: a public data set of the TFDS catalogue, or one of ours, by name."""

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

from pipelines.errors import UserError, unknown
from pipelines.examples import Examples
from pipelines.sources import prepared
from pipelines.sources.assemble import assemble

if TYPE_CHECKING:
    from pipelines.config import DataSettings
    from pipelines.task import Task

SECONDS = 5
OURS = ("multi30k",)
"""Public data sets that TFDS lacks: packages of `pipelines.datasets` that download them. To import
their builder makes it known to TFDS. Its `ADDRESSES` are where it downloads from."""


def load(task: Task, settings: DataSettings, seed: int) -> Examples:
    """A TFDS data set's examples, downloaded and prepared first where they are not here.

    Args:
        task: whose columns are wanted.
        settings: `dataset` the TFDS name, with `/config` and `:version` where wanted.
        seed: of the splits that the data set lacks.

    Raises:
        UserError: no such data set, no such features, or it is not here and cannot be had.
    """
    with prepared.quiet():
        builder = _builder(settings.dataset)
        # Asked before anything is downloaded: a refusal costs nothing.
        names = prepared.columns(builder, task, settings)
        if not prepared.is_here(builder):
            _prepare(builder)
        label = next((c.name for c in task.problem.columns if c.kind == "label"), "")
        raw = prepared.read(builder, names, label)
    return assemble(
        task,
        raw,
        settings,
        seed,
        "canonical",
        version=str(builder.version),
        licence=builder.info.redistribution_info.license,
    )


def _builder(name: str) -> tfds.core.DatasetBuilder:
    """The builder of that name, over our own folder, or over TFDS's where it is prepared there."""
    if name.partition(":")[2][:1].isalpha():
        raise UserError(
            f"DATASET={name}: only the catalogue of TFDS itself is known here, and what follows a "
            f"colon is a version, such as imdb_reviews:1.0.0."
        )
    base = re.split("[/:]", name)[0]
    if base in OURS:
        importlib.import_module(f"pipelines.datasets.{base}.{base}_dataset_builder")
    try:
        own = tfds.builder(name, data_dir=prepared.folder(), try_gcs=False)
        if prepared.is_here(own):
            return own
        shared = tfds.builder(name, try_gcs=False)
    except tfds.core.registered.DatasetNotFoundError:
        known = tfds.list_builders(with_community_datasets=False)
        error = unknown("TFDS data set", base, [*known, *OURS])
        # All 1,300 names would not be an answer; the suggestion is.
        hint = str(error).split(" Choices:")[0]
        raise UserError(
            f"DATASET: {hint} Examples: imdb_reviews, glue/sst2, ag_news_subset; all are listed "
            f"by `tfds.list_builders()`."
        ) from None
    except (AssertionError, ValueError) as error:
        # What TFDS raises for a version or configuration that the data set does not have.
        own_words = _line(error).rpartition('}": ')[2]
        configurations = ", ".join(tfds.builder_cls(base).builder_configs)
        choices = f" Its configurations: {configurations}." if configurations else ""
        raise UserError(
            f"DATASET={name}: {own_words.split('. Here are')[0].rstrip('.')}.{choices}"
        ) from error
    return shared if prepared.is_here(shared) else own


def _prepare(builder: tfds.core.DatasetBuilder) -> None:
    name = builder.info.full_name
    way_out = (
        f"Prepare it where there is a connection (DATASET={_setting(builder)}) and copy that "
        f"folder to {builder.data_dir}, or use your own data: DATA=path, or the embedded set: no "
        f"DATASET."
    )
    instructions = " ".join((builder.MANUAL_DOWNLOAD_INSTRUCTIONS or "").split())
    by_hand = UserError(f"{name} can only be downloaded by hand: {instructions}")
    # One with addresses may need files of its reader's in other configurations alone, as WMT does.
    if instructions and not builder.url_infos:
        raise by_hand
    # Some data sets are made, not downloaded: they list no addresses.
    addresses = [*(builder.url_infos or ()), *getattr(builder, "ADDRESSES", ())]
    urls = {urlsplit(url).netloc: url for url in addresses}
    hosts = ", ".join(sorted(urls))
    if urls and not _reachable(urls.values()):
        raise UserError(f"{name} is not prepared here, and {hosts} cannot be reached. {way_out}")
    source = f"downloading {name} from {hosts}" if hosts else f"preparing {name}"
    print(f"{source} to {prepared.folder()} (once)", file=sys.stderr)
    try:
        prepared.prepare(builder)
    except AssertionError as error:
        if not instructions:
            raise
        raise by_hand from error  # what TFDS raises where these files are missing
    except ImportError as error:
        raise UserError(f"{name} needs a package that is not installed: {_line(error)}") from error
    except (
        OSError,
        tfds.download.DownloadError,
        tfds.core.download.download_manager.NonMatchingChecksumError,
    ) as error:
        raise UserError(f"{name} could not be downloaded: {_line(error)} {way_out}") from error


def _setting(builder: tfds.core.DatasetBuilder) -> str:
    """The builder's name as it is written in the setting `dataset`."""
    return builder.info.full_name.rpartition("/")[0]


def _reachable(urls: Iterable[str]) -> bool:
    """Whether one of the addresses answers; TFDS itself would try for minutes."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        return any(pool.map(_answers, urls))


def _answers(url: str) -> bool:
    request = urllib.request.Request(url, method="HEAD")
    try:
        with urllib.request.urlopen(request, timeout=SECONDS):
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500  # from the host; a proxy that cannot get through says 5xx
    except (OSError, http.client.HTTPException):
        return False


def _line(error: Exception) -> str:
    """An exception's message in one line."""
    return " ".join(str(error).split())[:300]
