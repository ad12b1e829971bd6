"""Connectionist temporal classification against a sum over every single path."""

import itertools
from collections import defaultdict

import numpy as np
import pytest
import tensorflow as tf

from models.outputs.transcript import Transcript

IDS, TIME = 3, 4
OUTPUTS = Transcript(IDS)
STEPS = np.array([4, 3, 4, 2, 1, 0, 4, 4], np.int32)
TARGETS = np.array(
    [[1, 2, 0], [1, 1, 0], [1, 1, 2], [2, 0, 0], [0, 0, 0], [0, 0, 0], [2, 1, 2], [0, 0, 0]],
    np.int32,
)
LOGITS = np.random.default_rng(0).normal(size=(len(STEPS), TIME, IDS)).astype(np.float32) * 2


def spelled(path):
    """Repeated ids count once; then blanks vanish."""
    return tuple(token for token, _ in itertools.groupby(path) if token)


def distribution(logits):
    """Probability of every transcript, from that of every path, `[steps, ids]`."""
    logits = logits.astype(np.float64)
    chances = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    found = defaultdict(float)
    for path in itertools.product(range(IDS), repeat=len(logits)):
        found[spelled(path)] += np.prod([chances[t, token] for t, token in enumerate(path)])
    return found


def answer(logits=LOGITS, steps=STEPS):
    return {"logits": tf.convert_to_tensor(logits), "steps": tf.convert_to_tensor(steps)}


def listed(tokens):
    return [tuple(int(t) for t in row if t) for row in np.asarray(tokens)]


def test_loss_is_the_likelihood_over_all_paths_for_each_token():
    found = OUTPUTS.loss(answer(), tf.constant(TARGETS))
    for row, (steps, target) in enumerate(zip(STEPS, listed(TARGETS), strict=True)):
        likely = distribution(LOGITS[row, :steps])[target]
        assert float(found[row]) == pytest.approx(
            -np.log(likely) / max(len(target), 1), rel=1e-5, abs=1e-6
        )


def test_size_is_the_number_of_tokens_and_one_for_an_empty_transcript():
    np.testing.assert_array_equal(OUTPUTS.size(tf.constant(TARGETS)), [2, 2, 3, 1, 1, 1, 3, 1])


def test_the_gradient_is_that_of_the_likelihood():
    rows = [0, 1, 2, 4]
    targets = tf.constant(TARGETS[rows])
    logits = tf.Variable(LOGITS[rows])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(OUTPUTS.loss(answer(logits, STEPS[rows]), targets))
    gradient = np.asarray(tf.convert_to_tensor(tape.gradient(loss, logits)))
    for row, steps in enumerate(STEPS[rows]):
        target = listed(TARGETS[rows])[row]
        for t, token in itertools.product(range(TIME), range(IDS)):
            there, back = (LOGITS[rows][row].astype(np.float64) for _ in range(2))
            there[t, token] += 1e-4
            back[t, token] -= 1e-4
            costs = [-np.log(distribution(moved[:steps])[target]) for moved in (there, back)]
            expected = (costs[0] - costs[1]) / 2e-4 / max(len(target), 1)
            assert gradient[row, t, token] == pytest.approx(expected, abs=1e-4)


def test_a_target_that_its_input_is_too_short_for_has_no_loss_and_no_gradient():
    targets = tf.constant([[1, 2, 1], [1, 1, 0], [1, 2, 0]])
    logits = tf.Variable(LOGITS[:3])
    steps = np.array([2, 2, 2], np.int32)  # the second needs a blank between its tokens
    with tf.GradientTape() as tape:
        loss = OUTPUTS.loss(answer(logits, steps), targets)
    assert distribution(LOGITS[1, :2])[1, 1] == 0
    np.testing.assert_array_equal(np.asarray(loss) > 0, [False, False, True])
    np.testing.assert_array_equal(loss[:2], [0, 0])
    gradient = np.asarray(tape.gradient(loss, logits))
    assert np.isfinite(gradient).all()
    assert (gradient[:2] == 0).all()
    assert (gradient[2, :2] != 0).all()
    found = OUTPUTS.metrics(answer(LOGITS[:3], steps), targets)
    np.testing.assert_array_equal(found["too_long"], [1, 1, 0])


def test_padding_is_not_read_whatever_it_holds():
    targets, spoiled = tf.constant(TARGETS), LOGITS.copy()
    spoiled[np.arange(TIME) >= STEPS[:, None]] = 1e30
    before, after = tf.Variable(LOGITS), tf.Variable(spoiled)
    gradients = []
    for logits in (before, after):
        with tf.GradientTape() as tape:
            loss = OUTPUTS.loss(answer(logits), targets)
        gradients.append(np.asarray(tape.gradient(loss, logits)))
    np.testing.assert_array_equal(*gradients)
    for found in (OUTPUTS.decode, lambda a: OUTPUTS.decode(a, 3)):
        plain, dirty = found(answer()), found(answer(spoiled))
        for name, value in plain.items():
            np.testing.assert_array_equal(value, dirty[name])


def test_the_greedy_transcript_is_spelled_by_the_best_path():
    found = OUTPUTS.decode(answer())
    assert found["tokens"].dtype == found["lengths"].dtype == tf.int32
    logarithms = LOGITS - np.log(np.exp(LOGITS).sum(axis=-1, keepdims=True))
    paths = [LOGITS[row, :steps].argmax(axis=-1) for row, steps in enumerate(STEPS)]
    expected = [spelled(path.tolist()) for path in paths]
    assert len(set(expected)) > 3
    assert listed(found["tokens"]) == expected
    np.testing.assert_array_equal(found["lengths"], [len(tokens) for tokens in expected])
    scores = [logarithms[row, :steps].max(axis=-1).sum() for row, steps in enumerate(STEPS)]
    np.testing.assert_allclose(found["scores"], scores, rtol=1e-5, atol=1e-6)


def test_a_wide_beam_finds_the_most_probable_transcript_and_its_probability():
    random = np.random.default_rng(1)
    logits = random.normal(size=(20, TIME, IDS)).astype(np.float32)
    steps = random.integers(1, TIME + 1, 20).astype(np.int32)
    found = OUTPUTS.decode(answer(logits, steps), beam_width=100)
    greedy = listed(OUTPUTS.decode(answer(logits, steps))["tokens"])
    better = 0
    for row, tokens in enumerate(listed(found["tokens"])):
        chances = distribution(logits[row, : steps[row]])
        best = max(chances, key=lambda key, chances=chances: chances[key])
        assert tokens == best
        assert float(found["scores"][row]) == pytest.approx(np.log(chances[best]), abs=1e-5)
        better += tokens != greedy[row]
    assert better > 0, "these logits tell the two searches apart"


def test_the_error_rate_counts_edits_for_each_token_of_the_target():
    paths = [[1, 1, 2, 0], [1, 0, 1, 2], [0, 0, 0, 0], [2, 0, 1, 0], [0, 0, 0, 0]]
    targets = tf.constant([[1, 2], [2, 0], [1, 2], [0, 0], [0, 0]])
    logits = np.eye(IDS, dtype=np.float32)[paths] * 9
    found = OUTPUTS.metrics(answer(logits, np.full(5, TIME, np.int32)), targets)
    assert found.keys() == {"token_error_rate", "too_long"}
    # Right; 1 1 2 for 2; nothing for 1 2; 2 1 for nothing; nothing for nothing.
    np.testing.assert_allclose(found["token_error_rate"], [0, 2, 1, 2, 0])
    np.testing.assert_array_equal(found["too_long"], np.zeros(5))


def test_it_works_in_a_graph_of_open_shapes():
    @tf.function(
        input_signature=[
            tf.TensorSpec([None, None, IDS]),
            tf.TensorSpec([None], tf.int32),
            tf.TensorSpec([None, None], tf.int32),
        ]
    )
    def everything(logits, steps, targets):
        given = {"logits": logits, "steps": steps}
        loss = OUTPUTS.loss(given, targets)
        return loss, OUTPUTS.metrics(given, targets), OUTPUTS.decode(given, 2)["tokens"]

    loss, metrics, _ = everything(LOGITS, STEPS, TARGETS)
    expected = OUTPUTS.loss(answer(), tf.constant(TARGETS))
    np.testing.assert_allclose(loss, expected, rtol=1e-6)
    assert metrics["token_error_rate"].shape == (len(STEPS),)
