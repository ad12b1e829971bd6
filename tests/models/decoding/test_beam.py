import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from models.decoding.largest import BLOCK, blocks_of, fill_blocks, largest
from models.spec.generation import Generation
from tests.models.decoding.writers import Writer, sequences

ROWS = 12
BEAM = Generation(strategy="beam", beam_width=3, max_tokens=8)


@pytest.fixture(scope="module")
def writer():
    return Writer(ROWS, seed=3, end=-0.5)


@pytest.fixture(scope="module")
def few_words():
    return Writer(ROWS, words=2, seed=3, end=-0.5)


def changed(**settings):
    return dataclasses.replace(BEAM, **settings)


@pytest.mark.parametrize("alpha", [0.0, 0.6, 2.0])
@pytest.mark.parametrize("least", [0, 2])
def test_a_beam_of_everything_finds_the_best_sequence_of_all(few_words, alpha, least):
    most = 4  # with UNKNOWN there are 3 words: 108 continuations in the last step
    everything = changed(beam_width=108, length_penalty=alpha, min_tokens=least, max_tokens=most)
    decoded = few_words.write(everything)
    expected = [few_words.best(row, alpha, least, most) for row in range(ROWS)]
    assert sequences(decoded) == [tokens for tokens, _ in expected]
    np.testing.assert_allclose(decoded.scores, [score for _, score in expected], rtol=1e-5)


def test_the_best_sequence_of_all_is_not_the_greedy_one(few_words):
    greedy = [few_words.greedy(row, 0, 4)[0] for row in range(ROWS)]
    best = {alpha: [few_words.best(row, alpha, 0, 4)[0] for row in range(ROWS)] for alpha in (0, 2)}
    assert greedy != best[0] != best[2] != greedy


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"beam_width": 2, "length_penalty": 0.0},
        {"beam_width": 5, "length_penalty": 1.0, "min_tokens": 2},
        {"min_tokens": 8},
        {"length_penalty": 5.0},
        {"beam_width": 30},
    ],
    ids=str,
)
def test_it_follows_a_search_with_lists_and_stops_no_later_and_no_earlier(writer, settings):
    generation = changed(**settings)
    width = generation.beam_width
    decoded = writer.write(generation)
    # The reference goes on where the bound would stop it: stopping changes no answer.
    expected = [writer.beam(row, width, generation, stop_early=False) for row in range(ROWS)]
    assert sequences(decoded) == [tokens for tokens, _, _ in expected]
    np.testing.assert_allclose(decoded.scores, [score for _, score, _ in expected], rtol=1e-5)
    steps = [writer.beam(row, width, generation)[2] for row in range(ROWS)]
    assert writer.steps.numpy() == max(steps)


def test_the_bound_stops_rows_of_the_reference_early(writer):
    late = [writer.beam(row, 30, changed(length_penalty=0.0), False)[2] for row in range(ROWS)]
    early = [writer.beam(row, 30, changed(length_penalty=0.0))[2] for row in range(ROWS)]
    assert all(a <= b for a, b in zip(early, late, strict=True))
    assert sum(early) < sum(late)


def test_a_beam_of_one_is_greedy(writer):
    one, greedy = (
        writer.write(changed(beam_width=1)),
        writer.write(changed(strategy="greedy")),
    )
    assert sequences(one) == sequences(greedy)
    np.testing.assert_array_equal(one.extras["attention"], greedy.extras["attention"])
    plain = writer.write(changed(beam_width=1, length_penalty=0.0))
    np.testing.assert_allclose(plain.scores, greedy.scores, rtol=1e-5)


def test_the_score_is_that_of_the_sequence(writer):
    decoded = writer.write(changed(length_penalty=0.0))
    for row, tokens in enumerate(sequences(decoded)):
        ended = [*tokens, 3] if len(tokens) < BEAM.max_tokens else tokens
        assert float(decoded.scores[row]) == pytest.approx(writer.log_p(row, ended), rel=1e-5)


def test_a_beam_keeps_the_attention_of_its_own_path(writer):
    decoded = writer.write(changed(min_tokens=8))
    assert decoded.tokens.shape[1] == 8
    for row, tokens in enumerate(sequences(decoded)):
        expected = writer.attention(row, tokens)
        np.testing.assert_allclose(decoded.extras["attention"][row], expected, rtol=1e-4, atol=1e-6)


def test_the_width_may_be_chosen_by_the_caller(writer):
    inputs = writer.inputs()

    @tf.function(input_signature=[tf.TensorSpec([], tf.int32)])
    def search(width):
        return writer.call(BEAM, *inputs, beam_width=width)

    for width in (1, 2, 7, 300):
        chosen, fixed = search(width), writer.write(changed(beam_width=width))
        np.testing.assert_array_equal(chosen.tokens, fixed.tokens)
        np.testing.assert_allclose(chosen.scores, fixed.scores, rtol=1e-5)
        np.testing.assert_allclose(chosen.extras["attention"], fixed.extras["attention"], atol=1e-6)
    for width, bound in (
        (0, "the minimum is 1"),
        (-3, "the minimum is 1"),
        (1025, "the maximum is 1024"),
    ):
        with pytest.raises(tf.errors.InvalidArgumentError, match=f"beam_width: {bound}"):
            search(width)


@pytest.mark.parametrize(
    ("columns", "k"), [(5, 1), (5, 5), (5, 100), (BLOCK, 128), (383, 4), (1000, 1), (1000, 300)]
)
def test_the_largest_are_those_of_top_k(columns, k):
    values = np.random.default_rng(columns).normal(size=(3, columns)).astype(np.float32)
    values[0, : columns // 2] = -np.inf
    filled = fill_blocks(tf.constant(values))
    assert filled.shape == (3, blocks_of(columns))
    best, places = largest(filled, k)
    np.testing.assert_array_equal(best, tf.math.top_k(filled, k).values)
    np.testing.assert_array_equal(tf.gather(filled, places, axis=1, batch_dims=1), best)
    assert all(len(set(row)) == k for row in places.numpy())
