import keras
import numpy as np
import pytest
import tensorflow as tf

from models.outputs.quantiles import AscendingQuantiles, Quantiles
from models.spec.settings import SpecError

NAN = float("nan")
LEVELS = (0.1, 0.5, 0.8)


def floats(values):
    return tf.constant(values, tf.float32)


def softplus(x):
    return np.log1p(np.exp(x))


@pytest.mark.parametrize("levels", [(0.5,), (0.1, 0.9), LEVELS, (0.6, 0.7, 0.8, 0.9, 0.99)])
def test_quantiles_ascend_whatever_the_weights(levels):
    keras.utils.set_random_seed(0)
    vector = keras.Input((4,))
    model = keras.Model(vector, Quantiles(levels, horizon=3).connect(vector))
    inputs = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32) * 100
    found = np.asarray(model(inputs)["quantiles"])
    assert found.shape == (50, 3, len(levels))
    assert found.dtype == np.float32
    assert (np.diff(found, axis=-1) >= 0).all()
    assert found.std() > 1


def test_they_are_sums_of_steps_from_the_anchor():
    numbers = np.array([[0.5, -1.0, 2.0, -3.0]], np.float32)
    found = AscendingQuantiles(2)(numbers)
    low = 2 - softplus(-1.0)
    expected = [low - softplus(0.5), low, 2, 2 + softplus(-3.0)]
    np.testing.assert_allclose(found, [expected], rtol=1e-6)


def test_the_anchor_is_the_level_nearest_the_median():
    def anchor(*levels):
        vector = keras.Input((4,))
        model = keras.Model(vector, Quantiles(levels).connect(vector))
        return model.get_layer("quantiles").anchor

    assert anchor(0.1, 0.5, 0.9) == 1
    assert anchor(0.6, 0.9) == 0
    assert anchor(0.1, 0.2, 0.45) == 2


def test_a_step_changes_every_weight_and_a_file_none(tmp_path):
    keras.utils.set_random_seed(0)
    vector = keras.Input((4,))
    outputs = Quantiles(LEVELS, 2)
    model = keras.Model(vector, outputs.connect(vector))
    inputs = np.random.default_rng(0).normal(size=(9, 4)).astype(np.float32)
    targets = floats(np.random.default_rng(1).normal(size=(9, 2)))
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(outputs.loss(model(inputs), targets))
    for gradient in tape.gradient(loss, [v.value for v in model.trainable_variables]):
        assert (np.asarray(gradient) != 0).all()
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(model(inputs)["quantiles"], again(inputs)["quantiles"])


def test_loss_is_the_pinball_loss_of_the_known_targets():
    random = np.random.default_rng(0)
    quantiles = np.sort(random.normal(size=(4, 3, 3)), axis=-1)
    targets = random.normal(size=(4, 3))
    targets[1, 0] = targets[2, 1] = NAN
    targets[3] = NAN
    expected = []
    for row, wanted in zip(quantiles, targets, strict=True):
        losses = [
            np.mean([a * (y - q) if y >= q else (1 - a) * (q - y) for a, q in zip(LEVELS, qs)])  # noqa: B905
            for qs, y in zip(row, wanted, strict=True)
            if not np.isnan(y)
        ]
        expected.append(np.mean(losses) if losses else 0)
    outputs, answer = Quantiles(LEVELS, 3), {"quantiles": floats(quantiles)}
    np.testing.assert_allclose(outputs.loss(answer, floats(targets)), expected, rtol=1e-5)
    np.testing.assert_array_equal(outputs.size(floats(targets)), [3, 2, 2, 0])


def test_the_best_constant_is_the_quantile_of_the_targets():
    targets = floats(np.random.default_rng(0).exponential(size=(2001, 1)))
    constants = tf.Variable(tf.zeros([1, 1, 3]))
    outputs = Quantiles(LEVELS)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            answer = {"quantiles": tf.tile(constants, [2001, 1, 1])}
            loss = tf.reduce_mean(outputs.loss(answer, targets))
        constants.assign_sub(0.5 * tape.gradient(loss, constants))

    for _ in range(400):
        step()
    expected = np.quantile(np.asarray(targets), LEVELS)
    np.testing.assert_allclose(constants[0, 0], expected, atol=0.02)


def test_a_missing_target_has_no_gradient():
    quantiles = tf.Variable(tf.zeros([1, 2, 3]))
    with tf.GradientTape() as tape:
        loss = Quantiles(LEVELS, 2).loss({"quantiles": quantiles}, floats([[NAN, 1.0]]))
    gradient = np.asarray(tape.gradient(loss, quantiles))
    assert (gradient[0, 0] == 0).all()
    np.testing.assert_allclose(gradient[0, 1], -np.array(LEVELS) / 3, rtol=1e-6)


def test_metrics_are_coverage_and_the_error_of_the_median():
    quantiles = floats([[[0, 1, 2], [0, 1, 2], [0, 1, 2]], [[0, 1, 2]] * 3])
    targets = floats([[1.5, 2.5, 0.0], [NAN, -1.0, NAN]])
    found = Quantiles(LEVELS, 3).metrics({"quantiles": quantiles}, targets)
    np.testing.assert_allclose(found["coverage"], [2 / 3, 0], rtol=1e-6)
    np.testing.assert_allclose(found["absolute_error"], [1, 2], rtol=1e-6)


@pytest.mark.parametrize(
    ("levels", "metrics"),
    [((0.5,), {"absolute_error"}), ((0.1, 0.9), {"coverage"}), ((0.9,), set())],
)
def test_a_metric_is_there_where_its_levels_are(levels, metrics):
    answer = {"quantiles": tf.zeros([1, 1, len(levels)])}
    assert Quantiles(levels).metrics(answer, floats([[0]])).keys() == metrics


@pytest.mark.parametrize("levels", [(), (0.5, 0.5), (0.9, 0.1), (0.0, 0.5), (0.5, 1.0), (NAN,)])
def test_levels_that_do_not_ascend_are_refused(levels):
    with pytest.raises(SpecError, match="ascend between 0 and 1") as refused:
        Quantiles(levels)
    assert refused.value.field == "levels"
