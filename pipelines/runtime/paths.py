"""Folders of the project, below the one that `make` was called in."""

from __future__ import annotations

import os
from pathlib import Path


def root() -> Path:
    """The project folder: `UNROLLED_ROOT` if it is set (in tests), otherwise the current one."""
    return Path(os.environ.get("UNROLLED_ROOT", ".")).resolve()


def data() -> Path:
    """Prepared data sets, and the packages that they are read from."""
    return root() / "data"


def exports() -> Path:
    """SavedModels: `exports/<task>/<version>/`."""
    return root() / "exports"


def mlruns() -> Path:
    """MLflow's database, artifacts, and the checkpoints of unfinished runs."""
    return root() / "mlruns"
