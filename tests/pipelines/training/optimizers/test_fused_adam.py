import keras
import numpy as np
import pytest
import tensorflow as tf

from pipelines.training.optimizers.fused_adam import FusedAdam, FusedAdamW

PAIRS = [(keras.optimizers.Adam, FusedAdam), (keras.optimizers.AdamW, FusedAdamW)]
START = [np.linspace(-1, 1, 12).reshape(3, 4).astype(np.float32), np.float32([0.5, -2.0])]


def trained(kind, steps=7, **options):
    random = np.random.default_rng(0)
    weights = [keras.Variable(value) for value in START]
    optimizer = kind(0.05, **options)
    optimizer.build(weights)

    @tf.function
    def step(gradients):
        optimizer.apply(gradients, weights)

    for _ in range(steps):
        step([tf.constant(random.normal(size=w.shape), tf.float32) for w in weights])
    state = [np.asarray(v) for v in optimizer.variables]
    return [np.asarray(w) for w in weights], state


@pytest.mark.parametrize(("kind", "fused"), PAIRS)
@pytest.mark.parametrize("options", [{}, {"beta_1": 0.7, "epsilon": 1e-3}, {"use_ema": True}])
def test_weights_and_moments_are_those_of_keras(kind, fused, options):
    (weights, state), (ours, ours_state) = trained(kind, **options), trained(fused, **options)
    for want, got in zip(weights + state, ours + ours_state, strict=True):
        np.testing.assert_allclose(got, want, rtol=2e-5, atol=1e-5)
    assert any(np.abs(w - s).max() > 0.05 for w, s in zip(ours, START, strict=True))


def test_adamw_decays_a_weight_without_a_gradient():
    weight = keras.Variable(np.ones(3, np.float32))
    optimizer = FusedAdamW(0.1, weight_decay=0.5)
    optimizer.build([weight])
    optimizer.apply([tf.zeros(3)], [weight])
    np.testing.assert_allclose(weight, np.full(3, 0.95), rtol=1e-6)


@pytest.mark.parametrize(("kind", "fused"), PAIRS)
def test_state_of_one_is_taken_up_by_the_other(kind, fused):
    # A checkpoint holds the variables in this order, whichever wrote them.
    weights = [keras.Variable(value) for value in START]
    made = [kind(0.05), fused(0.05)]
    for optimizer in made:
        optimizer.build(weights)
    assert [v.shape for v in made[0].variables] == [v.shape for v in made[1].variables]
    assert [v.path.partition("/")[2] for v in made[0].variables] == [
        v.path.partition("/")[2] for v in made[1].variables
    ]
