"""The Transformer that reads: its numbers, what it may see, what padding may do, its pieces."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.layers.stack import make_stack
from models.layers.transformer import TransformerStack
from models.spec import ModelSpec
from tests.models.layers.transformer.numpy_transformer import transformer

FEATURES, UNITS, TIME = 3, 6, 7
LENGTHS = [7, 4, 1]


def where_of(lengths, time):
    return np.arange(time) < np.array(lengths)[:, None]


WHERE = where_of(LENGTHS, TIME)


def built(features=FEATURES, **changes):
    """A stack without any weight at a special value, such as a bias of zero."""
    keras.utils.set_random_seed(1)
    settings = {"units": UNITS, "layers": 2, "attention_heads": 2} | changes
    stack = TransformerStack(**settings, name="stack")
    stack.build((None, None, features))
    random = np.random.default_rng(2)
    for weight in stack.weights:
        if "seed" not in weight.path:
            weight.assign_add(random.normal(0, 0.3, weight.shape))
    return stack


@pytest.fixture(scope="module")
def causal():
    return built()


@pytest.fixture(scope="module")
def both():
    return built(bidirectional=True)


@pytest.fixture
def sequence():
    return np.random.default_rng(0).normal(size=(3, TIME, FEATURES)).astype(np.float32)


def read(stack, sequence, mask=None, states=None):
    outputs, after = stack(sequence, mask=mask, states=states)
    return np.asarray(outputs), after


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-6)


@pytest.mark.parametrize(
    "changes",
    [
        {"layers": 1},
        {"layers": 1, "bidirectional": True},
        {"units": 5, "attention_heads": 1},
        {"features": UNITS, "embedded": True},
        {"embedded": True, "bidirectional": True, "attention_heads": 3},
    ],
    ids=str,
)
def test_the_numbers_are_those_of_the_paper(changes, sequence):
    stack = built(**changes)
    features = changes.get("features", FEATURES)
    sequence = np.resize(sequence, (3, TIME, features))
    found, _ = read(stack, sequence, WHERE)
    for row, example, length in zip(found, sequence, LENGTHS, strict=True):
        expected, _ = transformer(stack, example[:length], not stack.bidirectional)
        close(row[:length], expected)


def test_only_an_input_of_another_width_is_projected():
    assert not [w for w in built(features=UNITS).weights if "projection" in w.path]
    assert len([w for w in built().weights if "projection" in w.path]) == 2


def test_a_spec_gives_the_stack():
    spec = ModelSpec(
        cell="transformer", units=8, layers=3, attention_heads=2, dropout=0.1, l1=0.2, l2=0.3
    )
    stack = make_stack(spec, "reader")
    assert isinstance(stack, TransformerStack)
    config = stack.get_config()
    expected = {"units": 8, "layers": 3, "attention_heads": 2, "dropout": 0.1, "l1": 0.2}
    expected |= {"l2": 0.3, "bidirectional": False, "embedded": True, "name": "reader"}
    assert expected.items() <= config.items()
    assert (stack.width, len(stack.blocks)) == (8, 3)
    frames = ModelSpec(cell="transformer", input="frames", bidirectional=True)
    assert make_stack(frames).bidirectional
    assert not make_stack(frames).embedded


def test_what_comes_later_changes_nothing(causal, sequence):
    before, _ = read(causal, sequence)
    for t in range(TIME - 1):
        changed = sequence.copy()
        changed[:, t + 1 :] += 1
        after, _ = read(causal, changed)
        np.testing.assert_array_equal(after[:, : t + 1], before[:, : t + 1])
        assert (np.abs(after - before)[:, t + 1 :] > 1e-3).any(axis=-1).all()


def jacobian(stack, sequence):
    """How much each step of the input matters to each output: `[output step, input step]`."""
    with tf.GradientTape() as tape:
        given = tf.constant(sequence[:1])
        tape.watch(given)
        outputs, _ = stack(given)
        outputs = outputs[0] * tf.random.stateless_normal(outputs.shape[1:], [1, 2])
    return np.abs(tape.jacobian(outputs, given)[:, :, 0]).sum(axis=(1, 3))


def test_gradients_flow_from_the_past_alone_or_from_both_sides(causal, both, sequence):
    np.testing.assert_array_equal(jacobian(causal, sequence) > 0, np.tri(TIME, dtype=bool))
    assert (jacobian(both, sequence) > 0).all()


@pytest.mark.parametrize("kind", ["causal", "both"])
def test_padding_changes_nothing(kind, sequence, request):
    stack = request.getfixturevalue(kind)
    found, _ = read(stack, sequence, WHERE)
    other = np.where(WHERE[:, :, None], sequence, 1e3).astype(np.float32)
    np.testing.assert_array_equal(read(stack, other, WHERE)[0][WHERE], found[WHERE])
    for i, length in enumerate(LENGTHS):
        close(found[i : i + 1, :length], read(stack, sequence[i : i + 1, :length])[0])


@pytest.mark.parametrize("kind", ["causal", "both"])
def test_padding_on_the_left_and_between_changes_nothing_either(kind, sequence, request):
    stack = request.getfixturevalue(kind)
    real = np.array([False, True, False, False, True, True, False])
    found, _ = read(stack, sequence[:1], real[None])
    close(found[:, real], read(stack, sequence[:1, real])[0])


@pytest.mark.parametrize("kind", ["causal", "both"])
def test_a_row_of_nothing_but_padding_is_finite_with_its_gradients(kind, sequence, request):
    stack = request.getfixturevalue(kind)
    with tf.GradientTape() as tape:
        outputs, _ = stack(sequence, mask=where_of([TIME, 0, 0], TIME))
        loss = tf.reduce_sum(outputs**2)
    assert np.isfinite(outputs).all()
    for gradient in tape.gradient(loss, stack.trainable_weights):
        assert np.isfinite(gradient).all()


@pytest.mark.parametrize("cuts", [[3], [1, 2, 6], list(range(1, TIME))], ids=str)
@pytest.mark.parametrize("masked", [False, True])
def test_pieces_give_what_the_whole_gives(cuts, masked, causal, sequence):
    mask = WHERE if masked else None
    whole, kept = read(causal, sequence, mask)
    states, found = causal.initial_states(3), []
    for piece in np.split(np.arange(TIME), cuts):
        part = None if mask is None else mask[:, piece]
        outputs, states = read(causal, sequence[:, piece], part, states)
        found.append(outputs)
    real = np.ones_like(WHERE) if mask is None else mask
    close(np.concatenate(found, axis=1)[real], whole[real])
    np.testing.assert_array_equal(states[0], kept[0])


def test_padding_inside_of_earlier_pieces_is_not_looked_at_and_not_counted(causal, sequence):
    # How many real steps each of three pieces of width 4 holds, row by row; the rest is padding.
    held = np.array([[4, 1, 2], [0, 3, 1], [2, 0, 4]])
    states, found = None, [[], [], []]
    for piece in held.T:
        padded = np.full((3, 4, FEATURES), 50, np.float32)
        for i, count in enumerate(piece):
            begun = sum(map(len, found[i]))
            padded[i, :count] = sequence[i, begun : begun + count]
        outputs, states = read(causal, padded, where_of(piece, 4), states)
        for i, count in enumerate(piece):
            found[i].append(outputs[i, :count])
    for i, parts in enumerate(found):
        together = np.concatenate(parts)
        close(together, read(causal, sequence[i : i + 1, : len(together)])[0][0])
    np.testing.assert_array_equal(np.sum(states[0], axis=1), held.sum(axis=1))


def test_the_states_are_as_said(causal, sequence):
    specs = causal.state_specs()
    _, after = read(causal, sequence, WHERE)
    assert [s.dtype.name for s in specs] == ["bool"] + 4 * ["float32"]
    for past, states in ((0, causal.initial_states(3)), (TIME, after)):
        assert [tuple(s.shape) for s in states] == [(3, past)] + 4 * [(3, past, UNITS)]
        assert all(s.is_compatible_with(t) for s, t in zip(specs, states, strict=True))
    symbolic = causal(keras.Input((None, FEATURES)))
    assert symbolic[0].shape == (None, None, UNITS)
    assert [s.shape for s in symbolic[1]] == [tuple(s.shape) for s in specs]


def test_who_sees_both_sides_has_no_states(both, sequence):
    assert both.state_specs() == both.initial_states(3) == read(both, sequence)[1] == []
    assert read(both, sequence, WHERE, states=[])[0].shape == (3, TIME, UNITS)
    with pytest.raises(ValueError, match="cannot be streamed"):
        both(sequence, states=[WHERE])


def test_it_runs_in_a_graph_with_open_shapes_and_in_a_loop_with_growing_states(causal, sequence):
    specs = causal.state_specs()

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, None, FEATURES], tf.float32),
            tf.TensorSpec([None, None], tf.bool),
        ]
    )
    def step_by_step(sequence, mask):
        shape = tf.shape(sequence)
        gathered = tf.TensorArray(tf.float32, shape[1])

        def step(t, gathered, *states):
            own = slice(t, t + 1)
            outputs, after = causal(sequence[:, own], mask=mask[:, own], states=[*states])
            return t + 1, gathered.write(t, outputs[:, 0]), *after

        _, gathered, *states = tf.while_loop(
            lambda t, *_: t < shape[1],
            step,
            (0, gathered, *causal.initial_states(shape[0])),
            (tf.TensorShape([]), tf.TensorShape(None), *(s.shape for s in specs)),
        )
        return tf.transpose(gathered.stack(), [1, 0, 2]), states

    for rows, time in ((3, TIME), (1, 4)):
        found, states = step_by_step(sequence[:rows, :time], WHERE[:rows, :time])
        whole, kept = read(causal, sequence[:rows, :time], WHERE[:rows, :time])
        close(np.asarray(found)[WHERE[:rows, :time]], whole[WHERE[:rows, :time]])
        for state, expected in zip(states[1:], kept[1:], strict=True):
            real = WHERE[:rows, :time]
            close(np.asarray(state)[real], np.asarray(expected)[real])
