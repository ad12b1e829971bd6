import numpy as np
import pytest
import tensorflow as tf

from pipelines.config import resolve
from pipelines.examples import Examples, Provenance
from pipelines.features.classes import TextClassFeatures
from pipelines.features.text import WordEncoder


def config(**settings):
    return resolve("toy", "many_to_one", {"min_count": 1} | settings)


def features(labels=("bad", "good"), strength="rating", weights=None, **settings):
    words = WordEncoder(["fine", "film"], 4)
    weights = weights or (1.0,) * len(labels)
    return TextClassFeatures(words, labels, config(**settings), strength, weights)


def examples(labels, names=("bad", "good"), **columns):
    train = {
        "text": np.array(["good film"] * len(labels), object),
        "label": np.array(labels, np.int64),
    } | columns
    return Examples({"train": train}, names, Provenance("embedded", "toy", "1", "0"))


LABELS = {"label": np.array([0, 1, 1])}
RATED = LABELS | {"rating": np.array([-2.0, 0.0, 1.0], np.float32)}


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 3.0])
def test_a_rating_becomes_the_probability_of_the_second_class(sharpness):
    targets, weights = features(target_sharpness=sharpness).targets(RATED)
    second = [1 / (1 + np.exp(-sharpness * r)) for r in (-2.0, 0.0, 1.0)]
    np.testing.assert_allclose(targets[:, 1], second, rtol=1e-6)
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=1e-6)
    assert targets.dtype == weights.dtype == np.float32


@pytest.mark.parametrize(
    ("made", "columns"),
    [
        (features(), LABELS),  # the source has no ratings
        (features(strength=""), RATED),  # the task knows none
        (features(target_sharpness=0.0), RATED),  # they are to be ignored
    ],
)
def test_without_ratings_the_label_is_certain(made, columns):
    targets, weights = made.targets(columns)
    np.testing.assert_array_equal(targets, [[1, 0], [0, 1], [0, 1]])
    np.testing.assert_array_equal(weights, [1, 1, 1])
    assert targets.dtype == np.float32


def test_ratings_say_nothing_about_three_classes():
    given = examples([2, 0, 1], ("a", "b", "c"), rating=np.array([-2.0, 1.0, 1.0], np.float32))
    made = TextClassFeatures.fit(given, config(), "rating")
    targets, _ = made.targets(given.splits["train"])
    np.testing.assert_array_equal(targets, np.eye(3)[[2, 0, 1]])


@pytest.mark.parametrize(
    ("ratings", "used"),
    [
        ([-2.0, -0.5, 1.0, 3.0], True),
        ([1.0, 2.0, 4.0, 5.0], False),  # stars: no sign says a class
        ([2.0, 1.0, -1.0, -3.0], False),  # the sign says the other class
    ],
)
def test_only_a_rating_whose_sign_is_the_class_is_used(ratings, used):
    given = examples([0, 0, 1, 1], rating=np.array(ratings, np.float32))
    made = TextClassFeatures.fit(given, config(), "rating")
    targets, _ = made.targets(given.splits["train"])
    certain = np.eye(2)[[0, 0, 1, 1]]
    assert (targets != certain).all() if used else (targets == certain).all()


@pytest.mark.filterwarnings("ignore:overflow")
def test_the_strongest_ratings_are_certain():
    columns = {"label": np.array([0, 1]), "rating": np.array([-1e4, 1e4], np.float32)}
    targets, _ = features(target_sharpness=10.0).targets(columns)
    np.testing.assert_array_equal(targets, [[1, 0], [0, 1]])


def test_balanced_weights_give_each_class_the_same_sum():
    given = examples([0, 0, 0, 1])
    made = TextClassFeatures.fit(given, config(class_weights="balanced"), "")
    np.testing.assert_allclose(made.class_weights, [4 / (2 * 3), 4 / (2 * 1)])
    _, weights = made.targets(given.splits["train"])
    assert weights[:3].sum() == pytest.approx(weights[3:].sum())
    assert weights.mean() == pytest.approx(1)


def test_a_class_that_training_lacks_has_a_finite_weight():
    made = TextClassFeatures.fit(
        examples([0, 1], ("a", "b", "c")), config(class_weights="balanced"), ""
    )
    assert np.isfinite(made.class_weights).all()


def test_without_balance_every_weight_is_one():
    assert TextClassFeatures.fit(examples([0, 0, 1]), config(), "").class_weights == (1.0, 1.0)


def test_features_are_learned_with_the_settings():
    given = examples([0, 1], text=np.array(["good film film", "bad film"], object))
    made = TextClassFeatures.fit(given, config(vocabulary=10, min_count=2, max_length=2), "")
    assert made.words.vocabulary == ("film",)
    assert made.words.max_length == 2
    assert made.inputs.vocabulary_size == 3
    assert made.outputs.count == 2


def test_what_is_saved_is_loaded(tmp_path):
    made = features(("schlecht", "très bon"), weights=(0.1, 1 / 3), label_smoothing=0.2)
    made.save(tmp_path)
    again = TextClassFeatures.load(tmp_path, config(label_smoothing=0.2))
    assert again.class_weights == made.class_weights
    assert again.words.vocabulary == made.words.vocabulary
    assert (again.inputs, again.outputs) == (made.inputs, made.outputs)
    for old, new in zip(made.targets(RATED), again.targets(RATED), strict=True):
        np.testing.assert_array_equal(old, new)
    logits, raw = (
        {"logits": tf.convert_to_tensor([[0.0, 1.0]])},
        {"text": tf.convert_to_tensor(["fine"])},
    )
    assert again.decode(logits, raw)["label"].numpy().tolist() == ["très bon".encode()]


def test_the_signature_is_a_batch_of_strings():
    assert features().signature() == {"text": tf.TensorSpec([None], tf.string, name="text")}


def test_decode_names_the_likeliest_class_and_gives_all_scores():
    logits = np.array([[1.0, 3.0, 2.0], [0.5, 0.0, -1.0]], np.float32)
    raw = {"text": tf.convert_to_tensor(["fine film", ""])}
    answer = features(("a", "b", "c")).decode({"logits": tf.convert_to_tensor(logits)}, raw)
    assert answer.keys() == {"label", "scores", "classes"}
    assert answer["label"].numpy().tolist() == [b"b", b"a"]
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(answer["scores"], expected, rtol=1e-6)
    np.testing.assert_allclose(tf.reduce_sum(answer["scores"], axis=1), 1, rtol=1e-6)
    assert answer["classes"].numpy().tolist() == [[b"a", b"b", b"c"]] * 2


def test_attention_comes_with_its_tokens_in_their_surface_form():
    made = features()
    raw = {"text": tf.convert_to_tensor(["Fine UNSEEN isn't fine film", "film"])}
    tokens = made.encode(raw)["tokens"].to_tensor()
    attention = tf.random.uniform(tokens.shape)
    answer = made.decode({"logits": tf.zeros([2, 2]), "attention": attention}, raw)
    assert answer["tokens"].numpy().tolist() == [
        [b"fine", b"unseen", b"fine", b"film"],  # two from the beginning, two from the end
        [b"film", b"", b"", b""],
    ]
    np.testing.assert_array_equal(answer["attention"], attention)
    padding = answer["tokens"].numpy() == b""
    np.testing.assert_array_equal(padding, tokens.numpy() == 0)
