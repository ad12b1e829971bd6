"""The road of tagging: words, characters, tags and back."""

from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from models.ids import END, START
from pipelines import tasks
from pipelines.config import resolve
from pipelines.features.tagging import WIDTH, TaggingFeatures, words_of

TRAIN = {
    "text": np.array(["Ann\nsaw\n12\nMen\n", "Ann\nLee\nsaw\nROME\n"], object),
    "target": np.array(["B-PER O O O", "B-PER I-PER O B-LOC"], object),
}


def fit(**settings):
    task = tasks.get("ner")
    config = resolve("ner", task.mode, task.defaults, settings)
    return TaggingFeatures.fit(SimpleNamespace(splits={"train": TRAIN}), config)


def ids(features, *texts):
    encoded = features.encode({"text": tf.constant(texts)})
    return encoded["tokens"].to_list(), encoded["characters"].to_tensor().numpy()


def test_words_are_known_whatever_their_case_and_digits():
    features = fit()
    assert set(features.words.known) == {"ann", "saw", "00", "men", "lee", "rome"}
    (first, second), _ = ids(features, "ann\nSAW\n99\nmen\n", "Ann\nsaw\n9\nBob\n")
    assert 1 not in first
    assert first[:2] == second[:2]
    assert second[2:] == [1, 1]


def test_characters_tell_case_and_digits_and_keep_both_ends_of_a_word():
    features = fit()
    _, characters = ids(features, "Ann\nann\n12\n21\n" + "A" + "n" * 30 + "e\n")
    assert characters.shape == (1, 5, WIDTH)
    capital, small, some, others, long = characters[0]
    assert capital[1] != small[1]
    assert capital[1] > END
    np.testing.assert_array_equal(capital[2:], small[2:])
    first, one, two, last, *padding = some
    assert [first, last, *set(padding)] == [START, END, 0]
    assert others[:4].tolist() == [START, two, one, END]
    assert (long > 0).all()
    assert long[1] == capital[1]
    assert [long[0], long[-1]] == [START, END]
    assert long[-2] != long[-3]


def test_rare_words_and_those_beyond_the_vocabulary_are_unknown():
    assert set(fit(min_count=2).words.known) == {"ann", "saw"}
    assert len(fit(min_count=1, vocabulary=10).words.known) == 6


def test_targets_are_labels_and_fit_the_words():
    features = fit(max_length=3)
    assert features.tags == ("O", "B-LOC", "B-PER", "I-PER")
    columns = {"text": None, "target": np.array(["O B-PER O B-LOC", "B-XYZ"], object)}
    targets, weights = features.targets(columns)
    assert targets.pad(np.array([0, 1]), 3).tolist() == [[0, 2, 0], [0, -1, -1]]
    assert weights.tolist() == [1, 1]
    (words,), _ = ids(features, "a\nb\nc\nd\n")
    assert len(words) == 3


@pytest.mark.parametrize("scored", [False, True])
def test_labels_become_words_tags_and_entities(scored):
    features = fit()
    outputs = {"tags": tf.constant([[2, 3, 0, 1, 0], [0, 0, -1, -1, -1]])}
    if scored:
        outputs["scores"] = tf.constant([-0.5, -0.1])
    texts = tf.constant(["Ann Lee saw Rome.", "It rained"])
    found = {k: v.numpy().tolist() for k, v in features.decode(outputs, {"text": texts}).items()}
    assert found["words"] == [
        [b"Ann", b"Lee", b"saw", b"Rome", b"."],
        [b"It", b"rained"] + [b""] * 3,
    ]
    assert found["tags"][0] == [b"B-PER", b"I-PER", b"O", b"B-LOC", b"O"]
    assert found["tags"][1] == [b"O", b"O", b"", b"", b""]
    assert found["entities"] == [[b"Ann Lee", b"Rome"], [b"", b""]]
    assert found["types"] == [[b"PER", b"LOC"], [b"", b""]]
    assert ("score" in found) == scored


def test_features_survive_a_folder(tmp_path):
    features = fit()
    features.save(tmp_path)
    task = tasks.get("ner")
    loaded = TaggingFeatures.load(tmp_path, resolve("ner", task.mode, task.defaults))
    assert loaded.tags == features.tags
    text = "Ann Lee saw Men in Zürich."
    for one, other in zip(ids(features, text), ids(loaded, text), strict=False):
        np.testing.assert_array_equal(one, other)


def test_words_are_counted_as_they_are_known():
    assert list(words_of(["Ann\n12\n", "Rome fell."])) == [["ann", "00"], ["rome", "fell", "."]]
