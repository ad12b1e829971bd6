import keras
import numpy as np
import pytest
import tensorflow as tf

from models.build import build, streaming
from models.inputs.tokens import TokenInput
from models.outputs.next_token import NextToken
from models.spec import ModelSpec
from pipelines.data.batching import Batch, Batches, Encoded
from pipelines.data.ragged import Ragged
from pipelines.evaluation.metric import Metric
from pipelines.training.loop import Loop
from pipelines.training.optimizers.lazy_adam import LazyAdam
from pipelines.training.step import Step
from pipelines.training.windowed import WindowedStep
from tests.pipelines.training import toys

VOCABULARY, TIME = 9, 12
OUTPUTS = NextToken(VOCABULARY)
LENGTHS = [12, 7, 3]


def made(cell="gru"):
    keras.utils.set_random_seed(0)
    spec = ModelSpec.of(
        "many_to_many", head="next_token", cell=cell, units=5, embedding_dim=4, dropout=0.0
    )
    model = build(spec, TokenInput(VOCABULARY), OUTPUTS)
    return model, streaming(spec, model, OUTPUTS)


def text(lengths=LENGTHS, width=TIME, seed=0):
    """Tokens and what follows each of them."""
    random = np.random.default_rng(seed)
    whole = random.integers(4, VOCABULARY, (len(lengths), width + 1)).astype(np.int32)
    real = np.arange(width) < np.array(lengths)[:, None]
    tokens, following = whole[:, :-1] * real, whole[:, 1:] * real
    ones = tf.ones([len(lengths)])
    return Batch({"tokens": tf.constant(tokens)}, tf.constant(following), ones, sum(lengths))


def windowed(window, rate=0.1, clip=0.0, cell="gru"):
    model, network = made(cell)
    sgd = keras.optimizers.SGD(rate)
    sgd.build(model.trainable_variables)
    return model, WindowedStep(model, OUTPUTS, sgd, clip, network, window)


def whole(rate=0.1):
    model, _ = made()
    sgd = keras.optimizers.SGD(rate)
    sgd.build(model.trainable_variables)
    return model, Step(model, OUTPUTS, sgd, 0.0)


@pytest.mark.parametrize("window", [TIME, TIME + 5])
def test_a_window_that_holds_the_sequence_is_full_back_propagation(window):
    (model, step), (other, full) = windowed(window), whole()
    logs, expected = step.train(text()), full.train(text())
    assert logs.keys() == expected.keys()
    for name, value in expected.items():
        assert logs[name] == pytest.approx(value, rel=1e-5), name
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-7)


def test_the_state_is_carried_over_the_border():
    # Without learning, the loss of the windows is that of the whole: nothing was forgotten.
    (_, step), (_, full) = windowed(5, rate=0.0), whole(rate=0.0)
    logs, expected = step.train(text()), full.train(text())
    for name in ("loss", "accuracy", "bits_per_token", "weight"):
        assert logs[name] == pytest.approx(expected[name], rel=1e-5), name


def test_the_gradient_ends_at_the_border():
    (model, step), (other, full) = windowed(5), whole()
    step.train(text())
    full.train(text())
    pairs = zip(model.get_weights(), other.get_weights(), strict=True)
    assert max(np.abs(a - b).max() for a, b in pairs) > 1e-3


def test_a_window_in_which_nothing_is_left_to_learn_moves_nothing():
    adam = keras.optimizers.Adam(0.1)
    model, network = made()
    adam.build(model.trainable_variables)
    step = WindowedStep(model, OUTPUTS, adam, 0.0, network, 4)
    step.train(text([4, 3, 2]))  # padded to three windows, of which one holds steps
    assert int(adam.iterations) == 1
    step.train(text([4, 9, 2]))
    assert int(adam.iterations) == 4


def test_windows_update_the_rows_of_their_own_tokens():
    model, network = made("simple_rnn")
    adam = LazyAdam(0.1, use_ema=True)
    adam.build(model.trainable_variables)
    step = WindowedStep(model, OUTPUTS, adam, 1.0, network, 4)
    step.train(text())
    assert int(adam.iterations) == 3
    tokens = text().inputs["tokens"].numpy()
    last = [max(np.flatnonzero((tokens == i).any(axis=0)), default=-4) // 4 + 1 for i in range(9)]
    last[0] = 3  # padding stands in the last window
    index = [v.path for v in model.trainable_variables].index("embedding/embeddings")
    np.testing.assert_array_equal(adam._averaged[index], last)


def test_one_graph_serves_all_windows_and_lengths(monkeypatch):
    traced = []
    metrics = NextToken.metrics
    monkeypatch.setattr(NextToken, "metrics", lambda *a: traced.append(1) or metrics(*a))
    _, step = windowed(4)
    for width in (12, 8, 3):
        step.train(text([width, 2], width))
    assert len(traced) == 1


def test_a_training_by_windows_counts_its_updates_and_learns(tmp_path):
    random = np.random.default_rng(0)
    lengths = random.integers(3, 17, 40)
    texts = [np.resize([4, 5, 6, 7], n + 1).astype(np.int32) for n in lengths]
    splits = np.cumsum([0, *lengths])
    split = Encoded(
        {"tokens": Ragged(np.concatenate([t[:-1] for t in texts]), splits)},
        Ragged(np.concatenate([t[1:] for t in texts]), splits),
        np.ones(len(texts), np.float32),
    )
    batches = Batches(split, (8, 16), 8)
    model, network = made()
    settings = toys.settings(epochs=6, learning_rate=0.05, truncate=5, schedule="linear")
    monitor = Metric("val_loss", "smaller")
    loop = Loop(model, OUTPUTS, batches, batches, settings, monitor, tmp_path, network=network)
    result = loop.run()
    planned = settings.epochs * batches.updates(settings.truncate)
    assert 0.8 * planned < int(loop.optimizer.iterations) <= planned
    assert result.progress.history[-1]["val_accuracy"] > 0.95
