"""The process as TensorFlow finds it: a quiet terminal, and every byte of it after a failure."""

import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from pipelines.runtime import process


def test_what_is_written_during_the_import_does_not_reach_the_terminal(capfd):
    with process.quietly():
        os.write(2, b"cannot find cuda drivers\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def test_after_an_exception_it_does(capfd):
    with pytest.raises(ImportError), process.quietly():
        os.write(2, b"wrong version of glibc\n")
        raise ImportError
    assert capfd.readouterr().err == "wrong version of glibc\n"


def test_standard_output_is_left_alone(capfd):
    with process.quietly():
        os.write(1, b"written\n")
    assert capfd.readouterr().out == "written\n"


def test_no_file_stays_open():
    files = Path("/proc/self/fd")
    if not files.exists():
        pytest.skip("no /proc here")
    before = len(list(files.iterdir()))
    for _ in range(3):
        with process.quietly():
            pass
    assert len(list(files.iterdir())) == before


def test_the_allocator_is_set_before_tensorflow_is_imported(monkeypatch):
    order = []
    monkeypatch.setattr(process, "keep_freed_memory", lambda: order.append("allocator"))
    monkeypatch.setattr(process, "quietly", lambda: order.append("import") or nullcontext())
    process.import_tensorflow()
    assert order == ["allocator", "import"]


@pytest.mark.slow
def test_tensorflow_comes_without_notices():
    code = "from pipelines.runtime import process; process.import_tensorflow(); import keras;"
    code += "print(keras.backend.backend())"
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TF_", "KERAS_"))}
    done = subprocess.run([sys.executable, "-c", code], env=kept, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "tensorflow\n"


HOLD = """
from pipelines.runtime.process import peak_memory
before = peak_memory()
held = bytearray(64 * 1024 * 1024)
held[::4096] = b"x" * len(held[::4096])
print(before, peak_memory())
"""


def test_the_peak_of_memory_is_in_mebibytes():
    # A shell in between: Linux counts the peak of whoever forks a process as its own.
    command = ["sh", "-c", '"$0" -c "$1"; exit $?', sys.executable, HOLD]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    before, after = map(float, done.stdout.split())
    assert 5 < before < 1000
    assert 60 < after - before < 70
