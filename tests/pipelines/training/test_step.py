import keras
import numpy as np
import pytest
import tensorflow as tf

from models.outputs.labels import Labels
from pipelines.data.batching import Batch
from pipelines.training.optimizers import optimizer
from pipelines.training.optimizers.fused_adam import FusedAdam
from pipelines.training.optimizers.lazy_adam import LazyAdam
from pipelines.training.step import Step
from tests.pipelines.training import toys

TOKENS = np.array([[2, 2, 2], [2, 3, 4], [3, 3, 5], [6, 2, 3]], np.int32)
TARGETS = np.array([[1, 0], [0, 1], [0.3, 0.7], [0, 1]], np.float32)
EVEN = np.ones(4, np.float32)
UNEVEN = np.array([1, 2, 0.5, 0], np.float32)


def batch(weights=EVEN, rows=slice(None)):
    return Batch(
        {"tokens": tf.convert_to_tensor(TOKENS[rows])},
        tf.convert_to_tensor(TARGETS[rows]),
        tf.convert_to_tensor(weights[rows]),
        TOKENS[rows].size,
    )


def forward(model):
    """Pooled embeddings, probabilities and the loss of each example, in numpy."""
    embedding, kernel, bias = (w.astype(np.float64) for w in model.get_weights())
    pooled = embedding[TOKENS].mean(axis=1)
    logits = pooled @ kernel + bias
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return pooled, scores, -(TARGETS * np.log(scores)).sum(axis=1)


def gradients(model, weights, penalty=0.0):
    """Of the weighted mean loss by hand, in the order of the weights."""
    kernel = model.get_weights()[1].astype(np.float64)
    pooled, scores, _ = forward(model)
    of_logits = (scores - TARGETS) * (weights / weights.sum())[:, None]
    of_pooled = of_logits @ kernel.T
    of_embedding = np.zeros((toys.VOCABULARY, 3))
    for tokens, gradient in zip(TOKENS, of_pooled, strict=True):
        for token in tokens:  # the parts of a repeated token add up
            of_embedding[token] += gradient / len(tokens)
    return [of_embedding, pooled.T @ of_logits + 2 * penalty * kernel, of_logits.sum(axis=0)]


def norm_of(gradients):
    return np.sqrt(sum((g**2).sum() for g in gradients))


def made(model, clip=0.0, rate=1.0):
    optimizer = keras.optimizers.SGD(rate)
    optimizer.build(model.trainable_variables)
    return Step(model, toys.OUTPUTS, optimizer, clip)


@pytest.mark.parametrize("weights", [EVEN, UNEVEN], ids=["even", "uneven"])
@pytest.mark.parametrize("penalty", [0.0, 0.1])
def test_loss_norm_and_step_are_those_computed_by_hand(weights, penalty):
    model = toys.bag(dropout=0, penalty=penalty)
    before, expected = model.get_weights(), gradients(model, weights, penalty)
    _, scores, losses = forward(model)
    logs = made(model).train(batch(weights))
    squares = (before[1].astype(np.float64) ** 2).sum()
    loss = (losses * weights).sum() / weights.sum() + penalty * squares
    right = scores.argmax(axis=1) == TARGETS.argmax(axis=1)
    assert logs["loss"] == pytest.approx(loss, rel=1e-5)
    assert logs["accuracy"] == pytest.approx((right * weights).sum() / weights.sum())
    assert logs["gradient_norm"] == pytest.approx(norm_of(expected), rel=1e-5)
    for old, gradient, new in zip(before, expected, model.get_weights(), strict=True):
        np.testing.assert_allclose(new, old - gradient, rtol=1e-5, atol=1e-6)


def test_clipping_scales_the_step_and_reports_the_norm_before():
    model = toys.bag(dropout=0)
    before, expected = model.get_weights(), gradients(model, EVEN)
    norm = norm_of(expected)
    logs = made(model, clip=norm / 4).train(batch())
    assert logs["gradient_norm"] == pytest.approx(norm, rel=1e-5)
    for old, gradient, new in zip(before, expected, model.get_weights(), strict=True):
        np.testing.assert_allclose(new, old - gradient / 4, rtol=1e-5, atol=1e-6)


def test_a_gradient_within_the_limit_is_left_alone():
    models = [toys.bag(dropout=0) for _ in range(2)]
    made(models[0], clip=0.0).train(batch())
    made(models[1], clip=1e3).train(batch())
    for one, other in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_example_of_no_weight_teaches_nothing():
    model, without = toys.bag(dropout=0), toys.bag(dropout=0)
    made(model).train(batch(UNEVEN))
    made(without).train(batch(UNEVEN, slice(3)))
    for one, other in zip(model.get_weights(), without.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("cuts", [[4], [1, 3], [3, 1], [1, 1, 2]])
def test_a_measure_is_the_mean_over_examples_however_they_are_batched(cuts):
    model = toys.bag(penalty=0.5)  # measured without dropout and without the penalty
    _, scores, losses = forward(model)
    ends = np.cumsum(cuts)
    parts = [batch(UNEVEN, slice(end - n, end)) for n, end in zip(cuts, ends, strict=True)]
    measured = made(model).measure(parts)
    assert measured["loss"] == pytest.approx(losses.mean(), rel=1e-5)
    right = scores.argmax(axis=1) == TARGETS.argmax(axis=1)
    assert measured["accuracy"] == pytest.approx(right.mean())
    assert measured.keys() == {"loss", "accuracy"}


def labelled(lengths, seed=0):
    """Sequences of these lengths with a label for each step."""
    random = np.random.default_rng(seed)
    tokens = np.zeros((len(lengths), max(lengths)), np.int32)
    labels = np.full(tokens.shape, -1, np.int32)
    for row, length in enumerate(lengths):
        tokens[row, :length] = random.integers(2, toys.VOCABULARY, length)
        labels[row, :length] = random.integers(0, 2, length)
    weights = tf.ones([len(lengths)])
    return Batch({"tokens": tf.constant(tokens)}, tf.constant(labels), weights, sum(lengths))


def test_means_over_examples_of_different_lengths_are_means_over_their_steps():
    keras.utils.set_random_seed(0)
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    logits = keras.layers.Embedding(toys.VOCABULARY, 2)(tokens)
    model = keras.Model({"tokens": tokens}, {"logits": logits})
    whole = labelled([5, 1, 2])
    scores = tf.nn.log_softmax(logits_of := model(whole.inputs)["logits"]).numpy()
    labels = whole.targets.numpy()
    real = labels >= 0
    losses = -np.take_along_axis(scores, np.maximum(labels, 0)[..., None], 2)[..., 0][real]
    right = (logits_of.numpy().argmax(2) == labels)[real]
    step = Step(model, Labels(2), keras.optimizers.SGD(0.0), 0.0)
    measured = step.measure([whole])
    assert measured["loss"] == pytest.approx(losses.mean(), rel=1e-5)
    assert measured["accuracy"] == pytest.approx(right.mean(), rel=1e-5)
    logs = step.train(whole)
    assert logs["loss"] == pytest.approx(losses.mean(), rel=1e-5)
    assert logs["weight"] == real.sum() == 8


def test_a_measure_changes_nothing():
    model = toys.recurrent()
    before = [np.asarray(v) for v in model.variables]
    made(model).measure(toys.batches().once())
    for old, new in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(old, new)


def test_the_logs_of_a_step_are_plain_numbers_read_from_one_vector():
    step = made(toys.bag())
    logs = step.train(batch())
    assert all(type(value) is float for value in logs.values())
    graph = step._train(batch().inputs, batch().targets, batch().weights)
    assert graph.shape == (len(logs),)
    assert tuple(logs) == step.trained.names


def test_one_trace_serves_all_batch_sizes_and_lengths(monkeypatch):
    traced = []
    loss = type(toys.OUTPUTS).loss
    monkeypatch.setattr(type(toys.OUTPUTS), "loss", lambda *a: traced.append(1) or loss(*a))
    step = made(toys.bag())
    for size, width in ((2, 3), (3, 2), (7, 9), (1, 1)):
        tokens = {"tokens": tf.ones([size, width], tf.int32)}
        step.train(Batch(tokens, tf.ones([size, 2]), tf.ones([size]), 1))
    assert len(traced) == 1


def adam(model, outputs=toys.OUTPUTS, clip=0.0, **changes):
    """A step with the optimizer of these settings."""
    made = optimizer(toys.settings(**changes), 100)
    made.build(model.trainable_variables)
    return Step(model, outputs, made, clip)


def assert_close(one, other, tolerance=1e-5):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def test_norm_of_an_embedding_updated_by_rows_is_exact_where_tokens_repeat():
    model = toys.bag(dropout=0)
    expected = norm_of(gradients(model, EVEN))
    logs = adam(model, embedding_update="rows").train(batch())
    assert float(logs["gradient_norm"]) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("clip", [0.0, 1e-3])
def test_first_step_by_rows_is_that_of_adam(clip):
    # The moments are zero so far, as they are in Adam; epsilon makes clipping matter.
    models = [toys.bag(dropout=0) for _ in range(2)]
    for model, update in zip(models, ("rows", "dense"), strict=True):
        step = adam(model, clip=clip, embedding_update=update)
        step.optimizer.epsilon = 0.01
        step.train(batch())
    assert_close(*(model.get_weights() for model in models))


def test_embeddings_that_are_not_in_the_batch_are_left_alone_by_rows():
    model = toys.bag(dropout=0)
    step = adam(model, embedding_update="rows")
    step.train(batch())
    before = model.get_weights()[0]
    step.train(batch(rows=slice(1)))
    changed = np.flatnonzero((model.get_weights()[0] != before).any(axis=1))
    assert changed.tolist() == [2]


def test_dense_embedding_update_is_adam_of_keras():
    models = [toys.bag(dropout=0) for _ in range(2)]
    step = adam(models[0], clip=0.1, embedding_update="dense", ema=0.9)
    assert type(step.optimizer) is FusedAdam
    keras_adam = keras.optimizers.Adam(0.05, use_ema=True, ema_momentum=0.9)
    keras_adam.build(models[1].trainable_variables)
    expected = Step(models[1], toys.OUTPUTS, keras_adam, 0.1)
    for rows in (slice(None), slice(1), slice(2, 4), slice(1)):
        for one in (step, expected):
            one.train(batch(rows=rows))
    assert_close(*(model.get_weights() for model in models), tolerance=1e-4)
    assert_close(step.optimizer.variables, keras_adam.variables, tolerance=1e-4)


def test_adamw_decays_all_embeddings():
    model = toys.bag(dropout=0)
    before = model.get_weights()[0]
    adam(model, optimizer="adamw", weight_decay=0.1).train(batch())
    others = np.setdiff1d(np.arange(toys.VOCABULARY), TOKENS)
    kept = 1 - 0.1 * 0.05  # one minus the decay times the learning rate
    np.testing.assert_allclose(model.get_weights()[0][others], before[others] * kept, rtol=1e-6)


@pytest.mark.parametrize("tied", [True, False])
def test_tied_embedding_is_updated_as_by_adam(tied):
    results = []
    for update in ("rows", "dense"):
        keras.utils.set_random_seed(0)
        embedding = keras.layers.ReversibleEmbedding(toys.VOCABULARY, 3, tie_weights=tied)
        tokens = keras.Input((None,), dtype="int32", name="tokens")
        logits = embedding(embedding(tokens), reverse=True)
        model = keras.Model({"tokens": tokens}, {"logits": logits})
        step = adam(model, Labels(toys.VOCABULARY), 1.0, embedding_update=update, ema=0.9)
        for seed in range(4):
            step.train(labelled([2, 1], seed))
        averages = step.optimizer._model_variables_moving_average
        results.append([*model.get_weights(), *map(np.array, averages)])
    if tied:
        assert_close(*results)
    else:  # looked up in and nothing else: by rows, which is not the same after the first step
        assert np.abs(results[0][0] - results[1][0]).max() > 1e-3


def test_optimizer_that_is_not_built_is_built_by_the_first_step():
    model = toys.bag(dropout=0)
    lazy = LazyAdam(0.05, use_ema=True)
    Step(model, toys.OUTPUTS, lazy, 1.0).train(batch())
    assert_close(lazy._model_variables_moving_average, model.get_weights())
