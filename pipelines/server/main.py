"""Starts the server and stops it."""

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

from pipelines.allocator import keep_freed_memory
from pipelines.errors import UserError, unknown
from pipelines.runtime import quietly
from pipelines.server.disk import scan
from pipelines.server.openapi import curl

SECONDS_TO_FINISH = 3  # for requests in flight when the server is told to stop


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
    # The port is taken before TensorFlow is loaded, so that a busy one is known at once.
    listener = _bind(host, port)
    for each in (signal.SIGTERM, signal.SIGINT):
        # Before uvicorn takes over, and when it raises the signal again after a clean end.
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
        from pipelines.server.app import create_app

    class Announced(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            print(_announcement(exports, model, listener), flush=True)

    # TensorFlow's modules are here to stay: walking through them at each collection takes 0.1 s.
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
    # A thread inside TensorFlow cannot be interrupted, and an ordinary exit would wait for it.
    logging.shutdown()
    sys.stdout.flush()
    os._exit(code if isinstance(code, int) else 0)


def _announcement(exports: Path, model: str | None, listener: socket.socket) -> str:

    host, port = listener.getsockname()[:2]
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    found = scan(exports, model)
    lines = [f"Serving {', '.join(sorted(found))} on {url} (documentation: {url}/docs)"]
    name = min(found)
    example = found[name][max(found[name])].folder / "assets.extra" / "example.json"
    try:
        lines.append(curl(url, name, json.loads(example.read_text("utf-8")), str(example)))
    except (OSError, ValueError):  # none, or one that its model's status will complain about
        lines.append(f"curl {url}/")
    return "\n".join(lines)
