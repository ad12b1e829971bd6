"""Every attention and direction for one cell, every cell without attention, and every head."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.build import answer, build, load
from models.inputs.tokens import TokenInput
from models.layers import crf
from models.layers.recurrent import plain
from models.outputs.labels import Labels
from models.outputs.next_token import NextToken
from models.spec import ATTENTIONS, ModelSpec

VOCABULARY, LABELS, TIME = 7, 3, 5
TEXTS = [[4, 5, 6, 4], [5, 4, 6], [6]]
TOKENS = np.array([text + [0] * (TIME - len(text)) for text in TEXTS], np.int32)
WHERE = TOKENS != 0
ANSWERED = np.where(WHERE, np.arange(15).reshape(3, 5) % LABELS, -1).astype(np.int32)
FOLLOWING = np.where(WHERE, np.roll(TOKENS, -1, axis=1) + 1, 0).astype(np.int32) % VOCABULARY

MAKES = [("lstm", *make, "labels") for make in itertools.product((False, True), ATTENTIONS)]
MAKES += [("lstm", False, "additive", "crf"), ("lstm", True, "none", "crf")]
MAKES += [
    (cell, bidirectional, "none", "labels")
    for cell in ("simple_rnn", "gru", "transformer")
    for bidirectional in (False, True)
]
MAKES += [("lstm", False, "dot", "next_token"), ("transformer", False, "none", "next_token")]


@pytest.fixture(scope="module", autouse=True)
def plain_recurrence():
    """How a recurrence is computed is not the subject here, and this way nothing is compiled."""
    with plain():
        yield


def made(cell, bidirectional, attention, head, **changes):
    keras.utils.set_random_seed(0)
    small = {"units": 6, "embedding_dim": 5, "attention_heads": 2, "dropout": 0.0} | changes
    spec = ModelSpec.of(
        "many_to_many",
        cell=cell,
        bidirectional=bidirectional,
        attention=attention,
        head=head,
        **small,
    )
    outputs = NextToken(VOCABULARY) if head == "next_token" else Labels(LABELS)
    return spec, build(spec, TokenInput(VOCABULARY), outputs), outputs


@pytest.fixture(scope="module", params=MAKES, ids=lambda m: "-".join(map(str, m)))
def network(request):
    spec, model, outputs = made(*request.param)
    noise = np.random.default_rng(0)  # no weight at a special value, such as a bias of zero
    model.set_weights([w + noise.normal(0, 0.1, w.shape) for w in model.get_weights()])
    return spec, model, outputs, found(model, TOKENS)


def found(model, tokens):
    return {name: np.asarray(value) for name, value in model({"tokens": tokens}).items()}


def test_answers_are_named_and_shaped(network):
    spec, _, _, together = network
    names = {"logits"}
    names |= {"attention"} if spec.attention != "none" else set()
    names |= {"transitions"} if spec.head == "crf" else set()
    assert together.keys() == names
    answers = VOCABULARY if spec.head == "next_token" else LABELS
    assert together["logits"].shape == (3, TIME, answers)
    assert together["logits"].dtype == np.float32
    if "attention" in names:
        assert together["attention"].shape == (3, TIME, TIME)
        before = np.tril(np.ones((TIME, TIME)), -1)
        allowed = 1 - np.eye(TIME) if spec.bidirectional else before
        real = WHERE[:, :, None] & WHERE[:, None, :] & (allowed > 0)
        np.testing.assert_array_equal(together["attention"] > 0, real)


def test_an_example_alone_and_in_a_padded_batch_give_the_same(network):
    _, model, _, together = network
    for i, text in enumerate(TEXTS):
        alone = found(model, np.array([text], np.int32))
        near = {"rtol": 0, "atol": 2e-6}
        steps = len(text)
        np.testing.assert_allclose(together["logits"][i, :steps], alone["logits"][0], **near)
        if "attention" in alone:
            at = together["attention"][i, :steps, :steps]
            np.testing.assert_allclose(at, alone["attention"][0], **near)


def test_only_who_reads_both_ways_sees_what_comes_later(network):
    spec, model, _, together = network
    later = TOKENS.copy()
    later[0, 2:4] = [4, 5]
    changed = found(model, later)["logits"][0]
    differs = np.abs(changed - together["logits"][0]).max(axis=-1) > 1e-7
    assert differs[2:4].all()
    assert differs[:2].all() if spec.bidirectional else not differs[:2].any()


def test_one_step_changes_every_weight(network):
    spec, model, outputs, _ = network
    targets = FOLLOWING if spec.head == "next_token" else ANSWERED
    before = model.get_weights()
    variables = model.trainable_variables
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(outputs.loss(model({"tokens": TOKENS}, training=True), targets))
    gradients = tape.gradient(loss, [v.value for v in variables])
    assert len(before) == len(variables)
    for variable, gradient in zip(variables, gradients, strict=True):
        gradient = tf.convert_to_tensor(gradient).numpy()
        assert np.isfinite(gradient).all(), variable.path
        if "embedding/" in variable.path:
            assert (gradient[[4, 5, 6]] != 0).all()
            assert (gradient[:4] == 0).all()
        else:
            assert (gradient != 0).mean() > 0.9, variable.path


def test_a_saved_network_is_loaded_equal(network, tmp_path):
    spec, model, outputs, together = network
    model.save(tmp_path / "model.keras")
    again = load(tmp_path / "model.keras")
    loaded = found(again, TOKENS)
    for name, value in together.items():
        np.testing.assert_array_equal(value, loaded[name])
    if spec.head != "next_token":
        tokens = {"tokens": tf.constant(TOKENS)}
        one, other = (answer(spec, each, outputs)(tokens) for each in (model, again))
        np.testing.assert_array_equal(one["tags"], other["tags"])


def test_tags_are_the_best_labels_of_each_step_or_of_the_whole():
    for head in ("labels", "crf"):
        spec, model, outputs = made("gru", True, "none", head)
        noise = np.random.default_rng(3)
        model.set_weights([w + noise.normal(0, 1, w.shape) for w in model.get_weights()])
        together = found(model, TOKENS)
        tags = answer(spec, model, outputs)({"tokens": tf.constant(TOKENS)})
        if head == "labels":
            best = np.where(WHERE, together["logits"].argmax(axis=-1), -1)
            assert tags.keys() == {"logits", "tags"}
        else:
            best, scores = crf.viterbi(together["logits"], together["transitions"], WHERE)
            assert tags.keys() == {"logits", "transitions", "tags", "scores"}
            np.testing.assert_allclose(tags["scores"], scores, rtol=1e-6)
        np.testing.assert_array_equal(tags["tags"], best)


def test_a_crf_learns_an_order_that_no_single_step_shows():
    """All tokens look alike; the labels alternate and end in 2."""
    spec, model, outputs = made("simple_rnn", False, "none", "crf", units=1)
    weights = {v.path: w for v, w in zip(model.weights, model.get_weights(), strict=True)}
    model.set_weights([np.zeros_like(w) for w in weights.values()])  # logits are the bias alone
    tokens = np.full((2, 5), 4, np.int32)
    tokens[1, 4] = 0
    targets = np.array([[0, 1, 0, 1, 2], [0, 1, 0, 2, -1]], np.int32)
    variables = [
        v for v in model.trainable_variables if v.path.startswith(("trans", "logits/bias"))
    ]
    assert len(variables) == 2
    optimizer = keras.optimizers.SGD(1.0)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(outputs.loss(model({"tokens": tokens}), targets))
        optimizer.apply(tape.gradient(loss, [v.value for v in variables]), variables)
        return loss

    losses = [float(step()) for _ in range(60)]
    assert losses[-1] < 0.2 < 0.9 < losses[0]
    tags = answer(spec, model, outputs)({"tokens": tf.constant(tokens)})["tags"]
    np.testing.assert_array_equal(tags, targets)


def test_dropout_acts_in_training_alone():
    _, model, _ = made("lstm", False, "dot", "labels", dropout=0.5)
    calm = found(model, TOKENS)["logits"]
    np.testing.assert_array_equal(calm, found(model, TOKENS)["logits"])
    drawn = [np.asarray(model({"tokens": TOKENS}, training=True)["logits"]) for _ in range(2)]
    assert (drawn[0] != calm).any()
    assert (drawn[0] != drawn[1]).any()
