from collections import Counter

import numpy as np
import pytest
import tensorflow as tf

from models.ids import UNKNOWN
from pipelines.data.ragged import Ragged
from pipelines.inputs.tokenizers.words import (
    BATCH,
    UNKNOWN_WORD,
    Splits,
    WordEncoder,
    split_words,
)
from tests.given import column, rows_of


def split(text):
    return [word.decode() for word in split_words(tf.convert_to_tensor([text])).values.numpy()]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Good film", ["good", "film"]),
        ("I didn't like it.", ["i", "did", "n't", "like", "it", "."]),
        ("DIDN'T", ["did", "n't"]),
        ("can't won't", ["ca", "n't", "wo", "n't"]),
        ("he'd've", ["he", "'d", "'ve"]),
        (
            "it's we're you'll I'm they've",
            ["it", "'s", "we", "'re", "you", "'ll", "i", "'m", "they", "'ve"],
        ),
        ("it\u2019s don\u2019t", ["it", "'s", "do", "n't"]),
        ("'quoted' word", ["'", "quoted", "'", "word"]),
        ("\u2018quoted\u2019", ["'", "quoted", "'"]),
        ("'sound' 'red' 'm'", ["'", "sound", "'", "'", "red", "'", "'m", "'"]),
        ("'déjà vu' 'mémoire'", ["'", "déjà", "vu", "'", "'", "mémoire", "'"]),
        ('"so" \u201cso\u201d', ['"', "so", '"', "\u201c", "so", "\u201d"]),
        ("rock 'n' roll", ["rock", "'", "n", "'", "roll"]),
        ("well-made, 3.5/10!?", ["well", "-", "made", ",", "3", ".", "5", "/", "10", "!", "?"]),
        ("one<br />two<br/>three<BR>four", ["one", "two", "three", "four"]),
        ("bread <b>", ["bread", "<", "b", ">"]),
        ("ÉCOLE Straße ΑΒΓ Привет", ["école", "straße", "αβγ", "привет"]),
        ("e\u0301cole", ["e\u0301cole"]),
        ("हिन्दी 한국어", ["हिन्दी", "한국어"]),
        ("我喜欢它", ["我", "喜", "欢", "它"]),
        ("とても good です", ["と", "て", "も", "good", "で", "す"]),
        ("nice🙂🙂film", ["nice", "🙂", "🙂", "film"]),
        (b"caf\xe9 noir", ["caf", "\ufffd", "noir"]),
        (b"\xff\xfe", ["\ufffd", "\ufffd"]),
        ("[UNK]", ["[", "unk", "]"]),
        ("\u02bc", ["'"]),
        ("a\tb\nc\r\nd\x0be\x0cf", ["a", "b", "c", "d", "e", "f"]),
    ],
)
def test_words(text, words):
    assert split(text) == words


@pytest.mark.parametrize(
    "space", ["\u00a0", "\u2003", "\u200b", "\u2028", "\u202f", "\u3000", "\ufeff", "\x85", "\x1c"]
)
def test_every_space_of_unicode_separates_and_is_no_word(space):
    assert split(f"Good{space}Film") == ["good", "film"]


def test_what_follows_a_nul_is_not_lost():
    assert split("A\x00B c") == ["a", "b", "c"]


@pytest.mark.parametrize("text", ["", " ", "\n\t ", "<br/>", "\u00a0", "\u3000\ufeff", "\x00"])
def test_a_text_without_a_word_is_one_unknown(text):
    assert split(text) == [UNKNOWN_WORD]
    assert WordEncoder(["a"], 5).ids(tf.constant([UNKNOWN_WORD])).numpy() == [UNKNOWN]


def test_texts_of_a_batch_are_split_apart():
    found = split_words(tf.convert_to_tensor(["a b", "", "c."])).to_list()
    assert found == [[b"a", b"b"], [UNKNOWN_WORD.encode()], [b"c", b"."]]


def test_the_words_of_many_texts_are_counted_in_all_and_in_each():
    texts = [f"w{i % 7} " * (i % 3) for i in range(2 * BATCH + 1)]
    found = Splits(split_words).of(column(*texts))
    split_ = [text.split() or [UNKNOWN_WORD] for text in texts]
    assert found.counts() == Counter(word for words in split_ for word in words)
    assert found.index.lengths.tolist() == [len(words) for words in split_]
    for row, words in zip(rows_of(found.index)[:9], split_, strict=False):
        assert [found.words[i].numpy().decode() for i in row] == words
    nothing = Splits(split_words).of(column())
    assert nothing.index.lengths.tolist() == [] and not nothing.counts()


def test_words_that_are_written_alike_are_counted_together():
    found = Splits(tf.strings.split).of(column("A a B", "b"))
    assert found.counts() == {"A": 1, "a": 1, "B": 1, "b": 1}
    assert found.counts(tf.strings.lower) == {"a": 2, "b": 2}


def counting(read):
    """`split_words` that tells what it has read."""
    return lambda texts: read.extend(texts.numpy().tolist()) or split_words(texts)


def test_a_column_is_split_once_until_it_is_taken():
    read, texts = [], column("a b", "c")
    splits = Splits(counting(read))
    first = splits.of(texts)
    assert splits.of(texts) is first and splits.take(texts) is first
    assert read == [b"a b", b"c"]
    assert isinstance(splits.take(texts).index, Ragged)
    assert len(read) == 4  # it was not kept any longer


def test_equal_columns_that_are_not_the_same_are_not_mixed_up():
    splits = Splits(split_words)
    found = [splits.of(column(text)).counts() for text in ("a", "b", "a b")]
    assert found == [{"a": 1}, {"b": 1}, {"a": 1, "b": 1}]


def fit(texts, *settings):
    return WordEncoder.fit(Splits(split_words).of(column(*texts)).counts(), *settings)


def test_the_vocabulary_has_the_most_frequent_words_and_ties_in_the_alphabet():
    texts = ["b b b c c", "a a d", "c a e"]  # b 3, a 3, c 3, d 1, e 1
    assert fit(texts, 10, 1, 9).vocabulary == ("a", "b", "c", "d", "e")
    assert fit(["z z y"], 10, 1, 9).vocabulary == ("z", "y")
    assert fit(texts, 10, 2, 9).vocabulary == ("a", "b", "c")
    assert fit(texts, 2, 1, 9).vocabulary == ("a", "b")


def test_min_count_is_over_all_texts_and_blank_texts_add_no_word():
    assert fit(["a", "a", "", "", "b"], 10, 2, 9).vocabulary == ("a",)


def test_size_counts_padding_and_unknown():
    encoder = WordEncoder(["x", "y", "z"], 9)
    assert encoder.size == 5
    assert encoder.ids(tf.constant(["x", "y", "z"])).numpy().tolist() == [2, 3, 4]


def test_a_vocabulary_without_words_knows_nothing_and_works():
    encoder = fit(["a b c"], 10, 2, 9)
    assert encoder.vocabulary == ()
    assert encoder.size == 2
    assert encoder.ids(tf.constant(["a", "b"])).numpy().tolist() == [UNKNOWN, UNKNOWN]


def test_an_id_is_the_row_of_its_word():
    words = [f"w{i}" for i in range(1000)]
    ids = WordEncoder(words, 2000).ids(tf.constant(words))
    assert ids.dtype == tf.int32
    np.testing.assert_array_equal(ids, np.arange(2, 1002))


@pytest.mark.parametrize(
    ("most", "kept"),
    [(1, "a"), (2, "ae"), (3, "abe"), (4, "abde"), (5, "abcde"), (6, "abcde"), (99, "abcde")],
)
def test_a_long_text_keeps_its_beginning_and_its_end(most, kept):
    cut = WordEncoder(list("abcde"), most).cut(tf.ragged.constant([list("abcde"), ["e"]]))
    assert cut.to_list() == [[word.encode() for word in kept], [b"e"]]


def test_what_is_saved_is_loaded(tmp_path):
    encoder = fit(["naïve 🙂 我 'twas n't \"", 'naïve " 我'], 10, 1, 4)
    encoder.save(tmp_path / "words.json")
    again = WordEncoder.load(tmp_path / "words.json")
    assert again.vocabulary == encoder.vocabulary
    assert again.max_length == 4
    words = tf.constant(["naïve", "🙂", '"', "other"])
    np.testing.assert_array_equal(again.ids(words), encoder.ids(words))
