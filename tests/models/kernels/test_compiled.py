"""The functions that the kernels are made of."""

import numpy as np
import pytest
from numba import njit

from models.kernels import vectors
from models.kernels.recurrent import activations


@njit
def mapped(function, values):
    return np.array([function(value) for value in values])


@njit
def highest(values):
    return vectors.highest(values, np.empty(vectors.LANES, np.float32))


@pytest.mark.parametrize("name", ["exp", "tanh", "sigmoid"])
def test_the_functions_are_those_of_mathematics(name):
    values = np.linspace(-30, 0 if name == "exp" else 30, 4001).astype(np.float32)
    wanted = {"exp": np.exp, "tanh": np.tanh, "sigmoid": lambda x: 1 / (1 + np.exp(-x))}[name]
    found = mapped(getattr(activations, name), values)
    if name == "exp":
        np.testing.assert_allclose(found, wanted(np.float64(values)), rtol=5e-7)
    np.testing.assert_allclose(found, wanted(np.float64(values)), atol=5e-7)


@pytest.mark.parametrize("name", ["exp", "tanh", "sigmoid"])
def test_what_is_no_number_stays_none(name):
    found = mapped(getattr(activations, name), np.array([-1, np.nan], np.float32))
    assert np.isnan(found).tolist() == [False, True]


@pytest.mark.parametrize("size", [0, 1, 15, 64, 200])
def test_the_highest(size):
    values = np.random.default_rng(size).normal(size=size).astype(np.float32)
    assert highest(values) == max(values, default=-np.inf)
    assert highest(np.append(values, np.float32(np.nan))) == max(values, default=-np.inf)
