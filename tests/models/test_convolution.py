import keras
import numpy as np
import pytest

from models.convolution import ConvolutionalNetwork


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
