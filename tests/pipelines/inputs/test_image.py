"""Images: PNG and JPEG bytes of any size and colour mode, as pixels of one size."""

import numpy as np
import pytest
import tensorflow as tf

from pipelines.inputs.fitted.image import FittedImage
from pipelines.inputs.image import Image
from pipelines.runtime.errors import UserError
from tests.given import assert_splits_are_as_in_graph, column, settings
from tests.pipelines.inputs.images import GREY, GREY_ALPHA, PALETTE, RGB, RGBA, png


def grey(values):
    return tf.io.encode_png(np.asarray(values, np.uint8)[..., None]).numpy()


def jpeg(height, width, channels):
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, channels), np.uint8)
    return tf.io.encode_jpeg(pixels).numpy()


FILES = {
    **{
        f"{name} {bits} bit {height}x{width}": png(height, width, colour, bits)
        for name, colour, bits in [
            ("grey", GREY, 8),
            ("grey", GREY, 16),
            ("grey", GREY, 1),
            ("grey", GREY, 2),
            ("RGB", RGB, 8),
            ("RGB", RGB, 16),
            ("palette", PALETTE, 8),
            ("grey and alpha", GREY_ALPHA, 8),
            ("RGBA", RGBA, 8),
            ("RGBA", RGBA, 16),
        ]
        for height, width in ((28, 28), (1, 1), (64, 17))
    },
    **{
        f"JPEG {channels} channels {height}x{width}": jpeg(height, width, channels)
        for channels in (1, 3)
        for height, width in ((28, 28), (9, 90))
    },
}


def fit(input="image", **sizes):
    config = settings("sentiment")
    config = type(config).from_flat(config.flat() | {"input": input})
    return Image(**sizes).fit({"image": column(png(5, 5))}, config)


def graph_of(fitted):
    signature = [fitted.signature()]
    return tf.function(lambda raw: fitted.encode(raw).inputs, input_signature=signature)


@pytest.fixture(scope="module")
def graph():
    return graph_of(fit())


@pytest.fixture(scope="module", params=[(28, 28, 1), (20, 12, 3)], ids=["grey", "colour"])
def decoded(request):
    """The size that was declared, and all files in one batch."""
    height, width, channels = request.param
    fitted = fit(height=height, width=width, channels=channels)
    images = graph_of(fitted)({"image": tf.constant(list(FILES.values()))})["image"].numpy()
    return request.param, dict(zip(FILES, images, strict=True))


@pytest.mark.parametrize("name", FILES)
def test_an_image_of_any_size_and_mode_gets_the_declared_size(decoded, name):
    size, images = decoded
    assert images[name].shape == size
    assert images[name].dtype == np.float32
    assert images[name].min() >= 0 and images[name].max() <= 1
    assert images[name].any()


def test_a_grey_png_of_the_declared_size_is_its_pixels():
    values = np.random.default_rng(0).integers(0, 256, (28, 28))
    (found,) = fit().encode({"image": tf.constant([grey(values)])}).inputs["image"].numpy()
    np.testing.assert_array_equal(found[..., 0], values.astype(np.float32) / np.float32(255))


@pytest.mark.parametrize(("bits", "level", "wanted"), [(16, 255, 1), (1, 255, 1), (8, 51, 0.2)])
def test_levels_are_shares_of_the_largest_whatever_the_bits(bits, level, wanted):
    content = png(28, 28, GREY, bits, level)
    found = fit().encode({"image": tf.constant([content])}).inputs["image"].numpy()
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_proportions_stay_and_what_is_missing_is_black():
    wide = grey(np.full((14, 56), 255))
    found = fit().encode({"image": tf.constant([wide])}).inputs["image"].numpy()[0, ..., 0]
    assert not found[:10].any() and not found[-10:].any()
    np.testing.assert_allclose(found[11:17], 1, atol=1e-6)


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a", png(9, 9)[:30], b"\xff\xd8\xff\x00", b"\x89PNG\r\n\x1a\n"]
)
def test_broken_bytes_are_refused(graph, content):
    with pytest.raises(tf.errors.InvalidArgumentError):
        graph({"image": tf.constant([png(9, 9), content])})


@pytest.mark.parametrize("input", ["image", "rows"])
def test_a_split_is_encoded_as_in_the_graph(input):
    some = {"image": column(*list(FILES.values())[::7])}
    other = {"image": column(*list(FILES.values())[::9])}
    assert_splits_are_as_in_graph(fit(input), some, other)


def test_rows_are_steps_and_an_image_is_one():
    rows, whole = fit("rows", height=7, width=5), fit("image", height=7, width=5)
    assert (rows.unit, rows.max_length, rows.network.kind) == ("rows", 7, "rows")
    assert (whole.unit, whole.max_length, whole.network.kind) == ("images", 1, "image")
    given = {"image": column(png(3, 3), png(90, 4))}
    assert rows.measure(given).lengths.tolist() == [7, 7]
    assert whole.measure(given).lengths.tolist() == [1, 1]
    assert rows.align(range(9)) == range(7)


def test_nothing_is_learned_and_what_is_loaded_is_the_same(tmp_path):
    fitted = fit()
    fitted.save(tmp_path)
    assert not list(tmp_path.iterdir())
    config = settings("sentiment")
    config = type(config).from_flat(config.flat() | {"input": "image"})
    again = Image().load(tmp_path, config)
    assert again.size == fitted.size and again.network == fitted.network
    assert isinstance(again, FittedImage)


def test_a_request_is_the_bytes_of_an_image(tmp_path):
    for content in (png(3, 3), jpeg(3, 3, 1)):
        (tmp_path / "a.file").write_bytes(content)
        assert Image().request(str(tmp_path / "a.file")) == {"image": content}


@pytest.mark.parametrize(
    ("content", "said"), [(None, "no file"), (b"GIF89a", "neither a PNG nor a JPEG")]
)
def test_another_request_is_refused_in_one_line(tmp_path, content, said):
    if content is not None:
        (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(UserError, match=said) as caught:
        Image().request(str(tmp_path / "a.png"))
    assert "\n" not in str(caught.value)


def test_images_are_drawn_as_the_network_sees_them():
    given = {"image": column(png(3, 3), png(9, 4), jpeg(5, 5, 3))}
    assert Image().describe(given, 1) == "image 2"
    figure = Image().draw(given, [0, 2], ["a", "b"])
    assert {axes.get_title(loc="left") for axes in figure.axes} >= {"a", "b"}
