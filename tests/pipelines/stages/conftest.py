"""Stages called as people call them, in this process or in one of their own."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines import cli

PROJECT = Path(__file__).parents[3]
PATIENCE = 180


@pytest.fixture
def stage(root, capfd):
    """Calls a stage in this process: (exit code, standard output, standard error)."""

    def call(*words):
        capfd.readouterr()
        code = cli.main(words)
        return code, *capfd.readouterr()

    return call


@pytest.fixture
def open_gate(monkeypatch):
    """Spares the fresh process of the parity gate, which has tests of its own."""
    from pipelines.serving import parity

    monkeypatch.setattr(parity, "check", lambda *_, **__: 33)


def start(root, *words, **options):
    """A stage in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "pipelines.cli", *words],
        cwd=PROJECT,
        env=os.environ | {"UNROLLED_ROOT": str(root)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def first_checkpoint(root, process):
    """Waits until a training has kept its first epoch; returns the id of its run."""
    folder = root / "mlruns" / "checkpoints"
    before = set(folder.glob("*/state.npz"))
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        new = set(folder.glob("*/state.npz")) - before
        if new:
            return new.pop().parent.name
        assert process.poll() is None, process.communicate()
        time.sleep(0.002)
    process.kill()
    raise AssertionError(process.communicate())


def run_of(run_id):
    from pipelines.tracking import store

    return store.client().get_run(run_id)


def runs_of_task():
    """Ids of all runs, latest first."""
    from pipelines.tracking import store

    client = store.client()
    experiment = client.get_experiment_by_name("sentiment")
    assert experiment is not None
    return [run.info.run_id for run in client.search_runs([experiment.experiment_id])]


def exports_of(root):
    folder = root / "exports" / "sentiment"
    return sorted(entry.name for entry in folder.iterdir()) if folder.exists() else []
