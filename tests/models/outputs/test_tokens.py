import numpy as np
import pytest

from models.ids import END, PADDING, START
from models.outputs.tokens import Tokens

VOCABULARY = 7
TARGETS = np.array([[4, 5, END, 0], [6, END, 0, 0], [4, 4, 1, END]], np.int32)
LENGTHS = (TARGETS > 0).sum(axis=1)


@pytest.fixture
def logits():
    return np.random.default_rng(0).normal(0, 2, (*TARGETS.shape, VOCABULARY)).astype(np.float32)


def log_softmax(logits):
    logits = np.float64(logits)
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))


def test_the_decoder_reads_start_and_the_token_before_each_scored_step():
    previous = Tokens(VOCABULARY).teacher_inputs(TARGETS)["previous"]
    assert np.asarray(previous).dtype == np.int32
    wanted = [[START, 4, 5, 0], [START, 6, 0, 0], [START, 4, 4, 1]]
    np.testing.assert_array_equal(previous, wanted)


def test_size_counts_the_tokens_and_the_end():
    np.testing.assert_array_equal(Tokens(VOCABULARY).size(TARGETS), [3, 2, 4])


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.4])
def test_the_loss_is_the_cross_entropy_with_the_smoothed_distribution(smoothing, logits):
    loss = np.asarray(Tokens(VOCABULARY, smoothing).loss({"logits": logits}, TARGETS))
    assert loss.dtype == np.float32
    written = [i for i in range(VOCABULARY) if i not in (PADDING, START)]
    probable = log_softmax(logits)
    for i, length in enumerate(LENGTHS):
        wanted = []
        for t in range(length):
            q = np.zeros(VOCABULARY)
            q[written] = smoothing / len(written)
            q[TARGETS[i, t]] += 1 - smoothing
            assert q.sum() == pytest.approx(1)
            wanted.append(-(q * probable[i, t]).sum())
        assert loss[i] == pytest.approx(np.mean(wanted), rel=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_padding_is_not_scored(smoothing, logits):
    outputs = Tokens(VOCABULARY, smoothing)
    other = np.where((TARGETS > 0)[:, :, None], logits, 50).astype(np.float32)
    wider = np.pad(TARGETS, [(0, 0), (0, 2)])
    exact, padded = {"logits": logits}, {"logits": np.pad(other, [(0, 0), (0, 2), (0, 0)])}
    np.testing.assert_allclose(outputs.loss(padded, wider), outputs.loss(exact, TARGETS), rtol=1e-5)
    for name, value in outputs.metrics(exact, TARGETS).items():
        np.testing.assert_allclose(outputs.metrics(padded, wider)[name], value, rtol=1e-6)


def test_accuracy_is_over_the_scored_tokens(logits):
    right = np.array([[1, 0, 1, 1], [1, 1, 0, 0], [0, 0, 1, 0]], bool)
    said = np.where(right, TARGETS, (TARGETS + 1) % VOCABULARY)
    certain = np.eye(VOCABULARY, dtype=np.float32)[said]
    accuracy = Tokens(VOCABULARY).metrics({"logits": certain}, TARGETS)["token_accuracy"]
    np.testing.assert_allclose(accuracy, [2 / 3, 1, 1 / 4], rtol=1e-6)
