import os
import subprocess
import sys

import pytest

from pipelines.training.run_directory import IDENTITY, RunDirectory, resumable

WANTED = {"config": {"units": 64, "labels": ("a", "b")}, "data": "abc"}
HOLD = """
import sys
from pipelines.training.run_directory import RunDirectory
directory = RunDirectory(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_ROOT", str(tmp_path))
    return tmp_path


def unfinished(run_id, identity=WANTED, age=0):
    """The directory of a training whose process is gone."""
    directory = RunDirectory(run_id)
    directory.write_identity(identity)
    directory._lock.close()
    file = directory.folder / IDENTITY
    moment = file.stat().st_mtime - age
    os.utime(file, (moment, moment))
    return directory


def resumable_ids(identity=WANTED):
    return [directory.run_id for directory in resumable(identity)]


def test_without_an_unfinished_run_nothing_is_resumable():
    assert resumable_ids() == []


def test_a_run_of_the_same_identity_is_resumable_and_no_other():
    unfinished("run")
    assert resumable_ids() == ["run"]
    assert resumable_ids({"config": {"units": 64, "labels": ["a", "b"]}, "data": "abc"}) == ["run"]
    assert resumable_ids(WANTED | {"data": "abd"}) == []
    assert resumable_ids({"config": {"units": 65, "labels": ("a", "b")}, "data": "abc"}) == []


def test_the_latest_resumable_run_comes_first():
    unfinished("old", age=100)
    unfinished("new")
    unfinished("middle", age=50)
    assert resumable_ids() == ["new", "middle", "old"]


def test_a_resumable_run_is_locked_until_it_is_let_go():
    unfinished("run")
    directory = next(resumable(WANTED))
    assert resumable_ids() == []
    with pytest.raises(BlockingIOError):
        RunDirectory("run")
    directory._lock.close()
    assert resumable_ids() == ["run"]


def test_a_run_in_training_by_a_living_process_is_not_resumable():
    unfinished("dead")
    unfinished("alive")
    command = [sys.executable, "-c", HOLD, "alive"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        assert resumable_ids() == ["dead"]
        process.kill()  # the system lets go of the lock
        process.wait()
    assert sorted(resumable_ids()) == ["alive", "dead"]


def test_a_removed_run_directory_is_gone():
    unfinished("other")
    directory = RunDirectory("run")
    directory.write_identity(WANTED)
    directory.remove()
    assert not directory.folder.exists()
    assert resumable_ids() == ["other"]


def test_a_run_directory_without_an_identity_is_not_resumable(root):
    RunDirectory("nameless")._lock.close()
    (root / "mlruns" / "checkpoints" / "nameless" / f"{IDENTITY}.part").write_text('{"half')
    assert resumable_ids() == []


def test_an_identity_is_whole_or_absent(monkeypatch):
    directory = RunDirectory("run")
    replaced = []
    monkeypatch.setattr(
        "pathlib.Path.replace", lambda self, target: replaced.append((self.name, target.name))
    )
    directory.write_identity(WANTED)
    assert replaced == [(f"{IDENTITY}.part", IDENTITY)]
    assert not (directory.folder / IDENTITY).exists()
