import keras
import numpy as np
import pytest

from models.outputs.labels import Labels
from models.outputs.next_token import NextToken
from models.outputs.steps import step_losses

COUNT = 4
LOGITS = np.random.default_rng(0).normal(size=(3, 5, COUNT)).astype(np.float32)
LENGTHS = [5, 2, 0]
KINDS = {"labels": (Labels(COUNT), -1, 0), "next_token": (NextToken(COUNT), 0, 1)}


@pytest.fixture(params=KINDS)
def case(request):
    """Outputs, targets, and for each row logits and targets of its scored steps alone."""
    outputs, padding, lowest = KINDS[request.param]
    drawn = np.random.default_rng(1).integers(lowest, COUNT, (3, 5)).astype(np.int32)
    targets = np.where(np.arange(5) < np.array(LENGTHS)[:, None], drawn, padding)
    rows = [(LOGITS[i, :n], drawn[i, :n]) for i, n in enumerate(LENGTHS)]
    return outputs, keras.ops.convert_to_tensor(targets, "int32"), rows


def nats(logits, targets):
    logits = logits.astype(np.float64)
    logs = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    return -logs[np.arange(len(targets)), targets]


def test_loss_is_the_mean_over_the_scored_steps_of_each_example(case):
    outputs, targets, rows = case
    loss = np.asarray(outputs.loss({"logits": LOGITS}, targets))
    assert loss.dtype == np.float32
    for found, row in zip(loss[:2], rows, strict=False):
        assert found == pytest.approx(nats(*row).mean(), rel=1e-5)
    assert loss[2] == 0  # nothing scored, and no NaN


def test_losses_of_steps_are_theirs_and_zero_elsewhere(case):
    outputs, targets, rows = case
    found = np.asarray(step_losses(LOGITS, targets, outputs.scored(targets)))
    for i, (logits, wanted) in enumerate(rows):
        np.testing.assert_allclose(found[i, : len(wanted)], nats(logits, wanted), rtol=1e-5)
        assert not found[i, len(wanted) :].any()


def test_accuracy_is_the_share_of_scored_steps(case):
    outputs, targets, rows = case
    found = np.asarray(outputs.metrics({"logits": LOGITS}, targets)["accuracy"])
    expected = [(row[0].argmax(axis=-1) == row[1]).mean() for row in rows[:2]]
    np.testing.assert_allclose(found, [*expected, 0], rtol=1e-6)


def test_size_counts_scored_steps_and_nothing_is_taught(case):
    outputs, targets, _ = case
    np.testing.assert_array_equal(outputs.size(targets), np.array(LENGTHS, np.float32))
    assert outputs.teacher_inputs(targets) == {}


def test_what_lies_at_padding_does_not_matter(case):
    outputs, targets, _ = case
    other = np.where((np.arange(5) < np.array(LENGTHS)[:, None])[:, :, None], LOGITS, 1e6)
    other = {"logits": other.astype(np.float32)}
    np.testing.assert_array_equal(
        outputs.loss(other, targets), outputs.loss({"logits": LOGITS}, targets)
    )


def test_bits_per_token_are_nats_over_log_two():
    targets = keras.ops.convert_to_tensor([[1, 2, 3, 1, 0]] * 3, "int32")
    outputs = NextToken(COUNT)
    bits = outputs.metrics({"logits": LOGITS}, targets)["bits_per_token"]
    np.testing.assert_allclose(
        bits, np.asarray(outputs.loss({"logits": LOGITS}, targets)) / 0.6931472
    )
    uniform = outputs.metrics({"logits": np.zeros_like(LOGITS)}, targets)["bits_per_token"]
    np.testing.assert_allclose(uniform, 2.0, rtol=1e-6)  # of four tokens


def test_a_crf_without_transitions_is_a_softmax_for_each_step():
    targets = keras.ops.convert_to_tensor([[0, 3, 2, 1, 1], [2, 2, -1, -1, -1], [-1] * 5], "int32")
    flat = {"logits": LOGITS, "transitions": np.zeros((3, COUNT + 2, COUNT), np.float32)}
    outputs, plain = Labels(COUNT), {"logits": LOGITS}
    np.testing.assert_allclose(
        outputs.loss(flat, targets), outputs.loss(plain, targets), rtol=1e-5, atol=1e-6
    )
    np.testing.assert_array_equal(
        outputs.metrics(flat, targets)["accuracy"], outputs.metrics(plain, targets)["accuracy"]
    )


def test_decided_labels_are_minus_one_at_padding():
    where = keras.ops.convert_to_tensor(np.arange(5) < np.array([[5], [2], [0]]))
    found = Labels(COUNT).decode({"logits": LOGITS}, where)
    assert found.keys() == {"tags"}
    np.testing.assert_array_equal(found["tags"], np.where(where, LOGITS.argmax(axis=-1), -1))


def test_the_metrics_of_a_crf_are_of_its_best_path():
    transitions = np.zeros((3, COUNT + 2, COUNT), np.float32)
    transitions[:, COUNT, 1] = 100.0  # must begin with 1
    targets = keras.ops.convert_to_tensor([[1] + [-1] * 4] * 3, "int32")
    answer = {"logits": LOGITS, "transitions": transitions}
    np.testing.assert_array_equal(Labels(COUNT).metrics(answer, targets)["accuracy"], np.ones(3))
