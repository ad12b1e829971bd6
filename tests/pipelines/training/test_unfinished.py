import os
import subprocess
import sys

import pytest

from pipelines.training.unfinished import IDENTITY, Workplace, abandoned

IDENTITIES = {"config": {"units": 64, "labels": ("a", "b")}, "data": "abc"}
HOLD = """
import sys
from pipelines.training.unfinished import Workplace
place = Workplace(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_ROOT", str(tmp_path))
    return tmp_path


def left(run_id, identity=IDENTITIES, age=0):
    """The folder of a training whose process is gone."""
    place = Workplace(run_id)
    place.sign(identity)
    place._lock.close()
    file = place.folder / IDENTITY
    moment = file.stat().st_mtime - age
    os.utime(file, (moment, moment))
    return place


def found(identity=IDENTITIES):
    return [place.run_id for place in abandoned(identity)]


def test_nothing_is_found_where_nothing_was_left():
    assert found() == []


def test_the_same_identity_is_found_and_no_other():
    left("run")
    assert found() == ["run"]
    assert found({"config": {"units": 64, "labels": ["a", "b"]}, "data": "abc"}) == ["run"]
    assert found(IDENTITIES | {"data": "abd"}) == []
    assert found({"config": {"units": 65, "labels": ("a", "b")}, "data": "abc"}) == []


def test_the_latest_comes_first():
    left("old", age=100)
    left("new")
    left("middle", age=50)
    assert found() == ["new", "middle", "old"]


def test_what_is_found_is_locked_until_it_is_let_go():
    left("run")
    place = next(abandoned(IDENTITIES))
    assert found() == []
    with pytest.raises(BlockingIOError):
        Workplace("run")
    place._lock.close()
    assert found() == ["run"]


def test_a_training_of_a_living_process_is_not_offered():
    left("dead")
    left("alive")
    command = [sys.executable, "-c", HOLD, "alive"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        assert found() == ["dead"]
        process.kill()  # the system lets go of the lock
        process.wait()
    assert sorted(found()) == ["alive", "dead"]


def test_a_cleared_workplace_is_gone():
    place = left("other"), Workplace("run")
    place[1].sign(IDENTITIES)
    place[1].clear()
    assert not place[1].folder.exists()
    assert found() == ["other"]


def test_a_folder_without_a_signature_is_not_offered(root):
    Workplace("unsigned")._lock.close()
    (root / "mlruns" / "checkpoints" / "unsigned" / f"{IDENTITY}.part").write_text('{"half')
    assert found() == []


def test_a_signature_is_whole_or_absent(monkeypatch):
    place = Workplace("run")
    replaced = []
    monkeypatch.setattr(
        "pathlib.Path.replace", lambda self, target: replaced.append((self.name, target.name))
    )
    place.sign(IDENTITIES)
    assert replaced == [(f"{IDENTITY}.part", IDENTITY)]
    assert not (place.folder / IDENTITY).exists()
