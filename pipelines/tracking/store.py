"""MLflow's store: SQLite in `mlruns/`, artifacts beside it."""

from __future__ import annotations

import fcntl
import functools
import logging
import os
from collections.abc import Generator
from contextlib import contextmanager

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")

os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

import mlflow
from mlflow import MlflowClient

from pipelines.runtime import paths

# Their INFO messages (migrations, "created version 3") do not concern the user.
for _name in ("mlflow", "alembic", "mlflow.store.db.utils"):
    logging.getLogger(_name).setLevel(logging.WARNING)


def uri() -> str:
    """The address of the tracking store and the registry."""
    return f"sqlite:///{paths.mlruns() / 'mlflow.db'}"


@contextmanager
def exclusively() -> Generator[None]:
    """Holds a lock between processes, where the locks of SQLite do not suffice.

    Without it, two first runs would both create the tables, and two new versions would both replace
    the champion that each was compared with.
    """
    paths.mlruns().mkdir(parents=True, exist_ok=True)
    with (paths.mlruns() / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def client() -> MlflowClient:
    """A client of the store, which is created if it does not exist."""
    address = uri()
    # MLflow's fluent functions use a global address, which another project may have changed.
    if mlflow.get_tracking_uri() != address:
        mlflow.set_tracking_uri(address)
        mlflow.set_registry_uri(address)
    return _connect(address)


@functools.cache
def _connect(address: str) -> MlflowClient:
    with exclusively():
        return MlflowClient(address)


def experiment(name: str) -> str:
    """The id of the experiment of that name, which is created if it does not exist."""
    store = client()
    with exclusively():
        existing = store.get_experiment_by_name(name)
        if existing:
            return existing.experiment_id
        folder = paths.mlruns() / "artifacts" / name
        # Without it the MLflow UI opens the pages for language-model applications.
        kind = {"mlflow.experimentKind": "custom_model_development"}
        return store.create_experiment(name, artifact_location=folder.as_uri(), tags=kind)
