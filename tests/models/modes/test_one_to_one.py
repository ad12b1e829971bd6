"""The feed-forward network: every input, every head, every option."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.build import answer, build, load, streaming
from models.inputs.image import ImageInput
from models.inputs.vector import VectorInput
from models.outputs.classes import Classes
from models.outputs.tags import Tags
from models.outputs.values import Values
from models.spec import ModelSpec
from models.spec.settings import SpecError

BATCH, WIDTH, COUNT = 24, 5, 3
RANDOM = np.random.default_rng(0)
INPUTS = {
    "vector": (VectorInput(WIDTH), RANDOM.normal(size=(BATCH, WIDTH))),
    "image": (ImageInput(8, 8), RANDOM.normal(size=(BATCH, 8, 8, 1))),
}
OUTPUTS = {
    "classes": (Classes(COUNT), np.eye(COUNT)[RANDOM.integers(0, COUNT, BATCH)]),
    "tags": (Tags(COUNT), RANDOM.integers(0, 2, (BATCH, COUNT))),
    "values": (Values(COUNT), RANDOM.normal(size=(BATCH, COUNT))),
}
OPTIONS = {
    "plain": {},
    "deep": {"layers": 3, "residual": True, "layer_norm": True, "dropout": 0.2, "l2": 0.01},
}


def built(kind, head, seed=0, **changes):
    keras.utils.set_random_seed(seed)
    spec = ModelSpec.of("one_to_one", **{"units": 8, "dropout": 0.0, "filters": 3, **changes})
    spec = ModelSpec(**{**vars(spec), "input": kind, "head": head})
    return spec, build(spec, INPUTS[kind][0], OUTPUTS[head][0])


def given(kind):
    return {kind: INPUTS[kind][1].astype(np.float32)}


@pytest.mark.parametrize(("kind", "head", "options"), itertools.product(INPUTS, OUTPUTS, OPTIONS))
def test_a_step_changes_every_weight_and_a_file_none(kind, head, options, tmp_path):
    spec, model = built(kind, head, **OPTIONS[options])
    outputs, targets = OUTPUTS[head]
    with tf.GradientTape() as tape:
        found = model(given(kind), training=True)
        losses = outputs.loss(found, tf.constant(targets, tf.float32))
        loss = tf.reduce_mean(losses) + tf.add_n([0.0, *model.losses])
    assert losses.shape == (BATCH,)
    variables = model.trainable_variables
    gradients = tape.gradient(loss, [v.value for v in variables])
    for variable, gradient in zip(variables, gradients, strict=True):
        assert np.isfinite(gradient).all(), variable.path
        assert np.abs(gradient).max() > 0, variable.path
    keras.optimizers.Adam(0.01).apply(gradients, variables)

    name = "values" if head == "values" else "logits"
    asked = answer(spec, model, outputs)(given(kind))
    assert asked.keys() == {name}
    assert asked[name].shape == (BATCH, COUNT)
    model.save(tmp_path / "model.keras")
    again = load(tmp_path / "model.keras")(given(kind))
    np.testing.assert_array_equal(asked[name], again[name])


def test_dense_layers_are_what_they_are_said_to_be():
    _, model = built("vector", "values", layers=3, residual=True, layer_norm=True)
    noise = np.random.default_rng(1)
    weights = [w + noise.normal(0, 0.3, w.shape).astype(np.float32) for w in model.get_weights()]
    model.set_weights(weights)
    by_name = {v.path: np.asarray(v) for v in model.trainable_variables}
    x = given("vector")["vector"]
    for index in range(3):
        kernel, bias = by_name[f"dense_{index}/kernel"], by_name[f"dense_{index}/bias"]
        gamma, beta = by_name[f"norm_{index}/gamma"], by_name[f"norm_{index}/beta"]
        hidden = np.maximum(x @ kernel + bias, 0)
        mean, variance = hidden.mean(axis=1, keepdims=True), hidden.var(axis=1, keepdims=True)
        hidden = (hidden - mean) / np.sqrt(variance + 1e-3) * gamma + beta
        x = hidden + x if index else hidden
    expected = x @ by_name["values/kernel"] + by_name["values/bias"]
    np.testing.assert_allclose(model(given("vector"))["values"], expected, rtol=1e-4, atol=1e-5)


def test_penalties_are_on_the_kernels_of_the_dense_layers():
    _, model = built("image", "classes", layers=2, l1=0.1, l2=0.01)
    kernels = [np.asarray(model.get_layer(f"dense_{index}").kernel) for index in range(2)]
    expected = sum(0.1 * np.abs(k).sum() + 0.01 * (k**2).sum() for k in kernels)
    assert float(sum(model.losses)) == pytest.approx(expected, rel=1e-5)


def test_dropout_comes_after_each_layer_in_training_alone():
    _, model = built("vector", "classes", layers=2, dropout=0.5)
    rates = [layer.rate for layer in model.layers if hasattr(layer, "rate")]
    assert rates == [0.5, 0.5]
    calm = np.asarray(model(given("vector"), training=False)["logits"])
    np.testing.assert_array_equal(calm, model(given("vector"), training=False)["logits"])
    assert (np.asarray(model(given("vector"), training=True)["logits"]) != calm).any()


def test_an_example_alone_and_in_a_batch_give_the_same():
    for kind in INPUTS:
        _, model = built(kind, "classes", layers=2, layer_norm=True)
        together = np.asarray(model(given(kind))["logits"])
        alone = np.asarray(model({kind: given(kind)[kind][:1]})["logits"])
        np.testing.assert_allclose(together[:1], alone, rtol=0, atol=1e-6)


def test_it_cannot_be_fed_in_pieces():
    spec, model = built("vector", "classes")
    with pytest.raises(SpecError, match="no steps") as refused:
        streaming(spec, model, OUTPUTS["classes"][0])
    assert refused.value.field == "mode"


def test_it_learns_what_no_single_layer_can():
    keras.utils.set_random_seed(0)
    points = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    targets = tf.constant(np.eye(2)[[0, 1, 1, 0]], tf.float32)  # exclusive or
    outputs = Classes(2)
    spec = ModelSpec.of("one_to_one", units=16, dropout=0.0)
    model = build(spec, VectorInput(2), outputs)
    optimizer = keras.optimizers.Adam(0.05)
    optimizer.build(model.trainable_variables)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(outputs.loss(model({"vector": points}), targets))
        variables = model.trainable_variables
        optimizer.apply(tape.gradient(loss, [v.value for v in variables]), variables)
        return loss

    losses = [float(step()) for _ in range(100)]
    assert losses[0] > 0.3
    assert losses[-1] < 0.05
