import numpy as np
import pytest
from numba import njit

from models.kernels import compiled
from models.kernels.threads import Memory, each, together


@njit
def mapped(function, values):
    return np.array([function(value) for value in values])


@pytest.mark.parametrize("name", ["exp", "tanh", "sigmoid"])
def test_the_functions_are_those_of_mathematics(name):
    values = np.linspace(-30, 0 if name == "exp" else 30, 4001).astype(np.float32)
    wanted = {"exp": np.exp, "tanh": np.tanh, "sigmoid": lambda x: 1 / (1 + np.exp(-x))}[name]
    found = mapped(getattr(compiled, name), values)
    if name == "exp":
        np.testing.assert_allclose(found, wanted(np.float64(values)), rtol=5e-7)
    np.testing.assert_allclose(found, wanted(np.float64(values)), atol=5e-7)


@pytest.mark.parametrize("name", ["exp", "tanh", "sigmoid"])
def test_what_is_no_number_stays_none(name):
    found = mapped(getattr(compiled, name), np.array([-1, np.nan], np.float32))
    assert np.isnan(found).tolist() == [False, True]


@pytest.mark.parametrize("size", [0, 1, 15, 16, 50])
def test_the_highest(size):
    values = np.random.default_rng(size).normal(size=size).astype(np.float32)
    assert compiled.highest(values) == max(values, default=-np.inf)


def test_a_thread_for_each_part_of_the_work():
    seen = np.zeros(11, np.int64)

    def work(start, end):
        seen[start:end] += 1

    together(work, len(seen))
    np.testing.assert_array_equal(seen, 1)


def test_what_goes_wrong_on_a_thread_is_told():
    with pytest.raises(ZeroDivisionError):
        each([lambda: 1 // 0])


def test_denormal_numbers_are_zero_on_the_threads_and_nowhere_else():
    least, found = np.array([1e-30], np.float32), []
    each([lambda: found.append(least * np.float32(1e-10))])
    assert found[0] == 0
    assert least * np.float32(1e-10) > 0


def test_memory_is_used_again_once_nobody_holds_it():
    memory = Memory()
    first = memory.empty(3, 4)
    place = first.ctypes.data
    assert first.shape == (3, 4)
    assert first.dtype == np.float32
    assert place % 64 == 0
    part = first[1:]
    del first
    assert memory.empty(2).ctypes.data != place  # a part of it is held
    del part
    assert memory.empty(2, 6).ctypes.data == place
