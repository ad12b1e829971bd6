"""`make ui`: the runs in the MLflow UI."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pipelines.stages import Request
from pipelines.tracking import store


def run(request: Request) -> None:
    """Replaces this process by the MLflow server with one worker."""
    store.client()  # creates the database if necessary
    host, port = request.options["host"], str(request.options["port"])
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", store.uri()]
    command += ["--host", host, "--port", port, "--workers", "1"]
    print(f"MLflow: http://{host}:{port}", flush=True)
    os.execv(sys.executable, command)
