"""Starts and stops the server."""

from __future__ import annotations

import gc
import json
import logging
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any, NoReturn

from pipelines.runtime.allocator import keep_freed_memory
from pipelines.runtime.errors import UserError, unknown
from pipelines.runtime.process import quietly
from pipelines.runtime.saved_model import EXAMPLE
from pipelines.serving.server.disk import scan
from pipelines.serving.server.openapi import curl

SECONDS_TO_FINISH = 3  # for unfinished requests when the server is stopped


def serve(exports: Path, model: str | None, host: str, port: int) -> None:
    """Serves exported models until SIGTERM or SIGINT, then ends the process with code 0.

    Args:
        exports: folder of the models: `<model>/<version>/saved_model.pb`.
        model: the one model to serve, or None for all.
        host: address to bind to.
        port: to bind to; 0 for any free one.

    Raises:
        UserError: nothing to serve, or the address is taken.
    """
    _check_exports(exports, model)
    # Before TensorFlow is loaded, so that a busy port is reported at once.
    listener = _bind(host, port)
    for each in (signal.SIGTERM, signal.SIGINT):
        # Until uvicorn installs its handlers, and when it raises the signal again at the end.
        signal.signal(each, lambda *_: sys.exit(0))
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    _run(exports, model, listener)


def _check_exports(exports: Path, model: str | None) -> None:
    names = scan(exports, None)
    if not names:
        raise UserError(f"no export yet: run make train TASK={model or 'sentiment'}.")
    if model is not None and model not in names:
        hint = unknown("export", model, names)
        raise UserError(f"no export yet of '{model}': run make train TASK={model}. ({hint})")


def _bind(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, OverflowError) as error:
        raise UserError(f"cannot serve on {host}:{port}: {error}.") from None
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise UserError(
            f"cannot serve on {host}:{port}: {error.strerror}. Choose another with PORT=."
        ) from None
    return listener


def _run(exports: Path, model: str | None, listener: socket.socket) -> NoReturn:
    import uvicorn

    keep_freed_memory()
    with quietly():
        from pipelines.serving.server.app import create_app

    class Announced(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            print(_announcement(exports, model, listener), flush=True)

    # Modules are never freed; without this each garbage collection would scan them for 0.1 s.
    gc.collect()
    gc.freeze()
    config = uvicorn.Config(
        create_app(exports, model),
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=SECONDS_TO_FINISH,
    )
    code: Any = 0
    try:
        Announced(config).run(sockets=[listener])
    except SystemExit as end:
        code = end.code
    # A normal exit would wait for threads in TensorFlow, which cannot be interrupted.
    logging.shutdown()
    sys.stdout.flush()
    os._exit(code if isinstance(code, int) else 0)


def _announcement(exports: Path, model: str | None, listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    versions = scan(exports, model)
    lines = [f"Serving {', '.join(sorted(versions))} on {url} (documentation: {url}/docs)"]
    name = min(versions)
    newest = versions[name][max(versions[name])]
    example = newest.path / EXAMPLE
    try:
        lines.append(curl(url, name, json.loads(example.read_text("utf-8")), str(example)))
    except (OSError, ValueError):  # missing or invalid, which the status of the model reports
        lines.append(f"curl {url}/")
    return "\n".join(lines)
