"""Versions on disk -> loaded models.

`exports/` is looked at about once a second. Of each model the newest version is loaded and is the
default; while it loads, and if it fails to load, the one before goes on serving. Older versions
that are still on disk are loaded when somebody asks for them by number, and at most `OLDER_KEPT`
of them stay in memory, the last used ones: memory is bounded however many versions there are. A
version that disappears from disk is dropped once its last request is answered; one that was
replaced (same number, other files) is loaded anew. A version that failed is tried again only when
its files change.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.server.batcher import Batcher
from pipelines.server.disk import Found, scan
from pipelines.server.errors import ServingError, graph_message
from pipelines.server.metrics import Metrics
from pipelines.server.model import Model

log = logging.getLogger(__name__)

OLDER_KEPT = 2


@dataclass(frozen=True, eq=False)
class Servable:
    """A version in memory; whoever holds it can finish with it even if it is unloaded meanwhile.

    Attributes:
        name: of the model.
        number: of the version.
        model: the model itself.
        batchers: the queue in front of each signature.
    """

    name: str
    number: int
    model: Model
    batchers: dict[str, Batcher]


@dataclass(eq=False)
class Version:
    """One version of a model on disk.

    Attributes:
        name: of the model.
        number: of the version.
        found: its folder.
        state: as TensorFlow Serving calls it: START (known, not in memory), LOADING, AVAILABLE,
            END (failed).
        error: one line where it failed.
        servable: the version in memory, where AVAILABLE.
        loading: the task that loads it.
        used: when it was last asked for, on the monotonic clock.
    """

    name: str
    number: int
    found: Found
    state: str = "START"
    error: str = ""
    servable: Servable | None = None
    loading: asyncio.Task[None] | None = None
    used: float = 0.0

    def __str__(self) -> str:
        return f"{self.name}/{self.number}"


class Repository:
    """The models of a folder, kept up to date. Lives in the event loop; only loading leaves it.

    Args:
        exports: `exports/`.
        only: the one model to serve, or None for all.
        metrics: told how many versions are in memory.
        batcher_of: makes the queue in front of a signature.
        loader: where models are loaded, one at a time.
        seconds: between two looks at the disk.
    """

    def __init__(
        self,
        exports: Path,
        only: str | None,
        metrics: Metrics,
        batcher_of: Callable[[str, Any], Batcher],
        loader: Executor,
        seconds: float,
    ) -> None:
        self._exports = exports
        self._only = only
        self._metrics = metrics
        self._batcher_of = batcher_of
        self._loader = loader
        self._seconds = seconds
        self._models: dict[str, dict[int, Version]] = {}
        self._watch: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Looks at the disk, begins to load what is there, and goes on watching."""
        self._apply(await asyncio.to_thread(scan, self._exports, self._only))
        self._watch = asyncio.create_task(self._watching())

    async def stop(self) -> None:
        """Stops watching. What is being loaded is given up."""
        tasks = [version.loading for version in self.versions() if version.loading]
        for task in [self._watch, *tasks]:
            if task:
                task.cancel()

    def versions(self) -> list[Version]:
        """All known versions, models by name, newest first."""
        return [
            versions[number]
            for _, versions in sorted(self._models.items())
            for number in sorted(versions, reverse=True)
        ]

    def defaults(self) -> dict[str, Version | None]:
        """The version that answers for each model, None where there is none yet."""
        return {name: self._default(name) for name in sorted(self._models)}

    async def get(self, name: str, number: int | None) -> Servable:
        """A version that is in memory, loaded now if need be.

        Args:
            name: of the model.
            number: of the version, or None for the newest that works.

        Raises:
            ServingError: there is none, or it cannot be loaded.
        """
        while True:
            version = self._default(name) if number is None else None
            version = version or self._wanted(name, number)
            if version.servable:
                version.used = time.monotonic()
                return version.servable
            if version.state == "END":
                raise ServingError(503, f"{version} could not be loaded: {version.error}")
            self._load(version)
            if version.loading:
                # Shielded: a client that gives up must not take the load from the others.
                await asyncio.shield(version.loading)

    def _wanted(self, name: str, number: int | None) -> Version:
        versions = self._models.get(name, {})
        if number is not None:
            if number in versions:
                return versions[number]
            raise ServingError(404, f"Servable not found for request: Specific({name}, {number})")
        if not versions:
            raise ServingError(404, f"Servable not found for request: Latest({name})")
        newest = sorted(versions, reverse=True)
        able = [number for number in newest if versions[number].state != "END"]
        return versions[(able or newest)[0]]

    def status(self, name: str, number: int | None) -> dict[str, Any]:
        """The status of a model's versions, as TensorFlow Serving gives it.

        Raises:
            ServingError: no such model or version.
        """
        versions = self._models.get(name, {})
        if not versions:
            raise ServingError(404, f"Could not find any versions of model {name}")
        if number is not None and number not in versions:
            raise ServingError(404, f"Could not find version {number} of model {name}")
        numbers = sorted(versions, reverse=True) if number is None else [number]
        return {
            "model_version_status": [
                {
                    "version": str(n),
                    "state": versions[n].state,
                    "status": {
                        "error_code": "UNKNOWN" if versions[n].error else "OK",
                        "error_message": versions[n].error,
                    },
                }
                for n in numbers
            ]
        }

    def _default(self, name: str) -> Version | None:
        versions = self._models.get(name, {})
        ready = [number for number, version in versions.items() if version.servable]
        return versions[max(ready)] if ready else None

    async def _watching(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            try:
                self._apply(await asyncio.to_thread(scan, self._exports, self._only))
            except OSError as error:  # a disk that is away for a moment must not end the watch
                log.warning("cannot look at %s: %s", self._exports, error)

    def _apply(self, found: dict[str, dict[int, Found]]) -> None:
        for version in self.versions():
            if found.get(version.name, {}).get(version.number) != version.found:
                self._drop(version)
        for name, folders in found.items():
            versions = self._models.setdefault(name, {})
            for number, folder in folders.items():
                versions.setdefault(number, Version(name, number, folder))
            self._load_newest(name)

    def _load_newest(self, name: str) -> None:
        """Sees to it that the newest version that can be loaded is, or is about to be."""
        versions = self._models.get(name, {})
        for number in sorted(versions, reverse=True):
            if versions[number].state == "START":
                self._load(versions[number])
            if versions[number].state != "END":
                return

    def _load(self, version: Version) -> None:
        if version.state == "START":
            version.state = "LOADING"
            version.loading = asyncio.create_task(self._loaded(version))

    async def _loaded(self, version: Version) -> None:
        began = time.monotonic()
        loop = asyncio.get_running_loop()
        try:
            model = await loop.run_in_executor(self._loader, Model, version.found.folder)
        except Exception as error:
            # Whatever a broken folder makes TensorFlow raise: it is that version's state, not ours.
            version.state = "END"
            version.error = graph_message(f"{type(error).__name__}: {error}")
            log.error("%s could not be loaded: %s", version, version.error)
            self._load_newest(version.name)
            return
        finally:
            version.loading = None
        if self._models.get(version.name, {}).get(version.number) is not version:
            return  # it was deleted meanwhile
        batchers = {
            name: self._batcher_of(version.name, signature)
            for name, signature in model.signatures.items()
        }
        version.servable = Servable(version.name, version.number, model, batchers)
        version.state = "AVAILABLE"
        version.used = time.monotonic()
        log.info("%s is loaded (%.1f s)", version, version.used - began)
        self._forget_old(version.name)

    def _forget_old(self, name: str) -> None:
        default = self._default(name)
        older = [
            version
            for version in self._models[name].values()
            if version.servable and version is not default
        ]
        older.sort(key=lambda version: version.used, reverse=True)
        for version in older[OLDER_KEPT:]:
            version.state = "START"
            self._unload(version)
            log.info("%s is out of memory until it is asked for", version)
        self._count()

    def _drop(self, version: Version) -> None:
        versions = self._models[version.name]
        del versions[version.number]
        if not versions:
            del self._models[version.name]
        if version.servable:
            self._unload(version)
            log.info("%s is gone from the disk and unloaded", version)
        self._count()

    def _unload(self, version: Version) -> None:
        version.servable = None
        # A SavedModel is full of cycles: without this its weights would linger.
        gc.collect()

    def _count(self) -> None:
        self._metrics.loaded(sum(version.servable is not None for version in self.versions()))
