"""Freed memory stays with the process where glibc has it, and nothing happens where it has not."""

import ctypes
import os
import platform
import subprocess
import sys
from types import SimpleNamespace

import pytest

from pipelines.runtime import allocator

MIB = 1024 * 1024


class Mallopt:
    """Stands for glibc's: notes what is asked, and refuses values from a limit on."""

    def __init__(self, limit=2**31):
        self.limit = limit
        self.accepted = {}

    def __call__(self, parameter, value):
        if value >= self.limit:
            return 0
        assert parameter not in self.accepted, "set twice"
        self.accepted[parameter] = value
        return 1


@pytest.fixture
def library(monkeypatch):
    """A glibc that this process is not bound to, in an environment that says nothing of it."""
    libc = SimpleNamespace(mallopt=Mallopt())
    monkeypatch.setattr(ctypes, "CDLL", lambda name: libc)
    monkeypatch.setattr(sys, "platform", "linux")
    for name in [n for n in os.environ if n.startswith("MALLOC_") or n == "GLIBC_TUNABLES"]:
        monkeypatch.delenv(name)
    return libc


def test_every_parameter_is_set_once_to_its_best_value(library):
    allocator.keep_freed_memory()
    best = {parameter: values[0] for parameter, values in allocator.SETTINGS}
    assert library.mallopt.accepted == best


def test_a_refused_threshold_falls_back_to_what_old_versions_take(library):
    library.mallopt = Mallopt(limit=1024 * MIB)
    allocator.keep_freed_memory()
    assert library.mallopt.accepted[-3] == 32 * MIB


@pytest.mark.parametrize(
    ("name", "value"),
    [("MALLOC_ARENA_MAX", "2"), ("GLIBC_TUNABLES", "glibc.malloc.trim_threshold=1")],
)
def test_what_the_user_set_wins(library, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    allocator.keep_freed_memory()
    assert not library.mallopt.accepted


def test_other_tunables_of_glibc_are_no_choice_of_an_allocator(library, monkeypatch):
    monkeypatch.setenv("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-AVX512F")
    allocator.keep_freed_memory()
    assert library.mallopt.accepted


def test_a_library_without_mallopt_is_no_error(library):
    del library.mallopt
    allocator.keep_freed_memory()


def test_another_system_is_left_alone(library, monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    allocator.keep_freed_memory()
    assert not library.mallopt.accepted


FAULTS = """
import ctypes, resource, threading
from pipelines.runtime.allocator import keep_freed_memory
keep_freed_memory()
library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p
library.malloc.argtypes = [ctypes.c_size_t]
library.free.argtypes = [ctypes.c_void_p]
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def use():
    block = library.malloc(80 << 20)
    ctypes.memset(block, 1, 80 << 20)
    library.free(block)
def measure():
    use()
    before = faults()
    use()
    print(faults() - before)
measure()
thread = threading.Thread(target=measure)
thread.start()
thread.join()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="an allocator of another kind")
def test_a_large_block_that_was_freed_costs_no_page_faults_again():
    tuned = ("MALLOC_", "GLIBC_TUNABLES")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(tuned)}
    command = [sys.executable, "-c", FAULTS]
    done = subprocess.run(command, env=kept, capture_output=True, text=True, check=True)
    of_the_main_thread, of_another = map(int, done.stdout.split())
    assert of_the_main_thread < 100  # of 20,480 pages
    assert of_another < 100
