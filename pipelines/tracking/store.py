"""Where MLflow keeps its records: SQLite inside `mlruns/`, artifacts beside it."""

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

from pipelines import paths

# What these print at INFO (migrations, "created version 3") is nothing that a user asked for.
for _name in ("mlflow", "alembic", "mlflow.store.db.utils"):
    logging.getLogger(_name).setLevel(logging.WARNING)


def uri() -> str:
    """The address of the tracking store and the registry."""
    return f"sqlite:///{paths.mlruns() / 'mlflow.db'}"


@contextmanager
def exclusively() -> Generator[None]:
    """Holds a lock between processes, for what SQLite's own does not cover.

    That is the making of the tables by two first runs at once, and the comparison with the
    champion followed by its replacement.
    """
    paths.mlruns().mkdir(parents=True, exist_ok=True)
    with (paths.mlruns() / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def client() -> MlflowClient:
    """A client of the store, which is made where it does not exist yet."""
    address = uri()
    # MLflow's fluent calls go where the process points; a project opened in between moved it.
    if mlflow.get_tracking_uri() != address:
        mlflow.set_tracking_uri(address)
        mlflow.set_registry_uri(address)
    return _connect(address)


@functools.cache
def _connect(address: str) -> MlflowClient:
    with exclusively():
        return MlflowClient(address)


def experiment(name: str) -> str:
    """The id of the experiment of that name, made where it does not exist yet."""
    store = client()
    with exclusively():
        found = store.get_experiment_by_name(name)
        if found:
            return found.experiment_id
        folder = paths.mlruns() / "artifacts" / name
        # Without it MLflow's pages open on those for language-model applications.
        kind = {"mlflow.experimentKind": "custom_model_development"}
        return store.create_experiment(name, artifact_location=folder.as_uri(), tags=kind)
