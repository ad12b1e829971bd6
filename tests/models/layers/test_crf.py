"""The CRF against sums over all paths, written out."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from models.layers import crf

LABELS, TIME = 3, 4
LENGTHS = np.array([4, 2, 1, 0, 3])
BATCH = len(LENGTHS)
WHERE = np.arange(TIME) < LENGTHS[:, None]
OPEN = [
    tf.TensorSpec([None, None, LABELS], tf.float64),
    tf.TensorSpec([None, LABELS + 2, LABELS], tf.float64),
]
MASK = tf.TensorSpec([None, None], tf.bool)
TAGS = tf.TensorSpec([None, None], tf.int32)

log_likelihood = tf.function(crf.log_likelihood, input_signature=[*OPEN, TAGS, MASK])
log_partition = tf.function(crf.log_partition, input_signature=[*OPEN, MASK])
viterbi = tf.function(crf.viterbi, input_signature=[*OPEN, MASK])


def drawn(seed, scale=1.0):
    random = np.random.default_rng(seed)
    logits = random.normal(scale=scale, size=(BATCH, TIME, LABELS))
    transitions = random.normal(scale=scale, size=(LABELS + 2, LABELS))
    return logits, np.tile(transitions, (BATCH, 1, 1)), random.integers(0, LABELS, (BATCH, TIME))


def score(logits, transitions, path):
    start, end = transitions[LABELS], transitions[LABELS + 1]
    moves = sum(transitions[i, j] for i, j in itertools.pairwise(path))
    emitted = sum(logits[t, label] for t, label in enumerate(path))
    return start[path[0]] + emitted + moves + end[path[-1]]


def paths(logits, transitions, length):
    """All label paths of one sequence, and their probabilities."""
    ways = list(itertools.product(range(LABELS), repeat=length))
    scores = np.array([score(logits, transitions, path) for path in ways])
    highest = scores.max()
    partition = highest + np.log(np.exp(scores - highest).sum())
    return ways, scores - partition, partition


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("scale", [0.1, 3.0, 300.0])
def test_likelihood_is_that_of_a_sum_over_all_paths(seed, scale):
    logits, transitions, tags = drawn(seed, scale)
    found = log_likelihood(logits, transitions, np.where(WHERE, tags, -1), WHERE)
    normalised = log_partition(logits, transitions, WHERE)
    for row, length in enumerate(LENGTHS):
        if not length:
            assert found[row] == normalised[row] == 0
            continue
        ways, logs, partition = paths(logits[row], transitions[row], length)
        expected = logs[ways.index(tuple(tags[row, :length]))]
        np.testing.assert_allclose(found[row], expected, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(normalised[row], partition, rtol=1e-9)


@pytest.mark.parametrize("seed", range(10))
def test_viterbi_finds_the_best_of_all_paths_and_its_probability(seed):
    logits, transitions, _ = drawn(seed, 2.0)
    tags, scores = viterbi(logits, transitions, WHERE)
    assert tags.dtype == tf.int32
    for row, length in enumerate(LENGTHS):
        assert (tags[row, length:].numpy() == -1).all()
        if length:
            ways, logs, _ = paths(logits[row], transitions[row], length)
            best = int(np.argmax(logs))
            assert tuple(tags[row, :length].numpy()) == ways[best]
            np.testing.assert_allclose(scores[row], logs[best], rtol=1e-9)
        else:
            assert scores[row] == 0


def test_transitions_can_overrule_every_step_decided_for_itself():
    logits = np.array([[[0.0, 1.0, 0.0]] * 3])
    transitions = np.zeros((1, LABELS + 2, LABELS))
    transitions[0, 1, 1] = -5.0  # label 1 may not follow itself
    transitions[0, LABELS, 2] = 0.5  # begins with 2 rather than with 0
    tags, _ = viterbi(logits, transitions, np.ones((1, 3), bool))
    np.testing.assert_array_equal(tags, [[1, 0, 1]])
    transitions[0, LABELS + 1, 1] = -9.0  # and may not be the last
    transitions[0, LABELS + 1, 0] = -1.0
    tags, _ = viterbi(logits, transitions, np.ones((1, 3), bool))
    assert tags[0, 2] == 2


def test_gradients_are_those_of_finite_differences():
    logits, transitions, tags = drawn(5)
    shared = transitions[0]

    def total(logits, shared):
        scores = tf.broadcast_to(shared, transitions.shape)
        return tf.reduce_sum(log_likelihood(logits, scores, tags, WHERE))

    at = [tf.constant(logits), tf.constant(shared)]
    with tf.GradientTape() as tape:
        tape.watch(at)
        found = tape.gradient(total(*at), at)
    step = 1e-5
    for index, value in enumerate((logits, shared)):
        expected = np.zeros_like(value)
        for place in np.ndindex(value.shape):
            sides = []
            for sign in (1, -1):
                moved = [logits.copy(), shared.copy()]
                moved[index][place] += sign * step
                sides.append(total(*moved).numpy())
            expected[place] = (sides[0] - sides[1]) / (2 * step)
        np.testing.assert_allclose(found[index], expected, rtol=1e-5, atol=1e-7)
    assert (found[0].numpy()[~WHERE] == 0).all()


def test_what_lies_at_padding_does_not_matter():
    logits, transitions, tags = drawn(1)
    other = np.where(WHERE[:, :, None], logits, 1e6)
    other_tags = np.where(WHERE, tags, 2)
    np.testing.assert_array_equal(
        log_likelihood(logits, transitions, tags, WHERE),
        log_likelihood(other, transitions, other_tags, WHERE),
    )
    for a, b in zip(
        viterbi(logits, transitions, WHERE), viterbi(other, transitions, WHERE), strict=True
    ):
        np.testing.assert_array_equal(a, b)


def test_a_row_alone_without_its_padding_gives_the_same():
    logits, transitions, tags = drawn(2)
    together = log_likelihood(logits, transitions, tags, WHERE)
    best, _ = viterbi(logits, transitions, WHERE)
    for row, length in enumerate(LENGTHS[:3]):  # down to a single step
        own = (logits[row : row + 1, :length], transitions[row : row + 1])
        real = np.ones((1, length), bool)
        alone = log_likelihood(*own, tags[row : row + 1, :length], real)
        np.testing.assert_allclose(alone[0], together[row], rtol=1e-12)
        np.testing.assert_array_equal(viterbi(*own, real)[0][0], best[row, :length])


def test_transitions_are_learned_alike_for_all_examples():
    layer = crf.Transitions()
    given = layer(tf.zeros([2, 5, LABELS]))
    assert given.shape == (2, LABELS + 2, LABELS)
    layer.set_weights([np.arange(15, dtype=np.float32).reshape(5, 3)])
    given = layer(tf.zeros([2, 5, LABELS])).numpy()
    np.testing.assert_array_equal(given[0], layer.get_weights()[0])
    np.testing.assert_array_equal(given[1], given[0])
    assert log_partition.experimental_get_tracing_count() == 1  # all shapes above in one graph
