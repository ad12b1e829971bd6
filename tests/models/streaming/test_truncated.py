"""Truncated backpropagation against the full one."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.build import build, streaming
from models.inputs.features import FeatureInput
from models.inputs.tokens import TokenInput
from models.layers.recurrent import plain
from models.outputs.labels import Labels
from models.outputs.next_token import NextToken
from models.spec import ModelSpec
from models.streaming.truncated import Windows

VOCABULARY, TIME = 8, 10
TOKENS = np.random.default_rng(0).integers(4, VOCABULARY, (3, TIME)).astype(np.int32)
TOKENS[1, 7:] = 0
TOKENS[2, 2:] = 0
TARGETS = np.where(TOKENS != 0, np.roll(TOKENS, -1, axis=1), 0).astype(np.int32)
TARGETS[0, -1] = TARGETS[1, 6] = TARGETS[2, 1] = 3
OUTPUTS = NextToken(VOCABULARY)
MAKES = [("lstm", "none"), ("gru", "dot"), ("transformer", "none")]
CLOSE = {"rtol": 1e-4, "atol": 1e-6}


@pytest.fixture
def plain_recurrence():
    """How a recurrence is computed is not the subject then, and this way nothing is compiled."""
    with plain():
        yield


def made(cell, attention="none", dropout=0.0):
    keras.utils.set_random_seed(0)
    spec = ModelSpec.of(
        "many_to_many",
        head="next_token",
        cell=cell,
        attention=attention,
        layers=2,
        units=5,
        embedding_dim=4,
        attention_heads=1,
        dropout=dropout,
    )
    model = build(spec, TokenInput(VOCABULARY), OUTPUTS)
    return model, streaming(spec, model, OUTPUTS)


def total(answer, targets):
    """Summed over steps, so that windows add up."""
    return tf.reduce_sum(OUTPUTS.loss(answer, targets) * OUTPUTS.size(targets))


def graph_of_a_window(model, windows):
    """Loss, gradient and states of a window."""
    variables = [v.value for v in model.trainable_variables]

    @tf.function
    def step(inputs, targets, states):
        with tf.GradientTape() as tape:
            answer, states = windows.read(inputs, states)
            loss = total(answer, targets)
        found = tape.gradient(loss, variables)
        return loss, [tf.convert_to_tensor(g) for g in found], states

    return step


def gradients(model, windows):
    """Loss and gradient, summed over the windows of the batch, each with a tape of its own."""
    step, states, loss, sums = graph_of_a_window(model, windows), windows.start(3), 0.0, None
    for inputs, targets in windows.cut({"tokens": TOKENS}, TARGETS, 0):
        own, found, states = step(inputs, targets, states)
        sums = found if sums is None else [a + b for a, b in zip(sums, found, strict=True)]
        loss += own
    return loss, sums


@tf.function
def full(model):
    with tf.GradientTape() as tape:
        loss = total(model({"tokens": TOKENS}, training=True), TARGETS)
    found = tape.gradient(loss, [v.value for v in model.trainable_variables])
    return loss, [tf.convert_to_tensor(g) for g in found]


@pytest.mark.usefixtures("plain_recurrence")
@pytest.mark.parametrize(("cell", "attention"), MAKES)
def test_states_cross_borders_in_value_and_a_window_over_all_is_full_backpropagation(
    cell, attention
):
    model, network = made(cell, attention)
    loss, expected = full(model)
    whole_loss, whole = gradients(model, Windows(network, TIME))
    np.testing.assert_allclose(whole_loss, loss, rtol=1e-5)
    for a, b in zip(whole, expected, strict=True):
        np.testing.assert_allclose(a, b, **CLOSE)
    # The same loss in windows: the states were handed on; but another gradient: it was cut.
    cut_loss, cut = gradients(model, Windows(network, 4))
    np.testing.assert_allclose(cut_loss, loss, rtol=1e-5)
    assert max(np.abs(a - b).max() for a, b in zip(cut, expected, strict=True)) > 1e-3


@pytest.mark.usefixtures("plain_recurrence")
def test_no_gradient_crosses_a_border_even_within_one_tape():
    model, network = made("simple_rnn")
    windows = Windows(network, 5)
    (before, _), (after, targets) = windows.cut({"tokens": TOKENS}, TARGETS, 0)
    table = model.get_layer("embedding").embeddings.value

    @tf.function
    def found(read):
        with tf.GradientTape() as tape:
            _, states = windows.read(before, windows.start(3))
            answer, _ = read(after, states, training=True)
            loss = total(answer, targets)
        return tf.convert_to_tensor(tape.gradient(loss, table))

    unseen = np.setdiff1d(TOKENS[:, :5], TOKENS[:, 5:])
    assert len(unseen)
    assert (found(windows.read).numpy()[unseen] == 0).all()
    assert (found(network.step).numpy()[unseen] != 0).all()  # which cuts nothing


def test_one_graph_serves_all_windows_of_all_lengths():
    model, network = made("gru")
    windows = Windows(network, 4)
    step = graph_of_a_window(model, windows)
    for time in (3, 10, 41):
        tokens = np.random.default_rng(0).integers(4, VOCABULARY, (3, time)).astype(np.int32)
        states = windows.start(3)
        for inputs, targets in windows.cut({"tokens": tokens}, tokens, 0):
            _, _, states = step(inputs, targets, states)
        assert {name: state.shape.as_list() for name, state in states.items()} == {
            "state_0": [3, 5],
            "state_1": [3, 5],
        }
    assert step.experimental_get_tracing_count() == 1


def test_dropout_is_drawn_in_training():
    _, network = made("gru", dropout=0.5)
    windows = Windows(network, TIME)
    states = windows.start(3)
    drawn = [windows.read({"tokens": TOKENS}, states)[0]["logits"] for _ in range(2)]
    assert np.abs(drawn[0] - drawn[1]).max() > 0
    calm = [windows.read({"tokens": TOKENS}, states, training=False)[0] for _ in range(2)]
    np.testing.assert_array_equal(calm[0]["logits"], calm[1]["logits"])


def test_windows_are_as_long_as_each_other_and_hold_every_step_once():
    windows = Windows(made("gru")[1], 4)
    cut = list(windows.cut({"tokens": TOKENS}, TARGETS, 0))
    assert [inputs["tokens"].shape.as_list() for inputs, _ in cut] == [[3, 4]] * 3
    for index, whole in enumerate((TOKENS, TARGETS)):
        parts = [targets if index else inputs["tokens"] for inputs, targets in cut]
        together = np.concatenate(parts, axis=1)
        np.testing.assert_array_equal(together[:, :TIME], whole)
        assert (together[:, TIME:] == 0).all()


def test_lengths_are_those_within_each_window():
    spec = ModelSpec.of("many_to_many", input="features", units=4)
    model = build(spec, FeatureInput(2), Labels(3))
    windows = Windows(streaming(spec, model, Labels(3)), 4)
    features = np.random.default_rng(0).normal(size=(3, 6, 2)).astype(np.float32)
    inputs = {"features": features, "lengths": np.array([6, 4, 1], np.int32)}
    targets = np.where(np.arange(6) < np.array([[6], [4], [1]]), 1, -1).astype(np.int32)
    cut = list(windows.cut(inputs, targets, -1))
    lengths = [part["lengths"].numpy().tolist() for part, _ in cut]
    assert lengths == [[4, 4, 1], [2, 0, 0]]
    np.testing.assert_array_equal(cut[1][1][0], [1, 1, -1, -1])
    states, found = windows.start(3), []
    for part, _ in cut:
        answers, states = windows.read(part, states, training=False)
        found.append(answers["logits"])
    whole = model(inputs)["logits"]
    together = np.concatenate(found, axis=1)[:, :6]
    np.testing.assert_allclose(together[targets >= 0], whole[targets >= 0], rtol=1e-5, atol=1e-6)
