"""Merges concurrent requests into batches.

While one batch runs, requests are collected for the next one: a single request never waits, and the
batches grow with the load. There is no waiting time to tune.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pipelines.serving.server.messages import Arrays

log = logging.getLogger(__name__)

MOST_ROWS = 64  # of a merged batch; larger ones are not faster on a CPU
MOST_WASTE = 2.0  # largest ratio of padded to real size of a merged batch
FREE_SIZE = 8192  # bytes up to which a padded batch is cheap, whatever the ratio

Answer = dict[str, np.ndarray] | Exception


class Runs(Protocol):
    """The interface of a signature that a batcher needs."""

    merges: bool

    def run(self, inputs: Arrays) -> dict[str, np.ndarray]:
        """Calls the network."""
        ...

    def cut(self, outputs: Arrays) -> dict[str, np.ndarray]:
        """The response of one request without padding of other requests."""
        ...


@dataclass(eq=False)
class _Waiting:
    """One request in the queue.

    Attributes:
        inputs: its arrays.
        rows: number of instances.
        size: bytes of its largest row.
        inner_shapes: of its arrays; only requests with equal ones are merged. None if it must not
            be merged.
        answer: that the client waits for.
    """

    inputs: Arrays
    rows: int
    size: int
    inner_shapes: tuple[tuple[int, ...], ...] | None
    answer: asyncio.Future[dict[str, np.ndarray]]


class Batcher:
    """The queue in front of one signature.

    Args:
        signature: to be called.
        pool: threads for the calls.
        parallel: number of concurrent calls of a signature that cannot merge requests.
        on_batch: called with the number of rows of each call.
    """

    def __init__(
        self, signature: Runs, pool: Executor, parallel: int, on_batch: Callable[[int], None]
    ) -> None:
        self._signature = signature
        self._pool = pool
        self._parallel = 1 if signature.merges else parallel
        self._on_batch = on_batch
        self._queue: deque[_Waiting] = deque()
        self._running = 0

    async def submit(self, inputs: Arrays) -> dict[str, np.ndarray]:
        """The outputs for one request, the same as without other requests.

        Raises:
            ServingError: the graph rejected a value of this request.
        """
        loop = asyncio.get_running_loop()
        waiting = _waiting(inputs, self._signature.merges, loop.create_future())
        self._queue.append(waiting)
        if self._running < self._parallel:
            self._start(loop)
        return await waiting.answer

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        batch = self._take()
        if not batch:
            return
        self._running += 1
        self._on_batch(sum(waiting.rows for waiting in batch))
        call = loop.run_in_executor(self._pool, self._call, [each.inputs for each in batch])
        call.add_done_callback(lambda done: self._finish(loop, batch, done))

    def _take(self) -> list[_Waiting]:
        """The next batch: the oldest request, and later ones that can be merged with it."""
        # The future of a request that timed out is done.
        queue = deque(each for each in self._queue if not each.answer.done())
        self._queue = deque()
        if not queue:
            return []
        first = queue.popleft()
        batch, rows, widest, real = [first], first.rows, first.size, first.rows * first.size
        for each in queue:
            padded = (rows + each.rows) * max(widest, each.size)
            real_then = real + each.rows * each.size
            if (
                first.inner_shapes is not None
                and each.inner_shapes == first.inner_shapes
                and rows + each.rows <= MOST_ROWS
                and padded <= max(FREE_SIZE, MOST_WASTE * real_then)
            ):
                batch.append(each)
                rows, widest, real = rows + each.rows, max(widest, each.size), real_then
            else:
                self._queue.append(each)
        return batch

    def _call(self, requests: list[Arrays]) -> list[Answer]:
        """Answers the requests of a batch; runs in a thread."""
        if len(requests) == 1:
            return [self._alone(requests[0])]
        merged = {
            name: np.concatenate([request[name] for request in requests]) for name in requests[0]
        }
        counts = [len(next(iter(request.values()))) for request in requests]
        try:
            outputs = self._signature.run(merged)
        except Exception as error:
            # An error of one request must not affect the others: each is run again by itself.
            log.debug("a batch of %d failed, running one by one: %s", len(requests), error)
            return [self._alone(request) for request in requests]
        if any(len(output) != sum(counts) for output in outputs.values()):
            return [self._alone(request) for request in requests]
        ends = np.cumsum(counts)
        return [
            self._signature.cut({name: out[end - n : end] for name, out in outputs.items()})
            for n, end in zip(counts, ends, strict=True)
        ]

    def _alone(self, request: Arrays) -> Answer:
        try:
            return self._signature.cut(self._signature.run(request))
        except Exception as error:  # raised in the request's own task
            return error

    def _finish(
        self,
        loop: asyncio.AbstractEventLoop,
        batch: list[_Waiting],
        done: asyncio.Future[list[Answer]],
    ) -> None:
        self._running -= 1
        self._start(loop)
        fault = done.exception()
        answers: list[Answer | BaseException] = (
            [fault] * len(batch) if fault else list(done.result())
        )
        for waiting, answer in zip(batch, answers, strict=True):
            if waiting.answer.done():
                continue
            if isinstance(answer, BaseException):
                waiting.answer.set_exception(answer)
            else:
                waiting.answer.set_result(answer)


def _waiting(
    inputs: Arrays, merges: bool, answer: asyncio.Future[dict[str, np.ndarray]]
) -> _Waiting:
    arrays = list(inputs.values())
    counts = {array.shape[0] if array.ndim else None for array in arrays}
    count = counts.pop() if len(counts) == 1 else None
    return _Waiting(
        inputs,
        rows=count or 1,
        size=sum(map(_row_size, arrays)),
        inner_shapes=tuple(array.shape[1:] for array in arrays) if merges and count else None,
        answer=answer,
    )


def _row_size(array: np.ndarray) -> int:
    if array.dtype.kind == "O":
        return max(map(len, array.flat), default=0)
    return array.nbytes // max(1, len(array)) if array.ndim else array.nbytes
