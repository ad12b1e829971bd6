"""tanh, the logistic function and exp, in a form of which compilers make vector instructions."""

from __future__ import annotations

import numpy as np
from numba import njit

from models.kernels.options import INNER

f4 = np.float32
SATURATED = f4(7.90531110763549805)
"""From here on tanh is one in float32."""


@njit(**INNER)
def tanh(x: np.float32) -> np.float32:
    """The rational approximation of Eigen, and so of TensorFlow: odd over even polynomial.

    Args:
        x: float32; NaN stays NaN.
    """
    x = SATURATED if x > SATURATED else x
    x = -SATURATED if x < -SATURATED else x
    s = x * x
    odd = f4(-2.76076847742355e-16)
    odd = odd * s + f4(2.00018790482477e-13)
    odd = odd * s + f4(-8.60467152213735e-11)
    odd = odd * s + f4(5.12229709037114e-08)
    odd = odd * s + f4(1.48572235717979e-05)
    odd = odd * s + f4(6.37261928875436e-04)
    odd = odd * s + f4(4.89352455891786e-03)
    even = f4(1.19825839466702e-06)
    even = even * s + f4(1.18534705686654e-04)
    even = even * s + f4(2.26843463243900e-03)
    even = even * s + f4(4.89352518554385e-03)
    return x * odd / even


@njit(**INNER)
def sigmoid(x: np.float32) -> np.float32:
    """1 / (1 + exp(-x)) = (tanh(x / 2) + 1) / 2."""
    return f4(0.5) * tanh(f4(0.5) * x) + f4(0.5)


@njit(**INNER)
def exp(x: np.float32) -> np.float32:
    """E^x for x <= 0, to 3e-7 of its value (Cephes); e^-87 for all that is less.

    Args:
        x: float32; NaN stays NaN.
    """
    x = f4(-87.0) if x < f4(-87.0) else x
    n = np.floor(x * f4(1.44269504088896341) + f4(0.5))
    r = x - n * f4(0.693359375) - n * f4(-2.12194440e-4)
    p = f4(1.9875691500e-4) * r + f4(1.3981999507e-3)
    p = p * r + f4(8.3334519073e-3)
    p = p * r + f4(4.1665795894e-2)
    p = p * r + f4(1.6666665459e-1)
    p = p * r + f4(5.0000001201e-1)
    power = np.int32((np.int32(n) + np.int32(127)) << np.int32(23)).view(np.float32)  # 2^n
    return (p * r * r + r + f4(1)) * power
