import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from models.decoding import decode
from models.ids import END, PADDING, START
from models.spec.generation import Generation
from tests.models.decoding.writers import Writer, log_softmax, sequences

DRAWS = 4000
# Probabilities 0.3, 0.25, ... of the tokens 6, 4, 3 (END), 1, 5; the others cannot be drawn.
LOGITS = np.full(7, 2.0, np.float32)
LOGITS[[6, 4, 3, 1, 5]] = np.log([0.3, 0.25, 0.2, 0.15, 0.1])
ALLOWED = np.array([6, 4, 3, 1, 5])
DRAW = Generation(strategy="sample", max_tokens=1, sampling_seed=1)


def drawn(rows=DRAWS, **settings):
    """The tokens of rows that are all drawn from `LOGITS`, with END, `[rows, max_tokens]`."""
    generation = dataclasses.replace(DRAW, **settings)

    def step(tokens, states, context):
        return tf.tile(LOGITS[None], [tf.shape(tokens)[0], 1]), {}, states

    decoded = tf.function(lambda: decode(step, [], tf.fill([rows], START), generation))()
    tokens = decoded.tokens.numpy()
    tokens = np.pad(tokens, [(0, 0), (0, generation.max_tokens - tokens.shape[1])])
    lengths = decoded.lengths.numpy()
    ended = np.flatnonzero(lengths < generation.max_tokens)
    tokens[ended, lengths[ended]] = END
    return tokens


def expected(temperature=1.0, top_k=7, top_p=1.0):
    """The distribution over `ALLOWED`, most probable first."""
    p = np.exp(log_softmax(LOGITS[ALLOWED].astype(np.float64) / temperature))
    p[top_k:] = 0
    p /= p.sum()
    before = np.cumsum(p) - p
    p[1:][before[1:] >= top_p] = 0  # the most probable token is always there
    return p / p.sum()


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"temperature": 0.5},
        {"temperature": 3.0},
        {"top_k": 1},
        {"top_k": 3},
        {"top_k": 100},
        {"top_p": 0.0},
        {"top_p": 0.4},
        {"top_p": 0.8},
        {"top_p": 0.999},
        {"top_k": 4, "top_p": 0.5},
        {"top_k": 4, "top_p": 0.7, "temperature": 2.0},
    ],
    ids=str,
)
def test_tokens_are_drawn_as_often_as_they_are_probable(settings):
    tokens = drawn(**settings)[:, 0]
    counts = np.array([(tokens == token).sum() for token in ALLOWED])
    assert counts.sum() == DRAWS, "PADDING or START was written"
    probabilities = expected(**settings)
    assert (counts[probabilities == 0] == 0).all()
    likely = probabilities > 0
    statistic = stats.chisquare(counts[likely], probabilities[likely] * DRAWS).statistic
    assert statistic < stats.chi2.ppf(0.999, max(1, likely.sum() - 1))


def test_each_step_is_another_draw():
    tokens = drawn(max_tokens=2, min_tokens=2)
    table = [[((tokens == (a, b)).all(axis=1)).sum() for b in (6, 4, 1, 5)] for a in (6, 4, 1, 5)]
    assert np.sum(table) == DRAWS
    assert stats.chi2_contingency(table).pvalue > 1e-3


def test_each_row_is_another_draw():
    tokens = drawn()[:, 0]
    same = np.mean(tokens[1:] == tokens[:-1])
    assert same == pytest.approx((expected() ** 2).sum(), abs=0.03)


def test_a_seed_gives_its_text_again_and_another_one_another():
    first, again, other = drawn(sampling_seed=7), drawn(sampling_seed=7), drawn(sampling_seed=8)
    np.testing.assert_array_equal(first, again)
    assert np.mean(first == other) == pytest.approx((expected() ** 2).sum(), abs=0.03)


def test_more_rows_and_a_greater_length_do_not_change_what_was_drawn():
    few = drawn(rows=5, min_tokens=4, max_tokens=4)
    many = drawn(rows=50, min_tokens=9, max_tokens=9)
    np.testing.assert_array_equal(few, many[:5, :4])


@pytest.mark.parametrize(
    ("uniform", "settings", "token"),
    [
        (0.0, {}, 1),  # not PADDING, which comes first but has no probability
        (1 - 2**-23, {}, 6),
        (0.0, {"top_k": 5}, 6),
        (1 - 2**-23, {"top_k": 100}, 5),
        (1 - 2**-23, {"top_k": 2}, 4),
        (1 - 2**-23, {"top_p": 0.4}, 4),
    ],
)
def test_the_ends_of_the_unit_interval_draw_a_word(monkeypatch, uniform, settings, token):
    monkeypatch.setattr(tf.random, "stateless_uniform", lambda shape, _: tf.fill(shape, uniform))
    assert (drawn(rows=2, **settings) == token).all()


def test_end_is_drawn_and_ends_the_row():
    tokens = drawn(max_tokens=3)
    after = np.cumsum(tokens == END, axis=1) - (tokens == END) > 0
    assert after.any()
    assert (tokens[after] == PADDING).all()
    share = np.mean((tokens == END).any(axis=1))
    assert share == pytest.approx(1 - 0.8**3, abs=0.03)


def test_a_cold_draw_is_greedy():
    writer = Writer(8, seed=3, end=0.3)
    cold = writer.write(Generation(strategy="sample", temperature=0.01, max_tokens=9))
    greedy = writer.write(Generation(max_tokens=9))
    assert sequences(cold) == sequences(greedy)
    np.testing.assert_allclose(cold.scores, greedy.scores, rtol=1e-5)


def test_the_score_is_the_probability_that_the_network_gives():
    writer = Writer(8, seed=3)
    warm = Generation(strategy="sample", temperature=2.0, top_k=4, top_p=0.9, max_tokens=5)
    decoded = writer.write(warm)
    for row, tokens in enumerate(sequences(decoded)):
        ended = [*tokens, END] if len(tokens) < 5 else tokens
        assert float(decoded.scores[row]) == pytest.approx(writer.log_p(row, ended), rel=1e-5)
