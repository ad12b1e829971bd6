"""Versions: numbered, never half-written, never taken twice."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipelines.runtime.errors import UserError
from pipelines.serving import versions


@pytest.fixture(autouse=True)
def exports(tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_ROOT", str(tmp_path))
    return tmp_path / "exports"


def publish(task, content):
    with versions.staged(task) as folder:
        folder.mkdir()
        versions.write_extra(folder, "card.json", {"content": content})
        return versions.publish(folder, task)


def test_versions_count_from_one_each_task_for_itself(exports):
    assert [publish("a", i).name for i in range(3)] == ["1", "2", "3"]
    assert publish("b", 0) == exports / "b" / "1"
    assert versions.numbers("a") == [1, 2, 3]
    assert versions.numbers("nothing") == []


def test_the_next_number_is_above_the_largest_as_a_number(exports):
    for name in ("2", "10", ".staged-99", "notes", "11.old"):
        (exports / "a" / name).mkdir(parents=True)
    assert versions.numbers("a") == [2, 10]
    assert publish("a", 0).name == "11"


def test_a_number_that_was_taken_in_between_is_left_alone(exports, monkeypatch):
    publish("a", "first")
    monkeypatch.setattr(versions, "numbers", lambda task: [])  # as it was a moment ago
    assert publish("a", "second").name == "2"
    monkeypatch.undo()
    monkeypatch.setenv("UNROLLED_ROOT", str(exports.parent))
    assert versions.get("a", "1").card == {"content": "first"}
    assert versions.get("a", "2").card == {"content": "second"}


def test_many_that_publish_at_once_get_a_number_each():
    together = threading.Barrier(8)

    def work(content):
        together.wait()
        return publish("a", content), content

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(work, range(8)))
    assert sorted(int(folder.name) for folder, _ in done) == list(range(1, 9))
    for folder, content in done:
        assert versions.read_card(folder) == {"content": content}


def test_what_is_staged_is_hidden_and_gone_after_an_error(exports):
    def fail():
        with versions.staged("a") as folder:
            folder.mkdir()
            (folder / "half").touch()
            assert folder.parent.name.startswith(".")
            assert versions.numbers("a") == []
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail()
    assert not list(exports.rglob("half"))
    assert not list((exports / "a").iterdir())


def test_nothing_is_left_of_the_staging_after_a_success(exports):
    publish("a", 0)
    assert [entry.name for entry in (exports / "a").iterdir()] == ["1"]


def test_an_error_of_the_disk_is_not_taken_for_a_taken_number(tmp_path):
    (tmp_path / "exports" / "a").mkdir(parents=True)
    with pytest.raises(FileNotFoundError):
        versions.publish(tmp_path / "missing", "a")


def test_the_newest_is_found_or_the_one_that_was_asked_for():
    for content in range(11):
        publish("a", content)
    assert versions.get("a").version == 11
    assert versions.get("a").card == {"content": 10}
    assert versions.get("a", "2").card == {"content": 1}


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("7", r"unknown version of a '7'.* Choices: 1, 2"),
        ("newest", "unknown version of a 'newest'"),
        ("01", "unknown version of a '01'"),
        ("../b/1", "unknown version"),
    ],
)
def test_a_version_that_is_not_there_is_a_mistake(version, message):
    publish("a", 0)
    publish("a", 1)
    publish("b", 0)
    with pytest.raises(UserError, match=message):
        versions.get("a", version)


def test_without_any_export_the_way_to_one_is_said():
    with pytest.raises(UserError, match=r"no export of task a yet.*make train TASK=a"):
        versions.get("a")


def test_a_version_without_a_card_is_a_mistake_too(exports):
    (exports / "a" / "1").mkdir(parents=True)
    with pytest.raises(UserError, match=r"exports/a/1/.*card.json.*not exported by Unrolled"):
        versions.get("a")
