"""What holds for every strategy, and greedy decoding."""

import numpy as np
import pytest
import tensorflow as tf

from models.decoding import decode
from models.ids import END, PADDING, START, UNKNOWN
from models.spec.generation import Generation
from models.spec.settings import SpecError
from tests.models.decoding.writers import Writer, sequences

ROWS = 8
STRATEGIES = [
    Generation(max_tokens=9),
    Generation(max_tokens=9, strategy="beam", beam_width=3),
    Generation(max_tokens=9, strategy="sample", top_k=3, top_p=0.9, sampling_seed=5),
]
every_strategy = pytest.mark.parametrize("generation", STRATEGIES, ids=lambda each: each.strategy)


@pytest.fixture(scope="module")
def writer():
    return Writer(ROWS, seed=3, end=0.3)


@pytest.mark.parametrize(("least", "most"), [(0, 9), (3, 9), (4, 4), (0, 1)])
def test_greedy_follows_a_plain_reference(writer, least, most):
    decoded = writer.write(Generation(min_tokens=least, max_tokens=most))
    expected = [writer.greedy(row, least, most) for row in range(ROWS)]
    assert sequences(decoded) == [tokens for tokens, _, _ in expected]
    np.testing.assert_allclose(decoded.scores, [score for _, score, _ in expected], rtol=1e-5)
    assert writer.steps.numpy() == max(steps for _, _, steps in expected)


def test_the_rows_of_the_reference_end_at_different_lengths(writer):
    lengths = {len(writer.greedy(row, 0, 9)[0]) for row in range(ROWS)}
    assert len(lengths) > 2
    assert 0 in lengths


def test_it_stops_when_all_rows_have_ended():
    early = Writer(ROWS, end=100.0)
    for generation in STRATEGIES:
        decoded = early.write(generation)
        assert early.steps.numpy() == 1
        assert decoded.tokens.shape == (ROWS, 0)
        assert decoded.extras["attention"].shape == (ROWS, 0, 3)


@every_strategy
def test_it_stops_at_the_greatest_length(generation):
    never = Writer(ROWS, end=-100.0)
    decoded = never.write(generation)
    assert never.steps.numpy() == 9
    assert (decoded.lengths.numpy() == 9).all()


@every_strategy
def test_end_is_cut_off_and_padding_follows(writer, generation):
    decoded = writer.write(generation)
    tokens, lengths = decoded.tokens.numpy(), decoded.lengths.numpy()
    assert tokens.dtype == lengths.dtype == np.int32
    assert decoded.scores.dtype == tf.float32
    assert tokens.shape == (ROWS, lengths.max())
    real = np.arange(tokens.shape[1]) < lengths[:, None]
    assert (tokens[~real] == PADDING).all()
    assert not np.isin(tokens[real], [PADDING, START, END]).any()


@every_strategy
def test_what_is_most_probable_is_not_written_if_it_is_no_word(generation):
    writer = Writer(ROWS, end=-100.0)
    writer.bias[:, [PADDING, START]] += 100
    tokens = writer.write(generation).tokens.numpy()
    assert np.isin(tokens, writer.words()).all()
    assert (tokens == UNKNOWN).any()


@every_strategy
def test_end_waits_for_the_least_length(generation):
    least = 5
    eager = Writer(ROWS, end=100.0)
    decoded = eager.write(Generation(**{**vars(generation), "min_tokens": least}))
    assert (decoded.lengths.numpy() == least).all()
    assert eager.steps.numpy() == least + 1


@every_strategy
def test_attention_is_that_of_the_step_that_wrote_the_token(writer, generation):
    decoded = writer.write(generation)
    attention = decoded.extras["attention"].numpy()
    assert attention.dtype == np.float32
    for row, tokens in enumerate(sequences(decoded)):
        real = attention[row, : len(tokens)]
        if tokens:
            np.testing.assert_allclose(real, writer.attention(row, tokens), rtol=1e-4, atol=1e-6)
        assert (attention[row, len(tokens) :] == 0).all()


@pytest.mark.parametrize("generation", STRATEGIES[:2], ids=lambda each: each.strategy)
def test_a_row_is_written_as_if_it_were_alone(writer, generation):
    together = writer.write(generation)
    for row in range(ROWS):
        alone = writer.write(generation, slice(row, row + 1))
        assert sequences(alone) == sequences(together)[row : row + 1]
        np.testing.assert_allclose(alone.scores, together.scores[row : row + 1], rtol=1e-5)


@every_strategy
def test_without_a_graph_it_writes_the_same(writer, generation):
    eager = writer.call(generation, *writer.inputs())
    graph = writer.write(generation)
    np.testing.assert_array_equal(eager.tokens, graph.tokens)
    np.testing.assert_allclose(eager.scores, graph.scores, rtol=1e-5)
    np.testing.assert_allclose(
        eager.extras["attention"], graph.extras["attention"], rtol=1e-4, atol=1e-6
    )


@every_strategy
def test_neither_attention_nor_states_nor_context_are_needed(generation):
    table = tf.random.stateless_normal([7, 7], [1, 2])

    @tf.function
    def write(first):
        return decode(lambda token, *_: (tf.gather(table, token), {}, []), [], first, generation)

    decoded = write(tf.constant([4, 5]))
    assert decoded.extras == {}
    np.testing.assert_array_equal(decoded.tokens[1:], write(tf.constant([4, 5])).tokens[1:])


@every_strategy
def test_a_batch_may_be_empty(writer, generation):
    decoded = writer.write(generation, slice(0, 0))
    assert decoded.tokens.shape == (0, 0)
    assert decoded.lengths.shape == decoded.scores.shape == (0,)


@every_strategy
def test_half_precision_is_scored_in_float32(generation):
    class Half(Writer):
        def step(self, *given):
            logits, attention, states = super().step(*given)
            return tf.cast(logits, tf.bfloat16), attention, states

    decoded = Half(ROWS).write(generation)
    assert decoded.scores.dtype == tf.float32
    assert np.isfinite(decoded.scores).all()


def test_only_a_beam_has_a_width():
    with pytest.raises(SpecError, match="strategy=greedy has no beams; set strategy=beam"):
        decode(lambda *_: None, [], tf.constant([2]), Generation(), beam_width=2)


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(SpecError, match="max_tokens"):
        decode(lambda *_: None, [], tf.constant([2]), Generation(max_tokens=0))


@pytest.fixture(scope="module")
def export(writer):
    module = tf.Module()
    module.steps = writer.steps
    for generation in STRATEGIES:
        setattr(module, generation.strategy, writer.function(generation))
    return module


def test_an_export_writes_the_same_and_holds_no_xla(writer, export, tmp_path):
    tf.saved_model.save(export, str(tmp_path))
    loaded = tf.saved_model.load(str(tmp_path))
    assert b"_XlaMustCompile" not in (tmp_path / "saved_model.pb").read_bytes()
    for generation in STRATEGIES:
        write = getattr(loaded, generation.strategy)
        for rows in (slice(0, 1), slice(0, ROWS)):
            answer, expected = write(*writer.inputs(rows)), writer.write(generation, rows)
            np.testing.assert_array_equal(answer[0], expected.tokens)
            np.testing.assert_allclose(answer[2], expected.scores, rtol=1e-5)
            np.testing.assert_allclose(
                answer[3]["attention"], expected.extras["attention"], atol=1e-6
            )


@every_strategy
def test_it_is_one_loop(writer, generation):
    graph = writer.function(generation).get_concrete_function().graph
    assert [operation.type for operation in graph.get_operations()].count("While") == 1
