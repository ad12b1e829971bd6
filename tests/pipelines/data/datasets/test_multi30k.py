import gzip
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pipelines import tasks
from pipelines.config import DataSettings
from pipelines.data.datasets.multi30k import multi30k_dataset_builder as module
from pipelines.data.sources import canonical, load, prepared
from pipelines.runtime.errors import UserError

SIZES = {"train": 12, "validation": 3, "test": 2}


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """The files of the authors in small; the URLs that were asked for are collected."""
    monkeypatch.setattr(module, "SIZES", SIZES)
    asked = []

    def download(wanted):
        asked.extend(wanted.values())
        found = {}
        for name in wanted:
            split, language = name.split(".")
            text = "".join(f"{language} {split} {i}.\n" for i in range(SIZES[split]))
            found[name] = tmp_path / f"{name}.gz"
            found[name].write_bytes(gzip.compress(text.encode()))
        return found

    def generators(builder, dl_manager):
        del dl_manager
        return real(builder, cast("Any", SimpleNamespace(download=download)))

    real = module.Builder._split_generators
    monkeypatch.setattr(module.Builder, "_split_generators", generators)
    monkeypatch.setattr(prepared.paths, "data", lambda: tmp_path / "data")
    monkeypatch.setattr(canonical, "_reachable", lambda urls: True)
    return asked


def test_its_name_is_enough_for_the_official_splits(fake):
    settings = DataSettings(dataset="multi30k")
    examples = load(tasks.get("translate"), settings, 0)
    assert {split: examples.size(split) for split in SIZES} == SIZES
    assert examples.provenance.version == "1.0.0"
    pairs = sorted(zip(*(examples.splits["test"][n] for n in ("text", "target")), strict=True))
    assert pairs == [("de test 0.", "en test 0."), ("de test 1.", "en test 1.")]
    assert sorted(fake) == sorted(module.Builder.ADDRESSES)
    assert all(url.startswith("https://raw.githubusercontent.com/multi30k/") for url in fake)
    fake.clear()
    settings = DataSettings(dataset="multi30k", text="en", target="de")
    assert load(tasks.get("translate"), settings, 0).splits["test"]["text"][0].startswith("en ")
    assert not fake, "what is prepared is not downloaded again"


def test_without_a_connection_it_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(prepared.paths, "data", lambda: tmp_path)
    monkeypatch.setattr(canonical, "_reachable", lambda urls: False)
    with pytest.raises(UserError, match=r"raw\.githubusercontent\.com cannot be reached") as caught:
        load(tasks.get("translate"), DataSettings(dataset="multi30k"), 0)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (gzip.compress(b"one\ntwo\n"), "has 2 lines, not the 3"),
        (b"<html>", "is not a compressed text"),
        (gzip.compress(b"\xff\n"), "is not a compressed text"),
    ],
    ids=["too short", "no archive", "no UTF-8"],  # gzip's bytes hold the time: no name for a test
)
def test_another_content_is_refused(content, said, tmp_path):
    file = Path(tmp_path / "train.de.gz")
    file.write_bytes(content)
    with pytest.raises(OSError, match=said):
        module.lines(file, 3)
