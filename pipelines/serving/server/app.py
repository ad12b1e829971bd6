"""The routes: TensorFlow Serving's REST API, health, metrics and documentation.

Request bodies are those of TensorFlow Serving, checked by `messages`, so that plain Starlette
suffices.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import time
from collections.abc import AsyncGenerator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from pipelines.runtime.saved_model import EXAMPLE
from pipelines.serving.server import messages
from pipelines.serving.server.batcher import Batcher
from pipelines.serving.server.errors import BadRequest, ServingError, one_line
from pipelines.serving.server.metrics import CONTENT_TYPE, Metrics
from pipelines.serving.server.model import Signature
from pipelines.serving.server.openapi import curl, document
from pipelines.serving.server.repository import Repository, Servable

log = logging.getLogger(__name__)

PATH = re.compile(
    r"/v1/models/(?P<model>[^/:]+)(?:/versions/(?P<version>[0-9]{1,19}))?"
    r"(?P<what>/metadata|:predict|:classify|:regress)?"
)
LARGE_BODY = 64 * 1024  # parsed in a thread, so that small ones need not wait
FAULT = ServingError(500, "Internal error; see the server's log.")
DOCS = Path(__file__).with_name("docs.html")


@dataclass(frozen=True)
class Limits:
    """Limits on requests.

    Attributes:
        body: bytes of one request.
        bodies: bytes of all requests that are being answered.
        seconds: until a request times out.
        requests: answered at the same time; others are rejected with status 503.
        poll: seconds between two scans for new versions.
    """

    body: int = 8 * 2**20
    bodies: int = 128 * 2**20
    seconds: float = 30.0
    requests: int = 512
    poll: float = 1.0


def create_app(exports: Path, model: str | None = None, limits: Limits | None = None) -> Starlette:
    """The server as an ASGI application.

    Args:
        exports: folder of the models: `<model>/<version>/saved_model.pb`.
        model: the one model to serve, or None for all.
        limits: on requests.
    """
    server = Server(exports, model, limits or Limits())
    return Starlette(
        routes=[
            Route("/v1/{path:path}", server.api, methods=["GET", "POST"]),
            Route("/", server.index),
            Route("/healthz", server.alive),
            Route("/readyz", server.ready),
            Route("/metrics", server.scrape),
            Route("/openapi.json", server.openapi),
            Route("/docs", server.docs),
        ],
        exception_handlers={HTTPException: _no_route, Exception: _fault},
        lifespan=server.lifespan,
    )


def answer(content: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON response, with NaN and infinities as in TensorFlow Serving."""
    body = json.dumps(content, ensure_ascii=False).encode()
    return Response(body, status, headers, media_type="application/json")


def refusal(error: ServingError) -> Response:
    """An error in TensorFlow Serving's shape."""
    busy = {"Retry-After": "1"} if error.status == 503 else None
    return answer({"error": error.message}, error.status, busy)


async def _fault(request: Request, error: Exception) -> Response:
    # Starlette raises the error again after this, and uvicorn logs it with its traceback.
    return refusal(FAULT)


async def _no_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    line = f"Malformed request: {request.method} {request.url.path}"
    return answer({"error": one_line(line)}, error.status_code, dict(error.headers or {}))


class Server:
    """The state behind the routes."""

    def __init__(self, exports: Path, model: str | None, limits: Limits) -> None:
        self._limits = limits
        self._metrics = Metrics()
        self._cores = os.cpu_count() or 1
        self._pool: Executor = ThreadPoolExecutor(self._cores + 1, "predict")
        self._loader: Executor = ThreadPoolExecutor(1, "load")
        self._repository = Repository(
            exports, model, self._metrics, self._batcher, self._loader, limits.poll
        )
        self._answering = 0
        self._bytes = 0

    def _batcher(self, model: str, signature: Signature) -> Batcher:
        return Batcher(signature, self._pool, self._cores, self._metrics.batch_of(model))

    @asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncGenerator[None]:
        """Keeps the models while the application runs."""
        await self._repository.start()
        yield
        await self._repository.stop()
        for pool in (self._pool, self._loader):
            pool.shutdown(wait=False, cancel_futures=True)

    async def api(self, request: Request) -> Response:
        """All requests under /v1/, by TensorFlow Serving's pattern."""
        match = PATH.fullmatch(request.scope["path"])
        what = match["what"] if match else None
        try:
            if match and what == ":predict" and request.method == "POST":
                return await self._predict(request, match["model"], _number(match["version"]))
            if match and what in (":classify", ":regress") and request.method == "POST":
                raise BadRequest(f"'{what}' is not supported; send tensors to ':predict'.")
            if match and what in (None, "/metadata") and request.method == "GET":
                name, number = match["model"], _number(match["version"])
                if what is None:
                    return answer(self._repository.status(name, number))
                return answer(_metadata(await self._repository.get(name, number)))
            raise BadRequest(f"Malformed request: {request.method} {request.url.path}")
        except ServingError as error:
            return refusal(error)

    async def _predict(self, request: Request, name: str, number: int | None) -> Response:
        began = time.perf_counter()
        servable = None
        try:
            if self._answering >= self._limits.requests:
                raise ServingError(503, "The server is busy; try again in a moment.")
            self._answering += 1
            try:
                async with asyncio.timeout(self._limits.seconds):
                    servable = await self._repository.get(name, number)
                    response = Response(
                        await self._outputs(request, servable), media_type="application/json"
                    )
            finally:
                self._answering -= 1
        except ServingError as error:
            response = refusal(error)
        except TimeoutError:
            response = refusal(
                ServingError(504, f"No response within {self._limits.seconds:g} seconds.")
            )
        except ClientDisconnect:
            response = refusal(ServingError(400, "The body ended before it was complete."))
        except asyncio.CancelledError:
            # uvicorn cancels unfinished requests some seconds after it was stopped.
            response = refusal(ServingError(503, "The server is shutting down."))
        except Exception:
            log.exception("a request to %s failed", request.url.path)
            response = refusal(FAULT)
        self._metrics.answered(
            servable.name if servable else "",
            str(servable.number) if servable else "",
            response.status_code,
            time.perf_counter() - began,
        )
        return response

    async def _outputs(self, request: Request, servable: Servable) -> bytes:
        body = bytearray()
        try:
            await self._read(request, body)
            if len(body) < LARGE_BODY:
                signature, rows, inputs = _inputs(body, servable)
            else:
                signature, rows, inputs = await asyncio.to_thread(_inputs, body, servable)
            outputs = await servable.batchers[signature].submit(inputs)
            return messages.to_json(outputs, rows)
        finally:
            self._bytes -= len(body)

    async def _read(self, request: Request, body: bytearray) -> None:
        """Reads the body into `body`, whose size is counted for as long as the request lasts."""
        too_large = ServingError(
            413, f"The body is larger than {self._limits.body} bytes; send fewer instances."
        )
        announced = request.headers.get("content-length", "")
        if announced.isdigit() and int(announced) > self._limits.body:
            raise too_large
        async for chunk in request.stream():
            body += chunk
            self._bytes += len(chunk)
            if len(body) > self._limits.body:  # the header may be wrong
                raise too_large
            if self._bytes > self._limits.bodies:
                raise ServingError(503, "The server is busy; try again in a moment.")

    async def index(self, request: Request) -> Response:
        """Lists the models, with an example request for each."""
        base = str(request.base_url).rstrip("/")
        lines = ["Unrolled: the exported models, with TensorFlow Serving's REST API.", ""]
        for name, version in self._repository.defaults().items():
            if version and version.servable:
                file = f"{name}/{version.number}/{EXAMPLE}"
                line = curl(base, name, version.servable.model.example, file)
                lines += [f"{name} (version {version.number})", f"  {line}", ""]
            else:
                lines += [f"{name}: not loaded; see {base}/v1/models/{name}", ""]
        lines += [f"Documentation: {base}/docs", f"Metrics: {base}/metrics", ""]
        return PlainTextResponse("\n".join(lines))

    async def alive(self, request: Request) -> Response:
        """Whether the process is alive."""
        return PlainTextResponse("ok\n")

    async def ready(self, request: Request) -> Response:
        """Whether each known model has a loaded version."""
        defaults = self._repository.defaults()
        missing = [name for name, version in defaults.items() if version is None]
        if missing or not defaults:
            line = f"not loaded: {', '.join(missing)}" if missing else "there are no models yet"
            return PlainTextResponse(line + "\n", 503)
        return PlainTextResponse("".join(f"{version}\n" for version in defaults.values()), 200)

    async def scrape(self, request: Request) -> Response:
        """The metrics for Prometheus."""
        return Response(self._metrics.text(), media_type=CONTENT_TYPE)

    async def openapi(self, request: Request) -> Response:
        """The description of the API, with the loaded models' examples."""
        loaded = {
            name: version.servable.model.example
            for name, version in self._repository.defaults().items()
            if version and version.servable
        }
        return answer(document(loaded))

    async def docs(self, request: Request) -> Response:
        """A page that shows /openapi.json and sends requests; it has no external resources."""
        return HTMLResponse(DOCS.read_text(encoding="utf-8"))


def _number(text: str | None) -> int | None:
    return int(text) if text else None


def _inputs(body: bytearray, servable: Servable) -> tuple[str, bool, dict[str, np.ndarray]]:
    request = messages.parse(body)
    signature = servable.model.signature(request.signature)
    return request.signature, request.rows, messages.to_arrays(request, signature.inputs)


def _metadata(servable: Servable) -> dict[str, object]:
    spec = {"name": servable.name, "signature_name": "", "version": str(servable.number)}
    return {"model_spec": spec, "metadata": {"signature_def": servable.model.metadata}}
