"""Random changes in training: what they change, what they leave alone, and when there are none."""

import functools

import keras
import numpy as np
import pytest

from models.build import build, load
from models.inputs.augmentation import (
    NOISE,
    ROTATION,
    SHIFT,
    FeatureAugmentation,
    ImageAugmentation,
)
from models.inputs.features import FeatureInput
from models.inputs.image import ImageInput
from models.inputs.rows import RowInput
from models.outputs.classes import Classes
from models.spec import ModelSpec

LAYERS = {
    "image": (ImageAugmentation, (5, 9, 7, 2)),
    "features": (FeatureAugmentation, (5, 6, 3)),
    "vectors": (functools.partial(FeatureAugmentation, vectors=True), (5, 4, 6)),
}
NETWORKS = {
    "image": ("one_to_one", ImageInput(8, 8), {"image": (3, 8, 8, 1)}),
    "rows": ("many_to_one", RowInput(8, 8), {"image": (3, 8, 8, 1)}),
    "features": ("many_to_one", FeatureInput(2), {"features": (3, 5, 2)}),
    "vectors": ("many_to_one", FeatureInput(3, vectors=True), {"features": (3, 5, 3)}),
}


def random(*shape):
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def spot(height, width, y, x):
    """An image with one round spot."""
    rows, columns = np.mgrid[:height, :width]
    return np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 8)[None, :, :, None].astype(np.float32)


def middle(image):
    """Where an image's mass lies, in pixels."""
    weights = image[:, :, 0] / image[:, :, 0].sum()
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]]
    return np.array([(weights * rows).sum(), (weights * columns).sum()])


@pytest.mark.parametrize("kind", LAYERS)
def test_it_acts_in_training_alone_and_by_its_seed(kind):
    layer, shape = LAYERS[kind]
    values = random(*shape)
    np.testing.assert_array_equal(layer(1.0, seed=3)(values, training=False), values)
    first, again, other = (
        np.asarray(layer(1.0, seed=seed)(values, training=True)) for seed in (3, 3, 4)
    )
    assert first.shape == shape
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert (first != values).any()


@pytest.mark.parametrize("kind", LAYERS)
def test_each_example_and_each_step_of_training_has_draws_of_its_own(kind):
    layer, shape = LAYERS[kind]
    same = np.repeat(random(1, *shape[1:]), 4, axis=0)
    augmentation = layer(1.0, seed=0)
    first, second = (np.asarray(augmentation(same, training=True)) for _ in range(2))
    assert len(np.unique(first.reshape(4, -1), axis=0)) == 4
    assert (first != second).any()


@pytest.mark.parametrize("kind", LAYERS)
def test_it_is_the_weaker_the_smaller_its_strength(kind):
    layer, shape = LAYERS[kind]
    values = spot(20, 20, 8, 11) if kind == "image" else random(*shape)
    far, near = (
        np.abs(np.asarray(layer(strength, seed=1)(values, training=True)) - values).max()
        for strength in (1.0, 0.01)
    )
    assert 0 < near < far / 10


@pytest.mark.parametrize("kind", LAYERS)
def test_it_is_saved_with_its_strength_and_seed(kind):
    layer, shape = LAYERS[kind]
    made = layer(0.5, seed=3)
    again = type(made).from_config(made.get_config())
    values = random(*shape)
    np.testing.assert_array_equal(again(values, training=True), made(values, training=True))


def test_a_spot_in_the_middle_is_shifted_within_bounds_and_the_same_in_each_channel():
    images = np.repeat(np.repeat(spot(41, 21, 20, 10), 200, axis=0), 2, axis=3)
    changed = np.asarray(ImageAugmentation(1.0, seed=0)(images, training=True))
    np.testing.assert_array_equal(changed[..., 0], changed[..., 1])
    moved = np.stack([middle(image) for image in changed]) - [20, 10]
    largest = np.abs(moved).max(axis=0)
    # Turned and zoomed about the middle of the image, a shifted spot moves some more, or less.
    np.testing.assert_allclose(largest, [SHIFT * 41, SHIFT * 21], rtol=0.4)
    np.testing.assert_allclose(moved.mean(axis=0), 0, atol=0.6)


def test_an_image_of_one_brightness_stays_as_it_is():
    images = np.full((4, 6, 5, 1), 0.7, np.float32)
    np.testing.assert_allclose(ImageAugmentation(2.0, seed=0)(images, training=True), images)


def test_a_feature_has_one_factor_and_one_offset_for_all_steps():
    features = np.repeat(random(1, 400, 2), 50, axis=0)
    changed = np.asarray(FeatureAugmentation(1.0, seed=0)(features, training=True))
    lines = [np.polyfit(features[i, :, 0], changed[i, :, 0], 1) for i in range(50)]
    left = [changed[i, :, 0] - np.polyval(line, features[i, :, 0]) for i, line in enumerate(lines)]
    np.testing.assert_allclose(np.std(left), NOISE, rtol=0.1)
    assert np.std(lines, axis=0).min() > 0.1


def test_vectors_are_turned_all_alike_and_keep_their_lengths_and_angles():
    features = random(40, 200, 6)
    changed = np.asarray(FeatureAugmentation(1.0, seed=0, vectors=True)(features, training=True))
    angles = []
    for old, new in zip(features, changed, strict=True):
        turns = []
        for start in (0, 3):
            vectors = slice(start, start + 3)
            found = np.linalg.lstsq(old[:, vectors], new[:, vectors], rcond=None)[0]
            size = np.cbrt(np.linalg.det(found))
            turns.append(found / size)
            np.testing.assert_allclose(turns[-1] @ turns[-1].T, np.eye(3), atol=0.1)
        np.testing.assert_allclose(turns[0], turns[1], atol=0.1)
        angles.append(np.arccos((np.trace(turns[0]) - 1) / 2))
    # About three axes, so that the squares of three angles add up.
    np.testing.assert_allclose(np.mean(np.square(angles)), 3 * ROTATION**2, rtol=0.3)


def test_vectors_have_three_features_each():
    with pytest.raises(ValueError, match="4 features are no vectors of three"):
        FeatureInput(4, vectors=True)


def test_a_missing_value_stays_missing():
    features = random(2, 3, 2)
    features[0, 1, 0] = np.nan
    changed = np.asarray(FeatureAugmentation(1.0, seed=0)(features, training=True))
    np.testing.assert_array_equal(np.isnan(changed), np.isnan(features))


@pytest.mark.parametrize("kind", NETWORKS)
def test_the_setting_changes_training_and_nothing_else(kind):
    mode, inputs, shapes = NETWORKS[kind]
    given = {name: random(*shape) for name, shape in shapes.items()}
    if "features" in given:
        given["lengths"] = np.array([5, 2, 1], np.int32)

    def answers(training, **changes):
        keras.utils.set_random_seed(0)
        spec = ModelSpec.of(mode, input=inputs.kind, units=4, filters=2, dropout=0.0, **changes)
        return np.asarray(build(spec, inputs, Classes(3))(given, training=training)["logits"])

    plain = answers(False)
    np.testing.assert_array_equal(answers(False, augmentation=0.0), plain)
    np.testing.assert_array_equal(answers(True), plain)
    assert (answers(True, augmentation=1.0) != plain).any()


@pytest.mark.parametrize("kind", NETWORKS)
def test_a_network_with_it_survives_a_file(kind, tmp_path):
    mode, inputs, shapes = NETWORKS[kind]
    given = {name: random(*shape) for name, shape in shapes.items()}
    if "features" in given:
        given["lengths"] = np.array([5, 2, 1], np.int32)
    spec = ModelSpec.of(mode, input=inputs.kind, units=4, filters=2, augmentation=1.0)
    model = build(spec, inputs, Classes(3))
    model.save(tmp_path / "model.keras")
    again = load(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(given)["logits"], model(given)["logits"])
    assert again.get_layer("augmentation").get_config() == (
        model.get_layer("augmentation").get_config()
    )
