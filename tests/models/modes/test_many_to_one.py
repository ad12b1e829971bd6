"""Every cell with every pooling, every attention in both directions; the rest is in the matrix."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.build import build, load
from models.ids import PADDING, UNKNOWN
from models.inputs.tokens import TokenDropout, TokenInput
from models.layers.recurrent import plain
from models.outputs.classes import Classes
from models.spec import ATTENTIONS, POOLINGS, RECURRENT, ModelSpec

VOCABULARY, CLASSES, UNITS = 6, 3, 6
TEXTS = [[2, 3, 4, 2], [3, 2, 4], [4]]
UNUSED = [PADDING, UNKNOWN, 5]
CELLS = (*RECURRENT, "transformer")
HEADS = [("none", pooling) for pooling in POOLINGS]
HEADS += [(attention, "last") for attention in ATTENTIONS if attention != "none"]
NETWORKS = [(cell, True, ("none", pooling), 1) for cell in CELLS for pooling in POOLINGS]
NETWORKS += itertools.product(["gru", "transformer"], (False, True), HEADS[len(POOLINGS) :], (2,))
WIDTH = 5  # wider than the longest, as a bucket may be


@pytest.fixture(scope="module", autouse=True)
def plain_recurrence():
    """How a recurrence is computed is not the subject here, and this way nothing is compiled."""
    with plain():
        yield


def named(value):
    return str(value) if isinstance(value, str) else "-".join(map(str, value))


def spec_of(cell, bidirectional, head, layers):
    return ModelSpec(
        cell=cell,
        bidirectional=bidirectional,
        attention=head[0],
        pooling=head[1],
        attention_heads=2,
        layers=layers,
        residual=layers > 1 and cell in RECURRENT,
        units=UNITS,
        embedding_dim=5,
        dropout=0.0,
    )


def built(spec, seed=0):
    keras.utils.set_random_seed(seed)
    return build(spec, TokenInput(VOCABULARY), Classes(CLASSES))


@pytest.fixture(
    scope="module",
    params=NETWORKS,
    ids=lambda p: "-".join([p[0], "both" if p[1] else "forward", *p[2], str(p[3])]),
)
def network(request):
    spec = spec_of(*request.param)
    model = built(spec)
    noise = np.random.default_rng(0)  # no weight at a special value, such as a bias of zero
    start = [w + noise.normal(0, 0.1, w.shape).astype(w.dtype) for w in model.get_weights()]
    model.set_weights(start)
    yield spec, model, answer(model, padded(TEXTS))
    for weight, began in zip(model.get_weights(), start, strict=True):
        np.testing.assert_array_equal(weight, began)  # no test leaves a trace


def padded(texts, width=WIDTH):
    tokens = np.zeros((len(texts), width), np.int32)
    for row, text in zip(tokens, texts, strict=True):
        row[: len(text)] = text
    return tokens


def answer(model, tokens):
    return {name: np.asarray(value) for name, value in model({"tokens": tokens}).items()}


def test_the_answer_has_logits_and_attention_where_there_is_one(network):
    spec, model, found = network
    assert found.keys() == ({"logits"} if spec.attention == "none" else {"logits", "attention"})
    assert found["logits"].shape == (len(TEXTS), CLASSES)
    assert found["logits"].dtype == np.float32
    assert len(np.unique(found["logits"])) == len(TEXTS) * CLASSES
    stack = model.get_layer("stack")
    assert len(stack.recurrent_layers if spec.recurrent else stack.blocks) == spec.layers


def test_an_example_alone_and_in_a_padded_batch_give_the_same(network):
    _, model, together = network
    for i, text in enumerate(TEXTS):
        alone = answer(model, np.array([text], np.int32))
        np.testing.assert_allclose(together["logits"][i], alone["logits"][0], rtol=0, atol=1e-6)
        if "attention" in alone:
            at = together["attention"][i]
            np.testing.assert_allclose(at[: len(text)], alone["attention"][0], rtol=0, atol=1e-6)
            assert (at[len(text) :] == 0).all()
            assert at.sum() == pytest.approx(1, abs=1e-6)


def test_one_step_changes_every_weight_and_nothing_of_the_unused_tokens(network):
    _, model, _ = network
    before = model.get_weights()
    targets = keras.ops.one_hot([0, 1, 2], CLASSES)
    with tf.GradientTape() as tape:
        found = model({"tokens": padded(TEXTS)}, training=True)
        loss = tf.reduce_mean(Classes(CLASSES).loss(found, targets))
    variables = model.trainable_variables
    gradients = tape.gradient(loss, [v.value for v in variables])
    optimizer = keras.optimizers.Adam(0.01)
    optimizer.apply([tf.convert_to_tensor(g) for g in gradients], variables)
    after = model.get_weights()
    model.set_weights(before)
    assert len(before) == len(variables)
    for variable, old, new in zip(variables, before, after, strict=True):
        assert np.isfinite(new).all(), variable.path
        changed = old != new
        if "embedding" in variable.path:
            assert not changed[UNUSED].any()
            changed = np.delete(changed, UNUSED, axis=0)
        assert changed.all(), variable.path


def test_a_saved_network_is_loaded_equal(network, tmp_path):
    _, model, expected = network
    model.save(tmp_path / "model.keras")
    found = answer(load(tmp_path / "model.keras"), padded(TEXTS))
    assert expected.keys() == found.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(value, found[name])


@pytest.mark.parametrize("head", HEADS, ids=named)
def test_order_matters_to_the_network(head):
    model = built(spec_of("gru", False, head, 1))
    there, back = (answer(model, np.array([t]))["logits"] for t in ([2, 3, 4], [4, 3, 2]))
    assert np.abs(there - back).max() > 1e-4


def test_a_network_with_every_option_is_saved_and_loaded(tmp_path):
    spec = ModelSpec(
        bidirectional=True,
        attention="multi_head",
        attention_heads=2,
        layers=3,
        units=UNITS,
        residual=True,
        token_dropout=0.3,
        dropout=0.4,
        l1=1e-3,
        l2=1e-3,
    )
    model = built(spec)
    model.save(tmp_path / "model.keras")
    again = load(tmp_path / "model.keras")
    np.testing.assert_array_equal(
        answer(model, padded(TEXTS))["logits"], answer(again, padded(TEXTS))["logits"]
    )
    assert float(sum(model.losses)) == float(sum(again.losses)) > 0
    layers = [[*m.layers, *m.get_layer("stack").dropouts] for m in (model, again)]
    rates = [[layer.rate for layer in each if hasattr(layer, "rate")] for each in layers]
    assert rates[0] == rates[1] == [0.3, 0.4, 0.4, 0.4, 0.4]


@pytest.mark.parametrize("changes", [{"dropout": 0.5}, {"token_dropout": 0.5}])
def test_dropout_acts_in_training_alone(changes):
    model = built(ModelSpec(**({"units": UNITS, "dropout": 0.0} | changes)))
    tokens = {"tokens": padded(TEXTS)}
    calm = np.asarray(model(tokens, training=False)["logits"])
    np.testing.assert_array_equal(calm, model(tokens, training=False)["logits"])
    drawn = [np.asarray(model(tokens, training=True)["logits"]) for _ in range(2)]
    assert (drawn[0] != calm).any()
    assert (drawn[0] != drawn[1]).any()


def test_token_dropout_makes_that_share_unknown_and_leaves_padding():
    tokens = np.tile([2, 3, 4, PADDING], (5000, 1)).astype(np.int32)
    dropped = np.asarray(TokenDropout(0.3, seed=0)(tokens, training=True))
    assert (dropped[:, 3] == PADDING).all()
    real = dropped[:, :3]
    gone = real != tokens[:, :3]
    assert (real[gone] == UNKNOWN).all()
    assert gone.mean() == pytest.approx(0.3, abs=0.02)


def test_a_seed_decides_the_first_weights():
    spec = spec_of("lstm", True, ("dot", "last"), 2)
    first, same, other = (built(spec, seed).get_weights() for seed in (1, 1, 2))
    for a, b in zip(first, same, strict=True):
        np.testing.assert_array_equal(a, b)
    assert any((a != b).any() for a, b in zip(first, other, strict=True))
