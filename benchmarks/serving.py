"""The local server beside the call in the process, and beside `mlflow models serve`.

In one run, on one machine, with the model's own example as the request.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from functools import partial
from pathlib import Path
from statistics import quantiles
from typing import Any, NamedTuple
from urllib.error import URLError
from urllib.request import urlopen

from pipelines.runtime import paths

SECONDS = 5.0  # of each measurement
START_SECONDS = 120


class Timing(NamedTuple):
    """What one way of asking took; latencies in milliseconds."""

    name: str
    p50: float
    p99: float
    rate: float


def timing(name: str, latencies: list[float], began: float) -> Timing:
    rate = len(latencies) / (time.perf_counter() - began)
    cuts = quantiles(latencies, n=100)
    return Timing(name, cuts[49] * 1e3, cuts[98] * 1e3, rate)


def in_process(signature: Any, inputs: Any) -> Timing:
    """The signature called directly, with arrays made beforehand."""
    for _ in range(20):
        signature.run(inputs)
    latencies = []
    began = time.perf_counter()
    while (now := time.perf_counter()) - began < SECONDS:
        signature.run(inputs)
        latencies.append(time.perf_counter() - now)
    return timing("in the process", latencies, began)


class Connection(asyncio.Protocol):
    """Sends one request again and again; reads no more HTTP than needed, to take little time."""

    def __init__(self, request: bytes, end: float, done: asyncio.Future[list[float]]) -> None:
        self._request = request
        self._end = end
        self._done = done
        self._latencies: list[float] = []
        self._buffer = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._send()

    def _send(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, _, body = self._buffer.partition(b"\r\n\r\n")
        size = re.search(rb"(?i)content-length: *(\d+)", head)
        if not size or len(body) < int(size[1]):
            return
        now = time.perf_counter()
        self._latencies.append(now - self._sent)
        self._buffer = b""
        if b" 200 " not in head.split(b"\r\n", 1)[0]:
            self._done.set_exception(RuntimeError(body.decode(errors="replace")))
        elif now >= self._end:
            self._done.set_result(self._latencies)
        if self._done.done():
            self._transport.close()
        else:
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(RuntimeError(f"the server hung up: {exc}"))


async def load(port: int, request: bytes, connections: int, seconds: float) -> list[float]:
    """Latencies of all requests of that many connections."""
    running = asyncio.get_running_loop()
    end = time.perf_counter() + seconds
    done = [running.create_future() for _ in range(connections)]
    for each in done:
        made = partial(Connection, request, end, each)
        await running.create_connection(made, "127.0.0.1", port)
    return [latency for latencies in await asyncio.gather(*done) for latency in latencies]


def over_http(name: str, port: int, path: str, body: Any) -> list[Timing]:
    content = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    request = f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content
    asyncio.run(load(port, request, 4, 2.0))  # warm
    timings = []
    for connections in (1, 32):
        began = time.perf_counter()
        latencies = asyncio.run(load(port, request, connections, SECONDS))
        timings.append(timing(f"{name}, connections: {connections}", latencies, began))
    return timings


@contextlib.contextmanager
def server(command: list[str], ready: str) -> Generator[int]:
    """A server as a process on a free port, which stands where the command says `PORT`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    # mlflow starts others by their names; they lie beside this Python.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    database = f"sqlite:///{paths.mlruns()}/mlflow.db"
    env = {"MLFLOW_TRACKING_URI": database, **os.environ, "PATH": path}
    line = [part.replace("PORT", str(port)) for part in command]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(line, env=env, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + START_SECONDS
        try:
            while process.poll() is None and time.monotonic() < deadline:
                with contextlib.suppress(URLError, ConnectionError):
                    urlopen(f"http://127.0.0.1:{port}{ready}", timeout=5).close()
                    break
                time.sleep(0.2)
            else:
                log.seek(0)
                raise SystemExit(f"did not start: {' '.join(line)}\n{log.read()}")
            yield port
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=20)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", default="sentiment", help="folder in the exports")
    parser.add_argument("--mlflow", metavar="URI", help="also `mlflow models serve` of this model")
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

    from pipelines.serving.server.disk import scan
    from pipelines.serving.server.messages import parse_document, to_arrays
    from pipelines.serving.server.model import Model

    versions = scan(paths.exports(), options.model).get(options.model)
    if not versions:
        print(f"skipped: no export in {paths.exports()}; make train TASK={options.model} makes one")
        return
    model = Model(versions[max(versions)].path)
    example = {**model.example, "instances": model.example["instances"][:1]}
    request = parse_document(example)
    signature = model.signature(request.signature)
    inputs = to_arrays(request, signature.inputs)

    timings = [in_process(signature, inputs)]
    start = (
        "from pathlib import Path; from pipelines.serving.server import serve;"
        f"serve(Path({str(paths.exports())!r}), {options.model!r}, '127.0.0.1', PORT)"
    )
    with server([sys.executable, "-c", start], "/readyz") as port:
        path = f"/v1/models/{options.model}:predict"
        timings += over_http("this server", port, path, example)
    if options.mlflow:
        mlflow = f"mlflow models serve -m {options.mlflow} --env-manager local --host 127.0.0.1"
        with server([*mlflow.split(), "--port", "PORT"], "/ping") as port:
            first = example["instances"][0]
            row = first if isinstance(first, dict) else {next(iter(inputs)): first}
            body = {"dataframe_records": [row]}
            timings += over_http("mlflow", port, "/invocations", body)

    print(f"{'':32}{'p50 ms':>10}{'p99 ms':>10}{'requests/s':>12}")
    for each in timings:
        print(f"{each.name:32}{each.p50:10.2f}{each.p99:10.2f}{each.rate:12.0f}")
    print(f"one connection: the call in the process + {timings[1].p50 - timings[0].p50:.2f} ms")
    if options.mlflow:
        for ours, theirs in zip(timings[1:3], timings[3:5], strict=True):
            print(f"{ours.name}: {ours.rate / theirs.rate:.1f} times the requests/s of mlflow")


if __name__ == "__main__":
    main()
