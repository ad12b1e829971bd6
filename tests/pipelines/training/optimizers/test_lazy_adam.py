from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipelines.training import checkpoint
from pipelines.training.optimizers.fused_adam import FusedAdam
from pipelines.training.optimizers.lazy_adam import LazyAdam, unique_rows

ROWS, WIDTH, RATE, DECAY = 9, 3, 0.05, 0.8
START = np.linspace(-1, 1, ROWS * WIDTH).reshape(ROWS, WIDTH).astype(np.float32)
BIAS = np.float32([0.5, -2.0])


def slices(rows, values):
    values, rows = tf.convert_to_tensor(values), tf.convert_to_tensor(rows)
    return tf.IndexedSlices(values, rows, tf.constant([ROWS, WIDTH]))


def lookups(steps, seed=0):
    """Rows looked up in each step, with repeats: 0 always, 1 to 6 now and then, 7 and 8 never."""
    random = np.random.default_rng(seed)
    for step in range(steps):
        others = random.choice([1, 2, 3, 4, 5, 6], 2, p=[0.4, 0.3, 0.2, 0.06, 0.03, 0.01])
        rows = np.array([others[0], 0, others[1], 0, *([4] if step == 1 else [])], np.int64)
        yield rows, random.normal(size=(len(rows), WIDTH)).astype(np.float32)


class Training:
    """A matrix that is looked up in and a bias, under an optimizer."""

    def __init__(self, kind=LazyAdam, **options):
        self.weights = [keras.Variable(START), keras.Variable(BIAS)]
        self.optimizer = kind(RATE, **options)
        self.optimizer.build(self.weights)
        self.variables = [*self.weights, *self.optimizer.variables]
        open_ids, open_values = tf.TensorSpec([None], tf.int64), tf.TensorSpec([None, WIDTH])
        self.graph = tf.function(self._step, [open_ids, open_values], autograph=False)

    def _step(self, rows, values):
        gradient = unique_rows(slices(rows, values))
        if not isinstance(self.optimizer, LazyAdam):
            gradient = tf.convert_to_tensor(gradient)
        self.optimizer.apply([gradient, tf.constant([0.1, -0.3])], self.weights)

    def steps(self, count, skip=0):
        for rows, values in list(lookups(skip + count))[skip:]:
            self.graph(rows, values)
        return self

    def values(self):
        return [np.array(variable) for variable in self.variables]

    def averages(self):
        return [np.array(v) for v in self.optimizer._model_variables_moving_average]


def numpy_lazy_adam(steps, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    """Weights after each step, and both moments at the end, in 64 bits."""
    weight, weights = START.astype(np.float64), []
    m, v = np.zeros(START.shape), np.zeros(START.shape)
    for step, (rows, values) in enumerate(lookups(steps), start=1):
        gradient = np.zeros(START.shape)
        np.add.at(gradient, rows, values)
        for row in set(rows):
            m[row] += (1 - beta_1) * (gradient[row] - m[row])
            v[row] += (1 - beta_2) * (gradient[row] ** 2 - v[row])
            rate = RATE * np.sqrt(1 - beta_2**step) / (1 - beta_1**step)
            weight[row] -= rate * m[row] / (np.sqrt(v[row]) + epsilon)
        weights.append(weight.copy())
    return weights, m, v


def average_of(weights):
    """That of Keras: the first weight, then a share of each."""
    average = weights[0]
    for weight in weights[1:]:
        average = DECAY * average + (1 - DECAY) * weight
    return average


@pytest.mark.parametrize("kind", [np.int32, np.int64])
def test_repeated_rows_are_summed_and_the_norm_is_that_of_the_dense_gradient(kind):
    random = np.random.default_rng(0)
    rows = random.integers(0, ROWS, 40).astype(kind)
    values = random.normal(size=(40, WIDTH)).astype(np.float32)
    dense = np.zeros((ROWS, WIDTH))
    np.add.at(dense, rows, values)
    unique = unique_rows(slices(rows, values))
    assert unique.indices.numpy().tolist() == sorted(set(rows.tolist()))
    np.testing.assert_allclose(tf.convert_to_tensor(unique), dense, rtol=1e-5, atol=1e-6)
    norm = tf.linalg.global_norm([unique])
    assert float(norm) == pytest.approx(np.linalg.norm(dense), rel=1e-6)
    assert abs(np.linalg.norm(values) / np.linalg.norm(dense) - 1) > 0.01  # what it would be


def test_sums_of_repeated_rows_are_the_same_to_the_bit_each_time():
    random = np.random.default_rng(0)
    rows = random.zipf(1.2, 5000) % 700
    values = tf.constant(random.normal(size=(5000, 64)), tf.float32)
    gradient = tf.IndexedSlices(values, tf.constant(rows), tf.constant([700, 64]))
    first = unique_rows(gradient)
    for _ in range(5):
        np.testing.assert_array_equal(unique_rows(gradient).values, first.values)


@pytest.mark.parametrize("options", [{}, {"beta_1": 0.7, "epsilon": 1e-3}, {"use_ema": True}])
def test_rows_looked_up_are_those_of_lazy_adam(options):
    weights, m, v = numpy_lazy_adam(50, **{k: x for k, x in options.items() if k != "use_ema"})
    made = Training(**options).steps(50)
    np.testing.assert_allclose(made.weights[0], weights[-1], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(made.optimizer._momentums[0], m, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(made.optimizer._velocities[0], v, rtol=1e-4, atol=1e-5)


def test_weights_and_moments_of_other_rows_stay_to_the_bit():
    made = Training().steps(10)
    optimizer = made.optimizer
    matrices = [made.weights[0], optimizer._momentums[0], optimizer._velocities[0]]
    before = [np.array(matrix) for matrix in matrices]
    made.graph(np.int64([3, 3]), np.ones((2, WIDTH), np.float32))
    for old, new in zip(before, matrices, strict=True):
        changed = (old != np.array(new)).any(axis=1)
        assert changed.tolist() == [row == 3 for row in range(ROWS)]
    np.testing.assert_array_equal(made.weights[0][7:], START[7:])


def test_a_dense_gradient_is_that_of_adam():
    kinds = (LazyAdam, keras.optimizers.Adam)
    lazy, dense = (Training(kind, use_ema=True).steps(20) for kind in kinds)
    np.testing.assert_allclose(lazy.weights[1], dense.weights[1], rtol=1e-4)
    np.testing.assert_allclose(lazy.averages()[1], dense.averages()[1], rtol=1e-4)


@pytest.mark.parametrize("steps", [1, 2, 200])
def test_average_kept_lazily_is_the_dense_average_of_keras(steps):
    weights, *_ = numpy_lazy_adam(steps)
    made = Training(use_ema=True, ema_momentum=DECAY).steps(steps)
    average, bias = made.averages()
    np.testing.assert_allclose(average, average_of(weights), rtol=1e-4, atol=1e-5)
    dense = Training(FusedAdam, use_ema=True, ema_momentum=DECAY).steps(steps)
    np.testing.assert_allclose(bias, dense.averages()[1], rtol=1e-5)
    if steps > 2:  # rows that were not looked up for a while have gone on following the weight
        assert np.abs(average - weights[-1]).max() > 1e-3


def test_average_may_be_read_at_any_time_and_any_number_of_times():
    once, often = (Training(use_ema=True, ema_momentum=DECAY) for _ in range(2))
    once.steps(60)
    for skip in range(0, 60, 4):
        often.steps(4, skip)
        np.testing.assert_array_equal(often.averages()[0], often.averages()[0])
    np.testing.assert_allclose(often.averages()[0], once.averages()[0], rtol=1e-5, atol=1e-6)


def test_swap_callback_puts_the_average_in_place_and_back():
    made = Training(use_ema=True, ema_momentum=DECAY).steps(30)
    swap = keras.callbacks.SwapEMAWeights()
    swap.set_model(SimpleNamespace(optimizer=made.optimizer))
    before = np.array(made.weights[0])
    expected = average_of(numpy_lazy_adam(30)[0])
    swap.on_test_begin()
    np.testing.assert_allclose(made.weights[0], expected, rtol=1e-4, atol=1e-5)
    swap.on_test_end()
    np.testing.assert_allclose(made.weights[0], before, rtol=1e-5, atol=1e-6)
    made.steps(30, skip=30)  # goes on as if nobody had looked
    expected = average_of(numpy_lazy_adam(60)[0])
    np.testing.assert_allclose(made.averages()[0], expected, rtol=1e-4, atol=1e-5)


def test_finalized_weights_are_the_averages():
    made = Training(use_ema=True, ema_momentum=DECAY).steps(30)
    made.optimizer.finalize_variable_values(made.weights)
    expected = average_of(numpy_lazy_adam(30)[0])
    np.testing.assert_allclose(made.weights[0], expected, rtol=1e-4, atol=1e-5)


def test_without_an_average_there_is_none_to_swap():
    assert not hasattr(Training().optimizer, "_model_variables_moving_average")


@pytest.mark.parametrize("options", [{}, {"use_ema": True, "ema_momentum": DECAY}])
def test_training_resumed_from_a_checkpoint_amid_lags_is_the_same_to_the_bit(options, tmp_path):
    whole, cut, resumed = (Training(**options) for _ in range(3))
    cut.steps(17)
    checkpoint.write(tmp_path, SimpleNamespace(variables=cut.weights), cut.optimizer, [], {})
    checkpoint.read(tmp_path, SimpleNamespace(variables=resumed.weights), resumed.optimizer)
    if options:
        assert len(set(np.array(resumed.optimizer._averaged[0]))) > 3
    for one, other in zip(
        whole.steps(26).values(), resumed.steps(9, skip=17).values(), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    if options:
        for one, other in zip(whole.averages(), resumed.averages(), strict=True):
            np.testing.assert_array_equal(one, other)
