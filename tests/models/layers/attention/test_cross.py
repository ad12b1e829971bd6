import keras
import numpy as np
import pytest

from models.layers.attention.cross import CrossAttention

BATCH, TIME, STEPS, UNITS = 3, 4, 5, 6
LENGTHS = [5, 2, 1]
KINDS = [("dot", 6), ("dot", 3), ("additive", 6), ("additive", 3), ("multi_head", 4)]


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@pytest.fixture
def mask():
    return keras.ops.convert_to_tensor(np.arange(STEPS) < np.array(LENGTHS)[:, None])


def made(kind, memory, mask, **more):
    """A layer whose weights are away from the zeros of an initial bias."""
    layer = CrossAttention(kind, 2, **more)
    layer(normal(BATCH, TIME, UNITS), memory, mask)
    layer.set_weights([normal(*w.shape, seed=i) for i, w in enumerate(layer.get_weights())])
    return layer


def softmax(scores):
    shifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def weights_of(layer):
    return {v.path.split("/", 1)[1]: np.float64(v.numpy()) for v in layer.weights}


def reference(kind, layer, q, m):
    """The equations of the docstring for one example without padding, in float64."""
    own = weights_of(layer)
    if kind == "multi_head":
        names = ("query", "key", "value", "output")
        query, key, value, output = (own[f"many/{name}/kernel"] for name in names)
        half = UNITS // 2
        parts = [slice(0, half), slice(half, None)]
        weights = [softmax((q @ query)[:, p] @ (m @ key)[:, p].T / np.sqrt(half)) for p in parts]
        contexts = [w @ (m @ value)[:, p] for w, p in zip(weights, parts, strict=True)]
        return np.concatenate(contexts, axis=1) @ output, np.mean(weights, axis=0)
    if kind == "dot":
        keys = m if m.shape[1] == UNITS else m @ own["key/kernel"]
        weights = softmax(q @ keys.T)
    else:
        asked = q @ own["query/kernel"] + own["query/bias"]
        hidden = np.tanh(asked[:, None] + m @ own["key/kernel"])
        weights = softmax(hidden @ own["score"])
    return weights @ m, weights


@pytest.mark.parametrize(("kind", "width"), KINDS)
def test_it_follows_its_equations(kind, width, mask):
    queries, memory = normal(BATCH, TIME, UNITS, seed=1), normal(BATCH, STEPS, width, seed=2)
    layer = made(kind, memory, mask)
    context, weights = layer(queries, memory, mask)
    assert context.shape[-1] == (UNITS if kind == "multi_head" else width)
    for i, length in enumerate(LENGTHS):
        wanted, attention = reference(kind, layer, queries[i], memory[i, :length])
        np.testing.assert_allclose(context[i], wanted, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(weights[i, :, :length], attention, rtol=1e-4, atol=1e-6)


def test_dot_of_equal_widths_has_no_weights_and_of_others_a_projection(mask):
    assert not made("dot", normal(BATCH, STEPS, UNITS), mask).weights
    assert list(weights_of(made("dot", normal(BATCH, STEPS, 3), mask))) == ["key/kernel"]


@pytest.mark.parametrize(("kind", "width"), KINDS)
def test_padding_gets_exactly_nothing_and_changes_nothing(kind, width, mask):
    queries, memory = normal(BATCH, TIME, UNITS, seed=1), normal(BATCH, STEPS, width, seed=2)
    layer, real = made(kind, memory, mask), np.asarray(mask)
    context, weights = layer(queries, memory, mask)
    weights = np.asarray(weights)
    assert weights.dtype == np.float32
    np.testing.assert_allclose(weights.sum(axis=2), 1, rtol=1e-6)
    assert (weights[~np.repeat(real[:, None], TIME, axis=1)] == 0).all()
    other = np.where(real[:, :, None], memory, 1e4).astype(np.float32)
    found, again = layer(queries, other, mask)
    np.testing.assert_array_equal(found, context)
    np.testing.assert_array_equal(again, weights)


@pytest.mark.parametrize(("kind", "width"), KINDS)
def test_a_memory_of_padding_alone_gives_zeros(kind, width):
    nothing = keras.ops.zeros((BATCH, STEPS), "bool")
    memory = normal(BATCH, STEPS, width)
    context, weights = made(kind, memory, nothing)(normal(BATCH, TIME, UNITS), memory, nothing)
    np.testing.assert_array_equal(context, np.zeros(context.shape))
    np.testing.assert_array_equal(weights, np.zeros(weights.shape))


@pytest.mark.parametrize(("kind", "width"), KINDS)
def test_what_is_the_same_for_all_queries_can_be_computed_before(kind, width, mask):
    queries, memory = normal(BATCH, TIME, UNITS, seed=1), normal(BATCH, STEPS, width, seed=2)
    layer = made(kind, memory, mask)
    wanted = layer(queries, memory, mask)
    found = layer.attend(queries, layer.project(memory), mask)
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("kind", ["dot", "additive", "multi_head"])
def test_it_works_under_mixed_precision(kind, mask):
    queries, memory = normal(BATCH, TIME, UNITS, seed=1), normal(BATCH, STEPS, 4, seed=2)
    half = made(kind, memory, mask, dtype="mixed_float16")
    context, weights = half(queries, memory, mask)
    assert context.dtype == "float16"
    assert weights.dtype == "float32"
    whole = made(kind, memory, mask)
    np.testing.assert_allclose(context, whole(queries, memory, mask)[0], rtol=0.05, atol=0.05)


def test_it_is_made_again_from_its_configuration():
    layer = CrossAttention("multi_head", 3, name="asking")
    again = CrossAttention.from_config(layer.get_config())
    assert (again.attention, again.heads, again.name) == ("multi_head", 3, "asking")
