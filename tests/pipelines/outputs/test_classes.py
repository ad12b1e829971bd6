"""One of several classes: targets, what is decoded, and what a person sees."""

import numpy as np
import pytest
import tensorflow as tf

from models.export.preprocessing import Encoded
from pipelines.config import resolve
from pipelines.outputs.classes import Classes
from pipelines.outputs.fitted.classes import FittedClasses
from tests import given

NOTHING = Encoded({})


def config(**settings):
    return resolve("toy", "many_to_one", settings)


def fitted(labels=("bad", "good"), strength="rating", weights=None, **settings):
    weights = weights or (1.0,) * len(labels)
    return FittedClasses(labels, config(**settings), strength, weights)


def examples(labels, names=("bad", "good"), **columns):
    return given.examples({"label": np.array(labels, np.int64)} | columns, names)


LABELS = {"label": np.array([0, 1, 1])}
RATED = LABELS | {"rating": np.array([-2.0, 0.0, 1.0], np.float32)}


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 3.0])
def test_a_rating_becomes_the_probability_of_the_second_class(sharpness):
    targets, weights = fitted(target_sharpness=sharpness).targets(RATED, {})
    second = [1 / (1 + np.exp(-sharpness * r)) for r in (-2.0, 0.0, 1.0)]
    np.testing.assert_allclose(targets[:, 1], second, rtol=1e-6)
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=1e-6)
    assert targets.dtype == weights.dtype == np.float32


@pytest.mark.parametrize(
    ("made", "columns"),
    [
        (fitted(), LABELS),  # the source has no ratings
        (fitted(strength=""), RATED),  # the task knows none
        (fitted(target_sharpness=0.0), RATED),  # they are to be ignored
    ],
)
def test_without_ratings_the_label_is_certain(made, columns):
    targets, weights = made.targets(columns, {})
    np.testing.assert_array_equal(targets, [[1, 0], [0, 1], [0, 1]])
    np.testing.assert_array_equal(weights, [1, 1, 1])
    assert targets.dtype == np.float32


def test_ratings_say_nothing_about_three_classes():
    made_up = examples([2, 0, 1], ("a", "b", "c"), rating=np.array([-2.0, 1.0, 1.0], np.float32))
    made = Classes(strength="rating").fit(made_up, config(), None)
    targets, _ = made.targets(made_up.splits["train"], {})
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
    made_up = examples([0, 0, 1, 1], rating=np.array(ratings, np.float32))
    made = Classes(strength="rating").fit(made_up, config(), None)
    targets, _ = made.targets(made_up.splits["train"], {})
    certain = np.eye(2)[[0, 0, 1, 1]]
    assert (targets != certain).all() if used else (targets == certain).all()


@pytest.mark.filterwarnings("ignore:overflow")
def test_the_strongest_ratings_are_certain():
    columns = {"label": np.array([0, 1]), "rating": np.array([-1e4, 1e4], np.float32)}
    targets, _ = fitted(target_sharpness=10.0).targets(columns, {})
    np.testing.assert_array_equal(targets, [[1, 0], [0, 1]])


def test_balanced_weights_give_each_class_the_same_sum():
    made_up = examples([0, 0, 0, 1])
    made = Classes().fit(made_up, config(class_weights="balanced"), None)
    np.testing.assert_allclose(made.class_weights, [4 / (2 * 3), 4 / (2 * 1)])
    _, weights = made.targets(made_up.splits["train"], {})
    assert weights[:3].sum() == pytest.approx(weights[3:].sum())
    assert weights.mean() == pytest.approx(1)


def test_a_class_that_training_lacks_has_a_finite_weight():
    made = Classes().fit(examples([0, 1], ("a", "b", "c")), config(class_weights="balanced"), None)
    assert np.isfinite(made.class_weights).all()


def test_without_balance_every_weight_is_one():
    assert Classes().fit(examples([0, 0, 1]), config(), None).class_weights == (1.0, 1.0)


def test_it_is_learned_with_the_settings():
    made = Classes().fit(examples([0, 1], ("a", "b")), config(label_smoothing=0.1), None)
    assert made.network.count == 2
    assert made.network.label_smoothing == 0.1


def test_what_is_saved_is_loaded(tmp_path):
    made = fitted(("schlecht", "très bon"), weights=(0.1, 1 / 3), label_smoothing=0.2)
    made.save(tmp_path)
    again = Classes().load(tmp_path, config(label_smoothing=0.2), None)
    assert again.class_weights == made.class_weights
    assert again.network == made.network
    for old, new in zip(made.targets(RATED, {}), again.targets(RATED, {}), strict=True):
        np.testing.assert_array_equal(old, new)
    logits = {"logits": tf.convert_to_tensor([[0.0, 1.0]])}
    assert again.decode(logits, NOTHING)["label"].numpy().tolist() == ["très bon".encode()]


def test_decode_names_the_likeliest_class_and_gives_all_scores():
    logits = np.array([[1.0, 3.0, 2.0], [0.5, 0.0, -1.0]], np.float32)
    named = Encoded({}, tf.ragged.constant([["fine", "film"], ["[UNK]"]]))
    answer = fitted(("a", "b", "c")).decode({"logits": tf.convert_to_tensor(logits)}, named)
    assert answer.keys() == {"label", "scores", "classes"}
    assert answer["label"].numpy().tolist() == [b"b", b"a"]
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(answer["scores"], expected, rtol=1e-6)
    np.testing.assert_allclose(tf.reduce_sum(answer["scores"], axis=1), 1, rtol=1e-6)
    assert answer["classes"].numpy().tolist() == [[b"a", b"b", b"c"]] * 2


def test_attention_comes_with_the_names_of_its_steps():
    names = tf.ragged.constant([["fine", "unseen", "fine", "film"], ["film"]])
    attention = tf.random.uniform([2, 4])
    answers = {"logits": tf.zeros([2, 2]), "attention": attention}
    found = fitted().decode(answers, Encoded({}, names))
    assert found["tokens"].numpy().tolist() == [
        [b"fine", b"unseen", b"fine", b"film"],
        [b"film", b"", b"", b""],
    ]
    np.testing.assert_array_equal(found["attention"], attention)
    assert "tokens" not in fitted().decode(answers, NOTHING)  # steps without names


def test_a_label_is_neither_rated_nor_a_sequence():
    assert not fitted().network.rates
    assert fitted().target_signature() == {}
    assert fitted().measure(LABELS) is None
    with pytest.raises(NotImplementedError):
        fitted().decode_score({})


ANSWER = {
    "label": np.array([b"gut"], object),
    "scores": np.array([[0.05, 0.7, 0.25]], np.float32),
    "classes": np.array([[b"schlecht", b"gut", "mittelmäßig".encode()]], object),
}
ATTENTION = {
    "tokens": np.array([[b"ein", b"sehr", "schöner".encode(), b"film", b"", b""]], object),
    "attention": np.array([[0.1, 0.2, 0.6, 0.1, 0.0, 0.0]], np.float32),
}
RAW = {"text": "Ein sehr schöner Film"}


def test_an_answer_names_the_label_and_ranks_all_classes():
    first, *lines = Classes().show(RAW, ANSWER).splitlines()
    assert first == "gut  (70.0%)  Ein sehr schöner Film"
    assert [line.split()[:2] for line in lines] == [
        ["gut", "70.0%"],
        ["mittelmäßig", "25.0%"],
        ["schlecht", "5.0%"],
    ]
    assert [line.count("█") for line in lines] == [14, 5, 1]
    assert len({line.index("%") for line in lines}) == 1  # in columns


def test_an_answer_to_what_is_no_text_names_the_label_alone():
    assert Classes().show({"image": b"\x89PNG"}, ANSWER).splitlines()[0] == "gut  (70.0%)"


def test_attended_words_come_in_order_without_padding():
    last = Classes().show(RAW, ANSWER | ATTENTION).splitlines()[-1]
    assert last.strip() == "attended to: schöner 60%, sehr 20%, ein 10%, film 10%"


def test_without_attention_nothing_is_said_of_it():
    assert "attended" not in Classes().show(RAW, ANSWER)


@pytest.mark.parametrize(("strength", "names"), [("", []), ("rating", ["rating"])])
def test_columns_are_label_and_perhaps_an_optional_strength(strength, names):
    label, *others = Classes(strength).columns
    assert (label.name, label.kind, label.optional) == ("label", "label", False)
    assert [each.name for each in others] == names
    assert all(each.optional and each.kind == "number" for each in others)
