import asyncio
import contextlib
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from pipelines.serving.server import repository
from pipelines.serving.server.disk import scan
from pipelines.serving.server.errors import ServingError
from pipelines.serving.server.metrics import Metrics
from pipelines.serving.server.repository import Repository

from .savedmodel import copy


@contextlib.asynccontextmanager
async def watching(exports):
    metrics = Metrics()
    with ThreadPoolExecutor(1) as loader:
        models = Repository(
            exports, None, metrics, lambda name, signature: SimpleNamespace(), loader, 0.02
        )
        await models.start()
        try:
            yield models
        finally:
            await models.stop()
        assert f"versions_loaded {sum(v.servable is not None for v in models.versions())}.0" in (
            metrics.text().decode()
        )


async def until(holds):
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end, "it did not come about"
        await asyncio.sleep(0.01)


def states(models, name="toy"):
    try:
        status = models.status(name, None)["model_version_status"]
    except ServingError:
        return {}
    return {int(each["version"]): each["state"] for each in status}


def run(exports, steps):
    async def main():
        async with watching(exports) as models:
            await steps(models)

    asyncio.run(main())


def test_only_whole_numbers_are_versions(tmp_path):
    for name in ("toy/1", "toy/007", "toy/.2.tmp", "toy/3.tmp", "toy/-4", "toy/²", ".git/1", "a"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "toy" / "8").write_text("a file")
    (tmp_path / "toy" / str(2**63)).mkdir()
    versions_of = scan(tmp_path, None)
    assert {name: sorted(versions) for name, versions in versions_of.items()} == {"toy": [1, 7]}
    assert scan(tmp_path, "other") == {}
    assert scan(tmp_path / "nowhere", None) == {}


def test_the_newest_version_is_the_default_and_older_ones_come_when_asked(exports, saved):
    copy(saved, exports / "toy" / "3")

    async def steps(models):
        assert (await models.get("toy", None)).number == 3
        assert states(models) == {3: "AVAILABLE", 1: "START"}
        assert (await models.get("toy", 1)).number == 1
        assert states(models) == {3: "AVAILABLE", 1: "AVAILABLE"}
        assert (await models.get("toy", None)).number == 3
        with pytest.raises(ServingError, match=r"Specific\(toy, 2\)") as error:
            await models.get("toy", 2)
        assert error.value.status == 404
        with pytest.raises(ServingError, match=r"Latest\(other\)"):
            await models.get("other", None)

    run(exports, steps)


def test_a_new_version_and_a_new_model_are_picked_up(exports, saved):
    async def steps(models):
        await models.get("toy", None)
        copy(saved, exports / "toy" / "2")
        copy(saved, exports / "other" / "5")
        await until(lambda: states(models).get(2) == "AVAILABLE")
        assert (await models.get("toy", None)).number == 2
        await until(lambda: states(models, "other") == {5: "AVAILABLE"})

    run(exports, steps)


def test_a_deleted_version_is_unloaded_and_the_one_before_takes_over(exports, saved):
    copy(saved, exports / "toy" / "2")

    async def steps(models):
        held = await models.get("toy", 2)
        shutil.rmtree(exports / "toy" / "2")
        await until(lambda: states(models) == {1: "AVAILABLE"})
        assert (await models.get("toy", None)).number == 1
        assert held.model.signatures  # who was being answered is answered
        shutil.rmtree(exports / "toy")
        await until(lambda: models.versions() == [])
        with pytest.raises(ServingError) as error:
            models.status("toy", None)
        assert error.value.status == 404

    run(exports, steps)


def test_a_broken_version_is_reported_and_the_one_before_serves(exports, saved):
    async def steps(models):
        await models.get("toy", None)
        broken = exports / "toy" / ".2.tmp"
        broken.mkdir()
        (broken / "saved_model.pb").write_bytes(b"no graph")
        broken.rename(exports / "toy" / "2")
        await until(lambda: states(models).get(2) == "END")
        (status,) = models.status("toy", 2)["model_version_status"]
        assert status["status"]["error_code"] == "UNKNOWN"
        message = status["status"]["error_message"]
        assert message
        assert "\n" not in message
        assert (await models.get("toy", None)).number == 1
        with pytest.raises(ServingError, match="toy/2 could not be loaded") as error:
            await models.get("toy", 2)
        assert error.value.status == 503
        # Replaced by one that works, under the same number.
        shutil.rmtree(exports / "toy" / "2")
        copy(saved, exports / "toy" / "2")
        await until(lambda: states(models).get(2) == "AVAILABLE")

    run(exports, steps)


def test_at_the_start_the_newest_version_that_works_serves(exports):
    (exports / "toy" / "2").mkdir()  # no saved_model.pb

    async def steps(models):
        assert (await models.get("toy", None)).number == 1
        assert states(models) == {2: "END", 1: "AVAILABLE"}

    run(exports, steps)


def test_a_model_of_which_nothing_works(tmp_path):
    (tmp_path / "toy" / "1").mkdir(parents=True)

    async def steps(models):
        with pytest.raises(ServingError, match="toy/1 could not be loaded") as error:
            await models.get("toy", None)
        assert error.value.status == 503

    run(tmp_path, steps)


def test_old_versions_in_memory_are_few(exports, saved, monkeypatch):
    monkeypatch.setattr(repository, "OLDER_KEPT", 1)
    for number in ("2", "3"):
        copy(saved, exports / "toy" / number)

    async def steps(models):
        for number in (3, 1, 2):
            await models.get("toy", number)
        assert states(models) == {3: "AVAILABLE", 2: "AVAILABLE", 1: "START"}
        await models.get("toy", 1)
        assert states(models) == {3: "AVAILABLE", 2: "START", 1: "AVAILABLE"}

    run(exports, steps)
