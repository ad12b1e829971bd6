"""What a tensor is to the type checker."""

from __future__ import annotations

from typing import Any

Tensor = Any
"""A TensorFlow tensor, eager or in a graph. `tf.Tensor` itself does not tell a type checker of its
operators and indices; the docstrings say shapes and types."""
