"""Texts read word by word: what is kept of them, in the graph and in a whole split."""

import numpy as np
import pytest
import tensorflow as tf

from models.ids import PADDING, UNKNOWN
from pipelines.inputs.fitted.words import FittedWords
from pipelines.inputs.tokenizers.words import UNKNOWN_WORD, WordEncoder
from pipelines.inputs.words import Words
from tests.given import assert_splits_are_as_in_graph, column, constant, settings

TEXTS = column("Didn't GOOD seem good?", "", "a b c d e f g", "unheard of <br/> 我喜欢", "a")


def fitted(vocabulary, max_length):
    return FittedWords(WordEncoder(vocabulary, max_length))


def fit(texts, **changes):
    return Words().fit({"text": texts}, settings("sentiment", min_count=1, **changes))


def ids(words, *texts):
    return words.encode({"text": constant(*texts)}).inputs["tokens"]


def test_the_raw_input_is_a_batch_of_strings():
    spec = tf.TensorSpec([None], tf.string, name="text")
    assert fitted(["fine"], 4).signature() == {"text": spec}


def test_the_column_is_a_text_that_must_be_there():
    (text,) = Words().columns
    assert (text.name, text.kind, text.optional) == ("text", "text", False)


def test_it_is_learned_with_the_settings():
    texts = column("good film film", "bad film")
    made = Words().fit({"text": texts}, settings("spam", vocabulary=10, min_count=2, max_length=2))
    assert made.vocabulary == {"film"}
    assert made.max_length == 2
    assert made.network.vocabulary_size == 3


def test_names_and_ids_are_aligned():
    found = fitted(["good", "n't"], 5).encode({"text": constant("Didn't GOOD seem good", "")})
    assert found.names.to_list() == [
        [b"did", b"n't", b"good", b"seem", b"good"],
        [UNKNOWN_WORD.encode()],
    ]
    assert found.inputs["tokens"].to_list() == [[1, 3, 2, 1, 2], [1]]


@pytest.mark.parametrize(("most", "kept"), [(1, "a"), (2, "ae"), (3, "abe"), (99, "abcde")])
def test_a_long_text_keeps_its_beginning_and_its_end_with_their_names(most, kept):
    found = fitted(list("abcde"), most).encode({"text": constant("a b c d e", "e")})
    assert found.names.to_list() == [[word.encode() for word in kept], [b"e"]]
    numbers = {word: i + 2 for i, word in enumerate("abcde")}
    assert found.inputs["tokens"].to_list() == [[numbers[w] for w in kept], [numbers["e"]]]


def test_ids_are_never_padding():
    found = ids(fitted(["a"], 3), "a zzz", "", "q q q q", "a")
    assert found.dtype == tf.int32
    assert found.to_list() == [[2, 1], [1], [1, 1, 1], [2]]
    assert PADDING not in found.flat_values.numpy()


@pytest.mark.parametrize("text", ["", "\n\t ", "<br/>", "\u3000\ufeff"])
def test_a_text_without_a_word_is_one_unknown(text):
    assert ids(fitted(["a"], 5), text).to_list() == [[UNKNOWN]]


def test_no_texts_give_no_rows():
    nothing = {"text": tf.convert_to_tensor([], tf.string)}
    assert fitted(["a"], 3).encode(nothing).inputs["tokens"].to_list() == []


def test_the_graph_gives_what_eager_execution_gives():
    words = fitted(["a", "n't", "我"], 3)
    graph = tf.function(lambda raw: words.encode(raw).inputs, input_signature=[words.signature()])
    for texts in (["a", "don't a b c", "我a", ""], ["x"], [b"\xff a"]):
        assert graph({"text": constant(*texts)})["tokens"].to_list() == ids(words, *texts).to_list()
    assert graph.experimental_get_tracing_count() == 1


@pytest.mark.parametrize("max_length", [1, 4, 5, 50])
def test_a_split_is_encoded_as_in_the_graph(max_length):
    words = fit(TEXTS, max_length=max_length)
    other = column("Never seen; a b", "good film is too long for it all the same", "")
    assert_splits_are_as_in_graph(words, {"text": TEXTS}, {"text": other})


@pytest.mark.parametrize("max_length", [1, 2, 3, 4, 7, 9])
def test_labels_are_cut_as_the_words_are(max_length):
    words = fitted([], max_length)
    for count in range(1, 12):
        text = [f"w{i}" for i in range(count)]
        names = words.encode({"text": constant(" ".join(text))}).names.to_list()[0]
        assert [name.decode() for name in names] == list(words.align(text))


def test_words_of_texts_are_counted_uncut():
    found = fit(TEXTS, max_length=2).measure({"text": column("a a b", "", "c")})
    assert found.lengths.tolist() == [3, 1, 1]
    assert found.tokens == {"a": 2, "b": 1, "c": 1, UNKNOWN_WORD: 1}


def test_what_is_saved_is_loaded(tmp_path):
    config = settings("sentiment", min_count=1, max_length=4)
    made = Words().fit({"text": TEXTS}, config)
    made.save(tmp_path)
    again = Words().load(tmp_path, settings("sentiment", max_length=400))
    assert again.network == made.network
    assert (again.vocabulary, again.max_length) == (made.vocabulary, 4)
    assert_splits_are_as_in_graph(again, {"text": TEXTS})
    np.testing.assert_array_equal(ids(again, *TEXTS).values, ids(made, *TEXTS).values)
