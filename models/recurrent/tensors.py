"""The type of a tensor here."""

from typing import Any

Tensor = Any
"""A `tf.Tensor`. Its own class declares no operators, so that a type checker would refuse
`a + b`."""
