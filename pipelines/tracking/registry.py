"""The model registry: versions, and the champion among them."""

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
    """The best registered version so far.

    Attributes:
        version: its number in the registry.
        saved_model: folder of its SavedModel.
        run_id: the run that trained it.
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
        name: of the model in the registry.
        run_id: the run that trained it.
        saved_model: folder of the verified SavedModel.
        example: a raw input, a value for each column.
        answer: the SavedModel's answer to it, a value or list for each output.
        requires: packages besides TensorFlow that have operations of the SavedModel.

    Returns:
        The number of the version.
    """
    client = store.client()
    packages = ["mlflow", "tensorflow", "pandas", *requires]
    row = {n: v.tolist() if hasattr(v, "tolist") else v for n, v in example.items()}
    requests, answers = pd.DataFrame([row]), pd.DataFrame([dict(answer)])
    with _active(run_id), warnings.catch_warnings():
        # MLflow misses an input example, but the signature is given.
        warnings.filterwarnings("ignore", message=".*input example was not provided")
        # Integer columns such as the number of steps are never missing.
        warnings.filterwarnings("ignore", message=".*schema contains integer column")
        info = mlflow.pyfunc.log_model(
            name="model",
            python_model=str(Path(__file__).parent / "pyfunc.py"),
            artifacts={SAVED_MODEL: str(saved_model)},
            signature=infer_signature(requests, answers),
            pip_requirements=[f"{p}=={importlib.metadata.version(p)}" for p in packages],
        )
    with store.exclusively():
        if not client.search_registered_models(f"name='{name}'"):
            client.create_registered_model(name)
        version = client.create_model_version(name, info.model_uri, run_id, model_id=info.model_id)
    return int(version.version)


@contextmanager
def _active(run_id: str) -> Generator[None]:
    """Makes MLflow log to a run, and restores the run's status afterwards."""
    client = store.client()
    before = client.get_run(run_id).info
    try:
        with mlflow.start_run(run_id=run_id):
            yield
    finally:  # MLflow has set it to finished or failed
        if before.end_time is None:
            client.update_run(run_id, status=before.status)
        else:
            client.set_terminated(run_id, before.status, before.end_time)


def champion(name: str) -> Champion | None:
    """The current champion of a model, with its files, or None if there is none."""
    version = _champion_version(name)
    if version is None:
        return None
    folder = Path(mlflow.artifacts.download_artifacts(f"models:/{name}@{CHAMPION}"))
    flavor = Model.load(str(folder)).flavors["python_function"]
    saved_model = folder / flavor["artifacts"][SAVED_MODEL]["path"]
    return Champion(int(version.version), saved_model, version.run_id or "")


def champion_tags(name: str) -> tuple[int, Mapping[str, str]] | None:
    """Number and tags of the current champion, None if there is none; without a download."""
    version = _champion_version(name)
    return None if version is None else (int(version.version), dict(version.tags))


def _champion_version(name: str) -> ModelVersion | None:
    try:
        return store.client().get_model_version_by_alias(name, CHAMPION)
    except MlflowException as error:
        # MLflow raises an error for an unknown name or alias.
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise


def promote(name: str, version: int) -> None:
    """Makes a version of a model its champion."""
    store.client().set_registered_model_alias(name, CHAMPION, str(version))


def describe(name: str, version: int, tags: Mapping[str, str]) -> None:
    """Tags a version with the metrics and the data that it was evaluated on."""
    client = store.client()
    for tag, value in tags.items():
        client.set_model_version_tag(name, str(version), tag, value)
