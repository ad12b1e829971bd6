import keras
import numpy as np
import pytest

from models.layers.convolution import ConvolutionalNetwork, StepConvolution


@pytest.mark.parametrize(
    ("height", "width", "stages", "rows", "columns"),
    [
        (8, 8, 2, 4, 4),
        (28, 28, 3, 7, 7),
        (32, 32, 4, 4, 4),
        (32, 200, 4, 4, 25),
        (64, 48, 4, 8, 6),
        (13, 9, 2, 7, 5),
        (3, 5, 2, 2, 3),
        (1, 1, 2, 1, 1),
    ],
)
def test_the_last_map_is_small_and_its_shape_is_known(height, width, stages, rows, columns):
    assert ConvolutionalNetwork.stages_for(height, width) == stages
    network = ConvolutionalNetwork(2, stages)
    seen = network(np.ones((2, height, width, 1), np.float32))
    assert seen.shape == (2, rows, columns, 2 * 2 ** (stages - 1))
    assert network.compute_output_shape((2, height, width, 1)) == seen.shape
    assert network.compute_output_shape((None, None, width, 1)) == (
        None,
        None,
        columns,
        seen.shape[3],
    )
    assert network.width == seen.shape[-1]


def test_it_is_convolutions_and_poolings():
    keras.utils.set_random_seed(0)
    network = ConvolutionalNetwork(2, 2)
    image = np.random.default_rng(0).normal(size=(1, 4, 6, 3)).astype(np.float32)
    found = np.asarray(network(image))
    first, first_bias, second, second_bias = (w + 0.0 for w in network.get_weights())
    hidden = np.maximum(convolved(image[0], first) + first_bias, 0)
    halved = hidden.reshape(2, 2, 3, 2, 2).max(axis=(1, 3))
    expected = np.maximum(convolved(halved, second) + second_bias, 0)
    assert expected.max() > 0
    np.testing.assert_allclose(found[0], expected, rtol=0, atol=1e-5)


def convolved(image, kernel):
    height, width, _ = image.shape
    padded = np.pad(image, [(1, 1), (1, 1), (0, 0)])
    windows = [padded[y : y + height, x : x + width] for y in range(3) for x in range(3)]
    return sum(w @ k for w, k in zip(windows, kernel.reshape(9, *kernel.shape[2:]), strict=True))


def test_over_steps_it_is_convolutions_and_poolings_too():
    keras.utils.set_random_seed(0)
    layer = StepConvolution(2, 2)
    sequence = np.random.default_rng(0).normal(size=(1, 6, 3)).astype(np.float32)
    found, mask = layer(sequence, np.ones((1, 6), bool))
    first, first_bias, second, second_bias = layer.get_weights()
    hidden = np.maximum(convolved_over_steps(sequence[0], first) + first_bias, 0)
    halved = hidden.reshape(3, 2, 2).max(axis=1)
    hidden = np.maximum(convolved_over_steps(halved, second) + second_bias, 0)
    expected = np.stack([hidden[:2].max(axis=0), hidden[2]])
    assert expected.max() > 0
    np.testing.assert_allclose(found[0], expected, rtol=0, atol=1e-5)
    assert np.asarray(mask).tolist() == [[True, True]]


@pytest.mark.parametrize("length", range(1, 10))
def test_over_steps_padding_changes_nothing(length):
    keras.utils.set_random_seed(0)
    layer = StepConvolution(3, 2)
    layer.build((None, None, 2))
    # Biases that would let padding through.
    layer.set_weights([w + 0.5 for w in layer.get_weights()])
    padded = np.zeros((2, 11, 2), np.float32)
    padded[0, :length] = np.random.default_rng(0).normal(size=(length, 2))
    alone, alone_mask = layer(padded[:1, :length], np.ones((1, length), bool))
    together, mask = layer(padded, np.arange(11) < np.array([[length], [0]]))
    steps = -(-length // 4)
    assert alone.shape == (1, steps, 6)
    assert np.asarray(alone_mask).all()
    assert np.asarray(mask).sum(axis=1).tolist() == [steps, 0]
    np.testing.assert_allclose(together[0, :steps], alone[0], rtol=1e-5, atol=1e-6)
    assert not np.asarray(together[0, steps:]).any()
    assert not np.asarray(together[1]).any()


def convolved_over_steps(sequence, kernel):
    padded = np.pad(sequence, [(2, 2), (0, 0)])
    return sum(padded[i : i + len(sequence)] @ kernel[i] for i in range(5))
