"""`make serve`: the local server on the exports."""

from __future__ import annotations

from pipelines import paths
from pipelines.server import serve
from pipelines.stages import Request


def run(request: Request) -> None:
    """Serves all exports, or those of one task, until it is told to stop."""
    options = request.options
    model = request.task.name if request.task else None
    serve(paths.exports(), model, options["host"], options["port"])
