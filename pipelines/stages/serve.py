"""`make serve`: the local server of the exports."""

from __future__ import annotations

from pipelines.runtime import paths
from pipelines.serving.server import serve
from pipelines.stages import Request


def run(request: Request) -> None:
    """Serves all exports, or those of one task, until it is stopped."""
    options = request.options
    model = request.task.name if request.task else None
    serve(paths.exports(), model, options["host"], options["port"])
