"""One SavedModel for all, copied where a test needs versions of its own."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from pipelines.serving.server.app import Limits, create_app

from . import savedmodel

PATIENCE = 20


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A version folder that tests copy and do not change."""
    return savedmodel.save(tmp_path_factory.mktemp("saved") / "1")


@pytest.fixture
def exports(saved: Path, tmp_path: Path) -> Path:
    """An exports folder with one version of `toy`."""
    savedmodel.copy(saved, tmp_path / "exports" / "toy" / "1")
    return tmp_path / "exports"


@contextlib.asynccontextmanager
async def client_of(
    exports: Path, limits: Limits | None = None, ready: bool = True
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application in this process, once its models are loaded."""
    app = create_app(exports, limits=limits or Limits(poll=0.05))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        if ready:
            await until(client, "/readyz", lambda answer: answer.status_code == 200)
        yield client


async def until(
    client: httpx.AsyncClient, path: str, holds: Callable[[httpx.Response], bool]
) -> httpx.Response:
    """Asks until the answer is as wished; the last answer if it never is."""
    end = time.monotonic() + PATIENCE
    while True:
        answer = await client.get(path)
        if holds(answer) or time.monotonic() > end:
            return answer
        await asyncio.sleep(0.02)
