import subprocess
import sys

import numpy as np
import pytest

from pipelines.config import DataSettings
from pipelines.data.datasets.fetching import installer, packages
from pipelines.data.datasets.movie_sentences import movie_sentences_dataset_builder as module
from pipelines.data.sources import load
from pipelines.data.sources.prepared import _records
from pipelines.data.splits import fingerprint
from pipelines.runtime import paths
from pipelines.runtime.errors import UserError
from tests.pipelines.data.datasets.fakes import movie_sentences as fake
from tests.pipelines.data.sources.conftest import texts


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder of package files that holds one like the real one."""
    monkeypatch.setenv("UNROLLED_ROOT", str(tmp_path / "project"))
    folder = tmp_path / "files"
    folder.mkdir()
    sha256 = fake.build(folder / module.Builder.PACKAGE["filename"])
    monkeypatch.setitem(module.Builder.PACKAGE, "sha256", sha256)
    monkeypatch.setattr(packages, "places", lambda: installer.Places((str(folder),), ()))
    return folder


def test_from_the_package_to_examples(index, make_task, capsys):
    examples = load(make_task(), DataSettings())
    assert {split: examples.size(split) for split in examples.splits} == fake.SIZES
    assert examples.labels == ("negative", "positive")
    for columns in examples.splits.values():
        assert columns["text"].dtype == object and isinstance(columns["text"][0], str)
        assert columns["rating"].dtype == np.float32
        assert ((columns["rating"] > 0) == columns["label"]).all()
        assert set(columns["label"]) == {0, 1}
    prints = [fingerprint(text) for text in texts(examples)]
    assert len(set(prints)) == len(prints)
    source = examples.provenance
    assert (source.source, source.name, source.version) == ("embedded", "movie_sentences", "1.0.0")
    assert source.licence == "MIT"
    assert source.removed == fake.REMOVED
    assert capsys.readouterr().out == ""


def test_a_second_load_needs_neither_package_nor_tensorflow(index, make_task):
    first = load(make_task(), DataSettings())
    for path in (paths.data() / "packages").iterdir():
        path.unlink()
    code = (
        "import sys\n"
        "from pipelines.tasks import get\n"
        "from pipelines.config import DataSettings\n"
        "from pipelines.data.sources import load\n"
        "print(load(get('sentiment'), DataSettings()).provenance)\n"
        "assert 'tensorflow' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == str(first.provenance), done.stderr


def test_without_the_package_it_says_what_to_do(index, make_task, capsys):
    (index / module.Builder.PACKAGE["filename"]).unlink()
    with pytest.raises(UserError) as caught:
        load(make_task(), DataSettings())
    message = str(caught.value)
    assert "\n" not in message
    for part in (module.Builder.PACKAGE["filename"], str(paths.data() / "packages"), "DATA="):
        assert part in message


def test_a_cut_off_file_is_named(index, make_task, tmp_path):
    load(make_task(), DataSettings())
    file = next((paths.data() / "tfds").glob("movie_sentences/*/*train.tfrecord*"))
    file.write_bytes(file.read_bytes()[:-7])
    with pytest.raises(UserError, match="is truncated; remove"):
        list(_records(file))
