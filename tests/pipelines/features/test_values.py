from typing import Any

import numpy as np
import tensorflow as tf

from pipelines.features.values import ValueFeatures


def encoded(lengths):
    steps = tf.reshape(tf.range(12.0), [2, 3, 2])
    raw: dict[str, Any] = {"features": steps, "lengths": tf.constant(lengths)}
    found: dict[str, Any] = ValueFeatures(2).encode(raw)
    return found


def test_steps_behind_the_length_are_left_out():
    found = encoded([3, 1])
    assert found["features"].row_lengths().numpy().tolist() == [3, 1]
    assert found["features"][1].numpy().tolist() == [[6, 7]]
    assert found["lengths"].numpy().tolist() == [3, 1]


def test_a_length_that_cannot_be_is_the_nearest_that_can():
    found = encoded([0, 9])
    assert found["lengths"].numpy().tolist() == [1, 3]
    assert found["features"].row_lengths().numpy().tolist() == [1, 3]


def test_targets_are_one_number_each():
    targets, weights = ValueFeatures(2).targets({"value": np.array([0.5, 1.5], np.float32)})
    assert targets.tolist() == [[0.5], [1.5]]
    assert weights.tolist() == [1, 1]


def test_an_answer_is_one_number():
    values: Any = tf.constant([[0.5], [1.5]])
    found: Any = ValueFeatures(2).decode({"values": values}, {})
    assert found["value"].numpy().tolist() == [0.5, 1.5]
