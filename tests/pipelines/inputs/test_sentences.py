"""Sentences read by words and characters."""

import numpy as np
import pytest
import tensorflow as tf

from models.ids import END, START
from pipelines.inputs.fitted.sentences import WIDTH
from pipelines.inputs.sentences import Sentences
from pipelines.inputs.tokenizers.words import UNKNOWN_WORD
from tests.given import assert_splits_are_as_in_graph, column, constant, settings

TEXTS = column("Ann\nsaw\n12\nMen\n", "Ann\nLee\nsaw\nROME\n")


def fit(texts=TEXTS, **changes):
    return Sentences().fit({"text": texts}, settings("ner", **changes))


def ids(sentences, *texts):
    inputs = sentences.encode({"text": constant(*texts)}).inputs
    return inputs["tokens"].to_list(), inputs["characters"].to_tensor().numpy()


def test_words_are_known_whatever_their_case_and_digits():
    sentences = fit()
    assert set(sentences.vocabulary) == {"ann", "saw", "00", "men", "lee", "rome"}
    (first, second), _ = ids(sentences, "ann\nSAW\n99\nmen\n", "Ann\nsaw\n9\nBob\n")
    assert 1 not in first
    assert first[:2] == second[:2]
    assert second[2:] == [1, 1]


def test_characters_tell_case_and_digits_and_keep_both_ends_of_a_word():
    _, characters = ids(fit(), "Ann\nann\n12\n21\n" + "A" + "n" * 30 + "e\n")
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
    assert set(fit(min_count=2).vocabulary) == {"ann", "saw"}
    assert len(fit(min_count=1, vocabulary=10).vocabulary) == 6
    many = column("\n".join(f"{a}{b}" for a in "abcd" for b in "abcd"))
    assert len(fit(many, vocabulary=10).vocabulary) == 10


def test_steps_are_named_by_words_as_they_were_written():
    found = fit(max_length=3).encode({"text": constant("Ann Lee saw Rome.", "", "It")})
    assert found.names.to_list() == [[b"Ann", b"Lee", b"saw"], [UNKNOWN_WORD.encode()], [b"It"]]


@pytest.mark.parametrize("max_length", [1, 3, 50])
def test_a_split_is_encoded_as_in_the_graph(max_length):
    sentences = fit(max_length=max_length)
    other = column("Zürich,Genève and 3.5% of it.", "", "Bob\n", "A" + "n" * 40, "Ann " * 9)
    assert_splits_are_as_in_graph(sentences, {"text": TEXTS}, {"text": other})


@pytest.mark.parametrize("max_length", [1, 3, 5, 9])
def test_labels_are_cut_as_the_words_are(max_length):
    sentences = fit(max_length=max_length)
    words = ["Ann", "saw", "12", "Men", "."]
    names = sentences.encode({"text": constant("\n".join(words) + "\n")}).names.to_list()[0]
    assert [name.decode() for name in names] == list(sentences.align(words))


def test_words_are_counted_as_they_are_known_and_uncut():
    found = fit(max_length=1).measure({"text": column("Ann\n12\n", "Rome fell.")})
    assert found.lengths.tolist() == [2, 3]
    assert found.tokens == {"ann": 1, "00": 1, "rome": 1, "fell": 1, ".": 1}


def test_what_was_learned_survives_a_folder(tmp_path):
    sentences = fit()
    sentences.save(tmp_path)
    loaded = Sentences().load(tmp_path, settings("ner"))
    assert loaded.network == sentences.network
    text = "Ann Lee saw Men in Zürich."
    for one, other in zip(ids(sentences, text), ids(loaded, text), strict=True):
        np.testing.assert_array_equal(one, other)
    assert_splits_are_as_in_graph(loaded, {"text": TEXTS})


def test_the_raw_input_is_a_batch_of_strings():
    assert fit().signature() == {"text": tf.TensorSpec([None], tf.string, name="text")}


def test_a_sentence_in_words_is_described_on_one_line():
    assert Sentences().describe({"text": TEXTS}, 1) == "Ann Lee saw ROME"
