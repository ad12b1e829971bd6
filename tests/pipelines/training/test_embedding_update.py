"""What the setting `embedding_update` makes of a step: rows, or dense as ever."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.build import build
from models.inputs.tokens import TokenInput
from models.outputs.next_token import NextToken
from models.spec import ModelSpec
from pipelines.training.fused_adam import FusedAdam
from pipelines.training.lazy_adam import LazyAdam
from pipelines.training.optimizers import optimizer
from pipelines.training.step import Step
from pipelines.training.windowed import WindowedStep
from tests.pipelines.training import test_step, test_windowed, toys

LOOKED_UP = np.unique(test_step.TOKENS)


def chosen(update, model, **given):
    made = optimizer(toys.settings(embedding_update=update, **given), 100)
    made.build(model.trainable_variables)
    return made


def bag(update, clip=0.0, **given):
    model = toys.bag(dropout=0)
    return model, Step(model, toys.OUTPUTS, chosen(update, model, **given), clip)


def assert_close(model, other, tolerance=1e-5):
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, rtol=tolerance, atol=tolerance)


def test_norm_is_exact_where_tokens_repeat():
    model, step = bag("rows")
    expected = test_step.norm_of(test_step.gradients(model, test_step.EVEN))
    logs = step.train(test_step.batch())
    assert float(logs["gradient_norm"]) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("clip", [0.0, 1e-3])
def test_first_step_is_that_of_adam(clip):
    # Without a gradient so far Adam's moments are zero too; epsilon makes clipping visible.
    (model, step), (other, dense) = bag("rows", clip), bag("dense", clip)
    for made in (step, dense):
        made.optimizer.epsilon = 0.01
    logs, expected = step.train(test_step.batch()), dense.train(test_step.batch())
    assert float(logs["loss"]) == float(expected["loss"])
    assert_close(model, other)


def test_later_steps_leave_embeddings_alone_that_are_not_in_the_batch():
    model, step = bag("rows")
    step.train(test_step.batch())
    before = model.get_weights()[0]
    step.train(test_step.batch(rows=slice(1)))
    changed = np.flatnonzero((model.get_weights()[0] != before).any(axis=1))
    assert changed.tolist() == np.unique(test_step.TOKENS[:1]).tolist()
    assert len(changed) < len(LOOKED_UP)


def test_dense_is_adam_of_keras_by_any_number_of_steps():
    model, step = bag("dense", clip=0.1, ema=0.9)
    assert type(step.optimizer) is FusedAdam
    other = toys.bag(dropout=0)
    adam = keras.optimizers.Adam(0.05, use_ema=True, ema_momentum=0.9)
    adam.build(other.trainable_variables)
    expected = Step(other, toys.OUTPUTS, adam, 0.1)
    for rows in (slice(None), slice(1), slice(2, 4), slice(1)):
        for made in (step, expected):
            made.train(test_step.batch(rows=rows))
    assert_close(model, other, 1e-4)
    assert len(step.optimizer.variables) == len(adam.variables)


def test_adamw_decays_all_rows():
    model, step = bag("rows", optimizer="adamw", weight_decay=0.1)
    before = model.get_weights()[0]
    step.train(test_step.batch())
    others = np.setdiff1d(np.arange(toys.VOCABULARY), LOOKED_UP)
    np.testing.assert_allclose(
        model.get_weights()[0][others], before[others] * (1 - 0.1 * 0.05), rtol=1e-6
    )


@pytest.mark.parametrize("tied", [True, False])
def test_embedding_that_scores_as_well_is_updated_densely(tied):
    outputs, models, averages = NextToken(test_windowed.VOCABULARY), [], []
    for update in ("rows", "dense"):
        keras.utils.set_random_seed(0)
        spec = ModelSpec.of(
            "many_to_many",
            head="next_token",
            cell="gru",
            units=4,
            embedding_dim=4,
            dropout=0.0,
            tie_embeddings=tied,
        )
        model = build(spec, TokenInput(test_windowed.VOCABULARY), outputs)
        adam = chosen(update, model, ema=0.9)
        step = Step(model, outputs, adam, 1.0)
        for seed in range(3):
            step.train(test_windowed.text([3, 2], 3, seed))
        averages.append([np.array(v) for v in adam._model_variables_moving_average])
        models.append(model)
    same = all(
        np.allclose(a, b, rtol=1e-3, atol=1e-4)
        for pair in ([m.get_weights() for m in models], averages)
        for a, b in zip(*pair, strict=True)
    )
    assert same == tied


def test_windows_are_trained_by_rows():
    model, network = test_windowed.made()
    adam = chosen("rows", model, ema=0.9)
    step = WindowedStep(model, test_windowed.OUTPUTS, adam, 1.0, network, 4)
    other, _ = test_windowed.made()
    dense = Step(other, test_windowed.OUTPUTS, chosen("dense", other, ema=0.9), 1.0)
    first = test_windowed.text([4, 3, 2], 4)
    logs, expected = step.train(first), dense.train(first)
    assert float(logs["gradient_norm"]) == pytest.approx(float(expected["gradient_norm"]), rel=1e-5)
    assert_close(model, other, 1e-4)
    before = model.get_weights()
    step.train(test_windowed.text())
    assert int(adam.iterations) == 4
    np.testing.assert_array_equal(before[0][1:4], model.get_weights()[0][1:4])  # in no text
    assert all((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))


def test_optimizer_that_is_not_built_is_built_by_the_first_step():
    model = toys.bag(dropout=0)
    adam = LazyAdam(0.05, use_ema=True)
    step = Step(model, toys.OUTPUTS, adam, 1.0)
    step.train(test_step.batch())
    np.testing.assert_allclose(
        adam._model_variables_moving_average[0], model.get_weights()[0], rtol=1e-6
    )
    assert tf.reduce_max(adam._averaged[0]) == 1
