from collections import Counter

import numpy as np
import pytest
import tensorflow as tf

from models.ids import PADDING, UNKNOWN
from pipelines.features.text import BATCH, UNKNOWN_WORD, WordEncoder, count_words, split_words


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
    assert WordEncoder(["a"], 5).encode(tf.convert_to_tensor([text])).to_list() == [[UNKNOWN]]


def test_texts_of_a_batch_are_split_apart():
    found = split_words(tf.convert_to_tensor(["a b", "", "c."])).to_list()
    assert found == [[b"a", b"b"], [UNKNOWN_WORD.encode()], [b"c", b"."]]


def test_the_words_of_many_texts_are_counted_in_all_and_in_each():
    texts = [f"w{i % 7} " * (i % 3) for i in range(2 * BATCH + 1)]
    found = count_words(texts)
    split_ = [text.split() or [UNKNOWN_WORD] for text in texts]
    assert found.tokens == Counter(word for words in split_ for word in words)
    assert found.lengths.tolist() == [len(words) for words in split_]
    assert count_words([]).lengths.tolist() == []


def fit(texts, *settings):
    return WordEncoder.fit(count_words(texts).tokens, *settings)


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
    assert encoder.encode(tf.convert_to_tensor(["x y z"])).to_list() == [[2, 3, 4]]


def test_a_vocabulary_without_words_knows_nothing_and_works():
    encoder = fit(["a b c"], 10, 2, 9)
    assert encoder.vocabulary == ()
    assert encoder.size == 2
    assert encoder.encode(tf.convert_to_tensor(["a b"])).to_list() == [[UNKNOWN, UNKNOWN]]


def test_ids_are_never_padding():
    encoder = WordEncoder(["a"], 3)
    ids = encoder.encode(tf.convert_to_tensor(["a zzz", "", "q q q q", "a"]))
    assert ids.dtype == tf.int32
    assert ids.to_list() == [[2, 1], [1], [1, 1, 1], [2]]
    assert PADDING not in ids.flat_values.numpy()


@pytest.mark.parametrize(
    ("most", "kept"),
    [(1, "a"), (2, "ae"), (3, "abe"), (4, "abde"), (5, "abcde"), (6, "abcde"), (99, "abcde")],
)
def test_a_long_text_keeps_its_beginning_and_its_end(most, kept):
    encoder = WordEncoder(list("abcde"), most)
    text = tf.convert_to_tensor(["a b c d e", "e"])
    assert encoder.words(text).to_list() == [[word.encode() for word in kept], [b"e"]]
    ids = {word: i + 2 for i, word in enumerate("abcde")}
    assert encoder.encode(text).to_list() == [[ids[word] for word in kept], [ids["e"]]]


def test_words_and_ids_are_aligned():
    encoder = WordEncoder(["good", "n't"], 5)
    text = tf.convert_to_tensor(["Didn't GOOD seem good", ""])
    assert encoder.words(text).to_list() == [
        [b"did", b"n't", b"good", b"seem", b"good"],
        [b"[UNK]"],
    ]
    assert encoder.encode(text).to_list() == [[1, 3, 2, 1, 2], [1]]


def test_what_is_saved_is_loaded(tmp_path):
    encoder = fit(["naïve 🙂 我 'twas n't \"", 'naïve " 我'], 10, 1, 4)
    encoder.save(tmp_path / "words.json")
    again = WordEncoder.load(tmp_path / "words.json")
    assert again.vocabulary == encoder.vocabulary
    assert again.max_length == 4
    text = tf.convert_to_tensor(['naïve 🙂 " other more'])
    assert again.encode(text).to_list() == encoder.encode(text).to_list()


def test_the_graph_gives_what_eager_execution_gives():
    encoder = WordEncoder(["a", "n't", "我"], 3)
    graph = tf.function(encoder.encode, input_signature=[tf.TensorSpec([None], tf.string)])
    for texts in (["a", "don't a b c", "我a", ""], ["x"], [b"\xff a"]):
        eager, traced = (
            encoder.encode(tf.convert_to_tensor(texts)),
            graph(tf.convert_to_tensor(texts)),
        )
        assert eager.to_list() == traced.to_list()
    assert graph.experimental_get_tracing_count() == 1


def test_no_texts_give_no_rows():
    assert WordEncoder(["a"], 3).encode(tf.convert_to_tensor([], tf.string)).to_list() == []


def test_an_id_is_the_row_of_its_word():
    words = [f"w{i}" for i in range(1000)]
    ids = WordEncoder(words, 2000).encode(tf.convert_to_tensor([" ".join(words)]))
    np.testing.assert_array_equal(ids.flat_values, np.arange(2, 1002))
