"""Training runs in MLflow."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from matplotlib.figure import Figure
from mlflow.entities import Dataset, DatasetInput, Metric, Param, RunTag

from pipelines.config import Config
from pipelines.data.examples import Examples, Provenance
from pipelines.runtime.errors import UserError
from pipelines.tracking import store

FAILURE = "failure"
"""Tag of a failed run: the error."""


def code_version() -> str:
    """The commit of the code, with `+` if files have changed since; `unknown` outside git."""
    try:
        commit = _git("rev-parse", "--short=12", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return commit + ("+" if changed else "")


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(Path(__file__).parent), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def tags(config: Config, provenance: Provenance) -> dict[str, str]:
    """The tags by which runs are grouped and filtered in the UI."""
    model = config.model
    return {
        "task": config.task,
        "mode": model.mode,
        "cell": model.cell,
        "bidirectional": str(model.bidirectional).lower(),
        "attention": model.attention,
        "source": provenance.source,
        "dataset": provenance.name,
        "dataset_version": provenance.version,
        "dataset_digest": provenance.digest,
        "code_version": code_version(),
        "mlflow.source.name": f"make train TASK={config.task}",
        "mlflow.source.type": "LOCAL",
    }


def run_name(config: Config) -> str:
    """A short name of the settings that distinguish runs."""
    model = config.model
    parts = [f"{model.layers}x" if model.layers > 1 else "", model.cell]
    parts += ["bidirectional" if model.bidirectional else ""]
    parts += [model.pooling if model.attention == "none" else model.attention]
    return " ".join(part for part in [*parts, f"seed {config.training.seed}"] if part)


class Run:
    """A run that is being logged. As a context manager it ends as finished, failed or killed.

    Args:
        run_id: of an existing run.

    Attributes:
        interrupted: whether the training was stopped, so that the run ends as killed.
    """

    def __init__(self, run_id: str):
        self.id = run_id
        self.client = store.client()
        self.interrupted = False

    @classmethod
    def start(cls, config: Config, examples: Examples) -> Run:
        """Creates a run and logs configuration, tags and data set."""
        client = store.client()
        created = client.create_run(
            store.experiment(config.task),
            tags=tags(config, examples.provenance),
            run_name=run_name(config),
        )
        run = cls(created.info.run_id)
        params = [Param(name, str(value)) for name, value in config.flat().items()]
        client.log_batch(run.id, params=params)
        # MLflow looks up and creates the data set in two steps; two runs would both create it.
        with store.exclusively():
            client.log_inputs(run.id, [DatasetInput(_dataset(examples))])
        run.json("config.json", config.flat())
        return run

    def __enter__(self) -> Run:
        self.client.update_run(self.id, status="RUNNING")
        if FAILURE in self.client.get_run(self.id).data.tags:  # of an earlier attempt
            self.client.delete_tag(self.id, FAILURE)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            status = "KILLED" if self.interrupted else "FINISHED"
        elif issubclass(kind, KeyboardInterrupt):
            status = "KILLED"
        else:
            status = "FAILED"
            self.client.set_tag(self.id, FAILURE, str(error)[:500])
        self.client.set_terminated(self.id, status)

    def metrics(self, values: Mapping[str, float], step: int = 0) -> None:
        """Logs metrics in one request; returns when they are stored."""
        now = int(time.time() * 1000)
        batch = [Metric(name, float(value), now, step) for name, value in values.items()]
        self.client.log_batch(self.id, metrics=batch)

    def tags(self, values: Mapping[str, str]) -> None:
        """Sets tags."""
        batch = [RunTag(name, str(value)) for name, value in values.items()]
        self.client.log_batch(self.id, tags=batch)

    def text(self, file: str, content: str) -> None:
        """Logs a text as an artifact."""
        self.client.log_text(self.id, content, file)

    def json(self, file: str, content: Mapping[str, Any]) -> None:
        """Logs a dictionary as a JSON artifact."""
        self.client.log_dict(self.id, dict(content), file)

    def figure(self, file: str, figure: Figure) -> None:
        """Logs a figure as an artifact."""
        self.client.log_figure(self.id, figure, file, save_kwargs={"dpi": 110})

    def folder(self, folder: Path, name: str) -> None:
        """Logs the files of a folder as artifacts under `name`."""
        self.client.log_artifacts(self.id, str(folder), name)

    def read(self, file: str) -> str:
        """The content of a text artifact."""
        with tempfile.TemporaryDirectory() as scratch:
            path = self.client.download_artifacts(self.id, file, scratch)
            return Path(path).read_text("utf-8")

    def fetch(self, name: str, into: Path) -> Path:
        """Downloads an artifact folder of the run.

        Args:
            name: of the artifact folder.
            into: an existing folder.

        Returns:
            The downloaded folder.

        Raises:
            UserError: the run has no such folder.
        """
        if not self.client.list_artifacts(self.id, name):
            raise UserError(
                f"run {self.id} has no {name}, because it ended before the first epoch was"
                " complete; train again, or choose another run with RUN=."
            )
        return Path(self.client.download_artifacts(self.id, name, str(into)))


def _dataset(examples: Examples) -> Dataset:
    provenance = examples.provenance
    sizes = {f"num_{split}": examples.size(split) for split in examples.splits}
    source = {"source": provenance.source, "name": provenance.name, "version": provenance.version}
    return Dataset(
        name=Path(provenance.name).name[:250],
        digest=provenance.digest,
        source_type=provenance.source,
        source=json.dumps(source),
        profile=json.dumps(sizes),
    )


def find(task: str, run_id: str = "") -> Run:
    """Finds a run of a task.

    Args:
        task: its name.
        run_id: the id of the run or its beginning; empty for the latest finished run.

    Raises:
        UserError: there is no such run, or several begin with `run_id`.
    """
    client = store.client()
    experiment = client.get_experiment_by_name(task)
    runs = client.search_runs([experiment.experiment_id]) if experiment else []
    if run_id:
        runs = [run for run in runs if run.info.run_id.startswith(run_id)]
        missing = f"there is no run '{run_id}' of task {task}; run make ui to list the runs."
    else:
        runs = [run for run in runs if run.info.status == "FINISHED"]
        missing = f"there is no finished run of task {task}; run make train TASK={task}."
    if not runs:
        raise UserError(missing)
    if run_id and len(runs) > 1:
        ids = ", ".join(run.info.run_id[:8] for run in runs)
        raise UserError(f"several runs of task {task} start with '{run_id}': {ids}.")
    return Run(runs[0].info.run_id)
