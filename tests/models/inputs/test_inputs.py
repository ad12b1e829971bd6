"""Every kind of input: its shapes, its masks, and that padding gets nowhere."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.inputs.category import CategoryInput
from models.inputs.features import FeatureInput
from models.inputs.frames import FrameInput
from models.inputs.image import ImageInput
from models.inputs.rows import RowInput
from models.inputs.tokens import TokenInput
from models.inputs.vector import VectorInput
from models.spec import INPUTS, ModelSpec

SPEC = ModelSpec(dropout=0.0, filters=3, embedding_dim=5)
LENGTHS = np.array([3, 1, 0], np.int32)
MASK = np.arange(4) < LENGTHS[:, None]
NAN = float("nan")


def model_of(inputs, spec=SPEC):
    """What an input makes of its tensors, as a model that also goes through a file."""
    keras.utils.set_random_seed(0)
    if hasattr(inputs, "connect"):
        read = inputs.connect(spec)
        return keras.Model(read.inputs, {"sequence": read.sequence, "mask": read.mask})
    read = inputs.connect_single(spec)
    regions = {} if read.regions is None else {"regions": read.regions}
    return keras.Model(read.inputs, {"vector": read.vector, **regions})


def ask(model, **inputs):
    return {name: np.asarray(value) for name, value in model(inputs).items()}


def random(*shape):
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def reloaded(model, folder):
    model.save(folder / "model.keras")
    return keras.saving.load_model(folder / "model.keras", compile=False)


KINDS = {
    "tokens": (TokenInput(9), {"tokens": np.array([[2, 3, 4, 0], [8, 0, 0, 0]], np.int32)}),
    "features": (FeatureInput(2, True), {"features": random(3, 4, 2), "lengths": LENGTHS}),
    "rows": (RowInput(4, 5, 2), {"image": random(3, 4, 5, 2)}),
    "frames": (FrameInput(8, 6, 2), {"frames": random(3, 4, 8, 6, 2), "lengths": LENGTHS}),
    "vector": (VectorInput(4), {"vector": random(3, 4)}),
    "category": (CategoryInput(3), {"category": np.array([0, 2, 1], np.int32)}),
    "image": (ImageInput(9, 17, 2), {"image": random(3, 9, 17, 2)}),
}


@pytest.mark.parametrize("kind", INPUTS)
def test_a_kind_calls_itself_so_and_survives_a_file(kind, tmp_path):
    inputs, given = KINDS[kind]
    assert inputs.kind == kind
    model = model_of(inputs)
    expected, found = ask(model, **given), ask(reloaded(model, tmp_path), **given)
    assert expected.keys() == found.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(value, found[name])
        said = model.output[name].shape
        assert all(s in (None, size) for s, size in zip(said, value.shape, strict=True))


def test_features_are_masked_by_their_lengths_and_padding_is_zero_whatever_it_held():
    features = random(3, 4, 2)
    features[~MASK] = NAN
    found = ask(model_of(FeatureInput(2)), features=features, lengths=LENGTHS)
    np.testing.assert_array_equal(found["mask"], MASK)
    np.testing.assert_array_equal(found["sequence"][MASK], features[MASK])
    assert (found["sequence"][~MASK] == 0).all()


def test_a_length_beyond_the_tensor_means_all_of_it():
    found = ask(model_of(FeatureInput(1)), features=random(1, 2, 1), lengths=np.array([7]))
    assert found["mask"].all()


def test_a_missing_value_is_zero_and_told_by_an_indicator():
    features = random(3, 4, 2)
    features[0, 1, 0] = features[1, 0, 1] = NAN
    features[~MASK] = NAN  # padding is not missing: it is not there
    found = ask(model_of(FeatureInput(2, missing=True)), features=features, lengths=LENGTHS)
    gone = np.isnan(features) & MASK[:, :, None]
    assert gone.sum() == 2
    filled = np.where(np.isnan(features), 0, features)
    np.testing.assert_array_equal(found["sequence"], np.concatenate([filled, gone], axis=-1))


def test_a_nan_is_not_hidden_where_values_are_not_known_to_be_missing():
    features = random(1, 2, 2)
    features[0, 1, 1] = NAN
    found = ask(model_of(FeatureInput(2)), features=features, lengths=np.array([2]))
    np.testing.assert_array_equal(np.isnan(found["sequence"]), np.isnan(features))


def test_rows_are_the_rows_of_the_image():
    image = random(3, 4, 5, 2)
    found = ask(model_of(RowInput(4, 5, 2)), image=image)
    np.testing.assert_array_equal(found["sequence"], image.reshape(3, 4, 10))
    assert found["mask"].shape == (3, 4)
    assert found["mask"].dtype == bool
    assert found["mask"].all()


def test_each_frame_is_seen_as_if_it_were_alone():
    frames = random(3, 4, 8, 6, 2)
    frames[~MASK] = NAN
    model = model_of(FrameInput(8, 6, 2))
    found = ask(model, frames=frames, lengths=LENGTHS)
    np.testing.assert_array_equal(found["mask"], MASK)
    assert (found["sequence"][~MASK] == 0).all()
    network = model.get_layer("frame_features").network
    expected = np.asarray(network(frames[MASK])).mean(axis=(1, 2))  # [real frames, features]
    assert len(np.unique(expected)) > 4
    np.testing.assert_allclose(found["sequence"][MASK], expected, rtol=0, atol=1e-6)


def test_a_piece_of_padding_alone_is_read_as_such():
    model = model_of(FrameInput(8, 6, 2))
    found = ask(model, frames=random(2, 1, 8, 6, 2), lengths=np.zeros(2, np.int32))
    assert not found["mask"].any()
    np.testing.assert_array_equal(found["sequence"], np.zeros((2, 1, 6)))


@pytest.mark.parametrize("kind", ["features", "frames"])
def test_padding_changes_no_gradient(kind):
    inputs, given = KINDS[kind]
    model, name = model_of(inputs), kind
    head = keras.layers.Dense(1)
    head.build(model.output["sequence"].shape)
    variables = [v.value for v in (*model.trainable_variables, *head.trainable_variables)]

    @tf.function(reduce_retracing=True)
    def gradients(data, lengths):
        with tf.GradientTape() as tape:
            tape.watch(data)
            found = model({name: data, "lengths": lengths}, training=True)
            # A careless reader, who takes padding along.
            loss = tf.reduce_sum(tf.square(head(found["sequence"])))
        return tape.gradient(loss, [data, *variables])

    data = given[name].copy()
    data[~MASK] = 0
    plain, *expected = (np.asarray(g) for g in gradients(tf.constant(data), LENGTHS))
    data[~MASK] = NAN
    spoiled, *found = (np.asarray(g) for g in gradients(tf.constant(data), LENGTHS))
    np.testing.assert_allclose(spoiled[MASK], plain[MASK], rtol=0, atol=1e-6)
    assert (spoiled[~MASK] == 0).all()
    assert np.abs(plain[MASK]).max() > 0
    for one, other in zip(expected, found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
        assert np.abs(one).max() > 0


def test_a_category_is_its_row_of_the_embedding():
    model = model_of(CategoryInput(3))
    found = ask(model, category=np.array([2, 0, 2], np.int32))
    np.testing.assert_array_equal(found["vector"], model.get_weights()[0][[2, 0, 2]])
    assert found["vector"].shape == (3, SPEC.embedding_dim)


def test_a_vector_is_read_as_it_is():
    vector = random(3, 4)
    np.testing.assert_array_equal(ask(model_of(VectorInput(4)), vector=vector)["vector"], vector)


def test_the_regions_of_an_image_lie_where_they_are_seen_and_their_mean_is_the_whole():
    image = np.zeros((1, 16, 8, 1), np.float32)
    model = model_of(ImageInput(16, 8))
    blank = ask(model, image=image)
    assert blank["regions"].shape == (1, 8 * 4, 6)  # halved once
    assert blank["vector"].shape == (1, 6)
    image[0, 15, 7, 0] = 1  # the last corner is seen by the last region alone
    seen = ask(model, image=image)
    changed = (seen["regions"] != blank["regions"]).any(axis=(0, 2))
    far = np.arange(32) // 4 < 5
    assert changed[-1]
    assert not changed[far].any()
    np.testing.assert_allclose(seen["vector"], seen["regions"].mean(axis=1), rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("inputs", "given", "output"),
    [
        (CategoryInput(3), {"category": np.array([0, 2], np.int32)}, "vector"),
        (FrameInput(8, 6, 2), KINDS["frames"][1], "sequence"),
        (TokenInput(9), KINDS["tokens"][1], "sequence"),
    ],
)
def test_dropout_acts_in_training_alone(inputs, given, output):
    model = model_of(inputs, ModelSpec(dropout=0.5, filters=3, embedding_dim=5))
    calm = np.asarray(model(given, training=False)[output])
    np.testing.assert_array_equal(calm, model(given, training=False)[output])
    assert (np.asarray(model(given, training=True)[output]) != calm).any()
