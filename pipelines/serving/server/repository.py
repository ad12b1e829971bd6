"""Versions on disk -> loaded models.

`exports/` is scanned about once a second. The newest version of each model is loaded and is the
default; while it is loading, or if that fails, the previous one remains the default. Older versions
on disk are loaded when they are requested by number, and at most `OLDER_KEPT` of them, those used
last, stay in memory. A version that is deleted from disk is unloaded after its last response; one
that is replaced (same number, other files) is loaded again. A version that could not be loaded is
retried only when its files change.
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

from pipelines.serving.server.batcher import Batcher
from pipelines.serving.server.disk import VersionFolder, scan
from pipelines.serving.server.errors import ServingError, graph_message
from pipelines.serving.server.metrics import Metrics
from pipelines.serving.server.model import Model

log = logging.getLogger(__name__)

OLDER_KEPT = 2


@dataclass(frozen=True, eq=False)
class Servable:
    """A version in memory; requests can finish with it even if it is unloaded meanwhile.

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
        folder: its folder.
        state: as TensorFlow Serving calls it: START (known, not in memory), LOADING, AVAILABLE,
            END (failed).
        error: one line if it failed.
        servable: the version in memory, if AVAILABLE.
        loading: the task that loads it.
        used: time of the last request, on the monotonic clock.
    """

    name: str
    number: int
    folder: VersionFolder
    state: str = "START"
    error: str = ""
    servable: Servable | None = None
    loading: asyncio.Task[None] | None = None
    used: float = 0.0

    def __str__(self) -> str:
        return f"{self.name}/{self.number}"


class Repository:
    """The models of a folder, kept up to date. Runs in the event loop, except for loading.

    Args:
        exports: `exports/`.
        only: the only model to serve, or None for all.
        metrics: counts the versions in memory.
        batcher_of: creates the queue in front of a signature.
        loader: executor that loads models, one at a time.
        seconds: between two scans of the disk.
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
        """Scans the disk, starts loading the versions, and keeps watching."""
        self._apply(await asyncio.to_thread(scan, self._exports, self._only))
        self._watch = asyncio.create_task(self._watching())

    async def stop(self) -> None:
        """Stops watching and abandons loads in progress."""
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
        """The default version of each model, None if there is none yet."""
        return {name: self._default(name) for name in sorted(self._models)}

    async def get(self, name: str, number: int | None) -> Servable:
        """A version in memory, loaded now if necessary.

        Args:
            name: of the model.
            number: of the version, or None for the newest one that can be loaded.

        Raises:
            ServingError: there is none, or it cannot be loaded.
        """
        while True:
            version = self._requested(name, number)
            if version.servable:
                version.used = time.monotonic()
                return version.servable
            if version.state == "END":
                raise ServingError(503, f"{version} could not be loaded: {version.error}")
            self._load(version)
            if version.loading:
                # Shielded, because other clients may wait for it when this one disconnects.
                await asyncio.shield(version.loading)

    def _requested(self, name: str, number: int | None) -> Version:
        """The version of that number, or the current or future default of the model."""
        versions = self._models.get(name, {})
        if number is not None:
            if number in versions:
                return versions[number]
            raise ServingError(404, f"Servable not found for request: Specific({name}, {number})")
        if not versions:
            raise ServingError(404, f"Servable not found for request: Latest({name})")
        newest_first = [versions[each] for each in sorted(versions, reverse=True)]
        loadable = (version for version in newest_first if version.state != "END")
        return self._default(name) or next(loadable, newest_first[0])

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
        return {"model_version_status": [_status(versions[each]) for each in numbers]}

    def _default(self, name: str) -> Version | None:
        versions = self._models.get(name, {})
        ready = [number for number, version in versions.items() if version.servable]
        return versions[max(ready)] if ready else None

    async def _watching(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            try:
                self._apply(await asyncio.to_thread(scan, self._exports, self._only))
            except OSError as error:  # a temporary problem of the disk must not end the watch
                log.warning("cannot list %s: %s", self._exports, error)

    def _apply(self, on_disk: dict[str, dict[int, VersionFolder]]) -> None:
        """Updates the known versions to those on disk."""
        for version in self.versions():
            if on_disk.get(version.name, {}).get(version.number) != version.folder:
                self._drop(version)
        for name, folders in on_disk.items():
            versions = self._models.setdefault(name, {})
            for number, folder in folders.items():
                versions.setdefault(number, Version(name, number, folder))
            self._load_newest(name)

    def _load_newest(self, name: str) -> None:
        """Starts loading the newest loadable version, unless it is loaded or loading."""
        versions = self._models.get(name, {})
        for number in sorted(versions, reverse=True):
            if versions[number].state == "START":
                self._load(versions[number])
            if versions[number].state != "END":
                return

    def _load(self, version: Version) -> None:
        if version.state == "START":
            version.state = "LOADING"
            version.loading = asyncio.create_task(self._load_model(version))

    async def _load_model(self, version: Version) -> None:
        began = time.monotonic()
        loop = asyncio.get_running_loop()
        try:
            model = await loop.run_in_executor(self._loader, Model, version.folder.path)
        except Exception as error:
            # TensorFlow may raise anything for a broken folder, which concerns only this version.
            version.state = "END"
            version.error = graph_message(f"{type(error).__name__}: {error}")
            log.error("%s could not be loaded: %s", version, version.error)
            self._load_newest(version.name)
            return
        finally:
            version.loading = None
        if self._models.get(version.name, {}).get(version.number) is not version:
            return  # it was deleted meanwhile
        version.servable = self._servable(version, model)
        version.state = "AVAILABLE"
        version.used = time.monotonic()
        log.info("%s is loaded (%.1f s)", version, version.used - began)
        self._forget_old(version.name)

    def _servable(self, version: Version, model: Model) -> Servable:
        batchers = {
            name: self._batcher_of(version.name, signature)
            for name, signature in model.signatures.items()
        }
        return Servable(version.name, version.number, model, batchers)

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
            log.info("%s is unloaded until it is requested", version)
        self._count()

    def _drop(self, version: Version) -> None:
        versions = self._models[version.name]
        del versions[version.number]
        if not versions:
            del self._models[version.name]
        if version.servable:
            self._unload(version)
            log.info("%s was removed from disk and unloaded", version)
        self._count()

    def _unload(self, version: Version) -> None:
        version.servable = None
        # A SavedModel contains reference cycles, which would keep its weights in memory.
        gc.collect()

    def _count(self) -> None:
        self._metrics.loaded(sum(version.servable is not None for version in self.versions()))


def _status(version: Version) -> dict[str, Any]:
    code = "UNKNOWN" if version.error else "OK"
    return {
        "version": str(version.number),
        "state": version.state,
        "status": {"error_code": code, "error_message": version.error},
    }
