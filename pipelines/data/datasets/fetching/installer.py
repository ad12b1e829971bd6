"""Where this environment's installers get packages from: their configuration, asked for.

pip and uv are asked rather than their files read, so that environment variables, user and site
configuration count as they do for an installation, and no address is written down here.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SECONDS = 30


@dataclass(frozen=True)
class Places:
    """Where packages can be had.

    Attributes:
        links: folders or pages that name files directly (`--find-links`).
        indexes: addresses of package indexes, in the order to be asked.
        certificate: file of certificate authorities that pip trusts; empty for none.
    """

    links: tuple[str, ...]
    indexes: tuple[str, ...]
    certificate: str = ""


def places() -> Places:
    """What pip and uv are configured to use; the public index only if they would use it."""
    configured = _pip_configuration()
    links = configured.get("find-links", "").split()
    indexes = []
    if "no-index" not in configured:
        indexes += configured.get("index-url", "").split()
        indexes += configured.get("extra-index-url", "").split()
    uv_links, uv_indexes = _uv_places()
    if not uv_indexes and "index-url" not in configured and "no-index" not in configured:
        uv_indexes = _pip_default()
    return Places(
        links=tuple(dict.fromkeys(links + uv_links)),
        indexes=tuple(dict.fromkeys(url.rstrip("/") for url in indexes + uv_indexes)),
        certificate=configured.get("cert", ""),
    )


def _ask(command: list[str]) -> str:
    """What a command prints; nothing if it cannot be run or fails."""
    try:
        answer = subprocess.run(
            command,
            input="",
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            env={**os.environ, "COLUMNS": "500"},  # help texts are not to be wrapped
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout if answer.returncode == 0 else ""


def _pip(*arguments: str) -> str:
    """What pip prints: the environment's, or its base interpreter's (uv installs none)."""
    base = Path(sys.base_prefix) / ("python.exe" if os.name == "nt" else "bin/python3")
    for python in dict.fromkeys((sys.executable, str(base))):
        if answer := _ask([python, "-m", "pip", "--disable-pip-version-check", *arguments]):
            return answer
    return ""


def _pip_configuration() -> dict[str, str]:
    """The settings of pip by name, the environment's before a command's before the general ones."""
    values: dict[str, tuple[int, str]] = {}
    ranks = {"global": 0, "install": 1, "download": 2, ":env:": 3}
    for line in _pip("config", "list").splitlines():
        match = re.match(r"([^.=]+)\.([\w-]+)=('.*'|\".*\")$", line.strip())
        if not match or match[1] not in ranks:
            continue
        rank = ranks[match[1]]
        if rank >= values.get(match[2], (0, ""))[0]:
            values[match[2]] = (rank, ast.literal_eval(match[3]))
    settings = {name: value for name, (_, value) in values.items()}
    if settings.get("no-index", "").lower() in ("", "0", "false", "no", "off"):
        settings.pop("no-index", None)
    return settings


def _pip_default() -> list[str]:
    """The index that pip uses where nothing is configured, from its own help."""
    match = re.search(r"--index-url <url>.*?\(default\s+(\S+?)\)", _pip("install", "--help"), re.S)
    return [match[1]] if match else []


def _uv_places() -> tuple[list[str], list[str]]:
    """Links and indexes of uv: it writes them at the head of a list of no requirements."""
    beside = Path(sys.executable).with_name("uv")
    program = str(beside) if beside.exists() else shutil.which("uv")
    if not program:
        return [], []
    options = ["--quiet", "--no-header", "--emit-index-url", "--emit-find-links"]
    lines = _ask([program, "pip", "compile", *options, "-"]).splitlines()
    pairs = [line.split(maxsplit=1) for line in lines if line.startswith("--")]
    links = [value for name, value in pairs if name == "--find-links"]
    # uv asks the additional indexes first.
    extra = [value for name, value in pairs if name == "--extra-index-url"]
    return links, extra + [value for name, value in pairs if name == "--index-url"]
