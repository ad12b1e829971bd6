"""Targets that may be missing: a NaN stands for an unknown value, and is not scored."""

from __future__ import annotations

import tensorflow as tf


def known_targets(targets: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Tells known targets from missing ones.

    Args:
        targets: float32, of any shape; NaN where missing.

    Returns:
        filled: the targets with 0 in place of NaN, since even an unscored NaN would spoil the
            gradient.
        known: bool, of the same shape.
    """
    known = tf.logical_not(tf.math.is_nan(targets))
    return tf.where(known, targets, tf.zeros_like(targets)), known


def count_known(targets: tf.Tensor) -> tf.Tensor:
    """How many targets `[batch, count]` of each example are known, float32 `[batch]`."""
    return tf.reduce_sum(tf.cast(known_targets(targets)[1], tf.float32), axis=-1)
