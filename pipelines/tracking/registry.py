"""Registered versions and their champion."""

from __future__ import annotations

import importlib.metadata
import warnings
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.models import Model, infer_signature

from pipelines.tracking import store

CHAMPION = "champion"
SAVED_MODEL = "saved_model"


@dataclass(frozen=True)
class Champion:
    """The version that serves best so far.

    Attributes:
        version: in the registry.
        saved_model: folder of its SavedModel.
        run_id: where it was trained.
    """

    version: int
    saved_model: Path
    run_id: str


def register(
    name: str,
    run_id: str,
    saved_model: Path,
    example: Mapping[str, Any],
    answer: Mapping[str, Any],
    requires: Sequence[str] = (),
) -> int:
    """Logs a SavedModel as a model that MLflow can load and serve, and registers it.

    Args:
        name: in the registry.
        run_id: the run that it belongs to.
        saved_model: folder of the verified SavedModel.
        example: a raw input, a value for each column.
        answer: what the SavedModel says to it, a value (perhaps a list) for each column.
        requires: packages that the SavedModel's operations are from, beside TensorFlow.

    Returns:
        The version.
    """
    client = store.client()
    needed = ["mlflow", "tensorflow", "pandas", *requires]
    listed = {n: v.tolist() if hasattr(v, "tolist") else v for n, v in example.items()}
    requests, answers = pd.DataFrame([listed]), pd.DataFrame([dict(answer)])
    with _active(run_id), warnings.catch_warnings():
        # It misses an input example, by which it would infer the signature that we give.
        warnings.filterwarnings("ignore", message=".*input example was not provided")
        # Numbers of steps are whole, and none is ever missing.
        warnings.filterwarnings("ignore", message=".*schema contains integer column")
        info = mlflow.pyfunc.log_model(
            name="model",
            python_model=str(Path(__file__).parent / "pyfunc.py"),
            artifacts={SAVED_MODEL: str(saved_model)},
            signature=infer_signature(requests, answers),
            pip_requirements=[f"{p}=={importlib.metadata.version(p)}" for p in needed],
        )
    with store.exclusively():
        if not client.search_registered_models(f"name='{name}'"):
            client.create_registered_model(name)
        made = client.create_model_version(name, info.model_uri, run_id, model_id=info.model_id)
    return int(made.version)


@contextmanager
def _active(run_id: str) -> Generator[None]:
    """Makes a run the one that MLflow logs to, and leaves its state as it was."""
    client = store.client()
    before = client.get_run(run_id).info
    try:
        with mlflow.start_run(run_id=run_id):
            yield
    finally:  # MLflow has marked it finished, or failed
        if before.end_time is None:
            client.update_run(run_id, status=before.status)
        else:
            client.set_terminated(run_id, before.status, before.end_time)


def champion(name: str) -> Champion | None:
    """The present champion of that name, if there is one."""
    found = _aliased(name)
    if found is None:
        return None
    folder = Path(mlflow.artifacts.download_artifacts(f"models:/{name}@{CHAMPION}"))
    flavor = Model.load(str(folder)).flavors["python_function"]
    saved_model = folder / flavor["artifacts"][SAVED_MODEL]["path"]
    return Champion(int(found.version), saved_model, found.run_id or "")


def judged(name: str) -> tuple[int, Mapping[str, str]] | None:
    """The champion's version and what it was judged by, if there is one; fetches nothing."""
    found = _aliased(name)
    return None if found is None else (int(found.version), dict(found.tags))


def _aliased(name: str) -> ModelVersion | None:
    try:
        return store.client().get_model_version_by_alias(name, CHAMPION)
    except MlflowException as error:
        # MLflow has no query that answers "none": an unknown name or alias is an error.
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise


def promote(name: str, version: int) -> None:
    """Makes a version the champion."""
    store.client().set_registered_model_alias(name, CHAMPION, str(version))


def describe(name: str, version: int, tags: Mapping[str, str]) -> None:
    """Tags a version with what it was judged by."""
    client = store.client()
    for tag, value in tags.items():
        client.set_model_version_tag(name, str(version), tag, value)
