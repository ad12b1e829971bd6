"""The threads that the kernels run on."""

from __future__ import annotations

import functools
import itertools
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import tensorflow as tf


def threads() -> int:
    """How many parts of a layer run at a time: as many as TensorFlow's operations are given."""
    threads = tf.config.threading.get_intra_op_parallelism_threads()
    return threads or _cores()


def _cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@functools.cache
def _pool(process: int) -> ThreadPoolExecutor:
    # A forked process has none of its parent's threads, and so gets a pool of its own.
    return ThreadPoolExecutor(max(1, threads() - 1), thread_name_prefix=f"recurrent-{process}")


def run(jobs: Sequence[Callable[[], None]]) -> None:
    """Runs jobs at the same time, the first one in this thread, and ends when all have ended.

    Raises:
        Exception: the first that a job raised.
    """
    first, *others = jobs
    futures: list[Future[None]] = [_pool(os.getpid()).submit(job) for job in others]
    try:
        first()
    finally:  # no worker may still write when the buffers are passed on
        errors = [future.exception() for future in futures]
    for error in errors:
        if error is not None:
            raise error


def together(work: Callable[[int, int], None], size: int) -> None:
    """Does some work in equal parts at the same time.

    Args:
        work: is given where a part begins and where it ends.
        size: of all parts.
    """
    parts = max(1, min(threads(), size))
    edges = [size * part // parts for part in range(parts + 1)]
    run([functools.partial(work, *edge) for edge in itertools.pairwise(edges)])
