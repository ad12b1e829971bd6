import keras
import numpy as np
import pytest

from models.outputs.classes import Classes

LOGITS = np.array([[2.0, -1.0, 0.5], [0.0, 0.0, 3.0], [30.0, -30.0, 0.0]], np.float32)


def tensor(values):
    return keras.ops.convert_to_tensor(values, "float32")


def log_softmax(logits):
    logits = logits.astype(np.float64)
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
@pytest.mark.parametrize(
    "targets", [np.eye(3), np.array([[0.7, 0.2, 0.1], [0.0, 0.5, 0.5], [0.2, 0.2, 0.6]])]
)
def test_loss_is_the_cross_entropy_of_soft_and_smoothed_targets(targets, smoothing):
    loss = Classes(3, smoothing).loss({"logits": tensor(LOGITS)}, tensor(targets))
    smoothed = targets * (1 - smoothing) + smoothing / 3
    expected = -(smoothed * log_softmax(LOGITS)).sum(axis=-1)
    np.testing.assert_allclose(loss, expected, rtol=1e-5, atol=1e-6)
    assert np.asarray(loss).shape == (3,)


def test_loss_by_hand():
    loss = Classes(2).loss({"logits": tensor([[0, 0]])}, tensor([[0.3, 0.7]]))
    assert float(loss[0]) == pytest.approx(np.log(2), rel=1e-6)


def test_accuracy_is_of_each_example_and_against_the_likelier_target():
    targets = tensor([[0.6, 0.4, 0.0], [0.9, 0.0, 0.1], [0.4, 0.3, 0.3]])
    found = Classes(3).metrics({"logits": tensor(LOGITS)}, targets)
    assert found.keys() == {"accuracy"}
    np.testing.assert_array_equal(found["accuracy"], [1.0, 0.0, 1.0])
