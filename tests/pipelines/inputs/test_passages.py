"""Passages read by characters, with a START before the first."""

import pytest
import tensorflow as tf

from models.ids import END, START, UNKNOWN
from pipelines.inputs.passages import Passages
from tests.given import assert_splits_are_as_in_graph, column, constant, settings

TEXTS = column("ab\nab", "a")


@pytest.fixture(scope="module")
def passages():
    return Passages().fit({"text": TEXTS}, settings("shakespeare"))


def ids(passages, *texts):
    return passages.encode({"text": constant(*texts)}).inputs["tokens"].to_list()


def test_characters_are_those_of_training(passages):
    assert passages.vocabulary == ("a", "b", "\n")
    assert passages.network.kind == "tokens"
    assert passages.network.vocabulary_size == END + 4


def test_a_passage_begins_with_start(passages):
    a, b, line = range(END + 1, END + 4)
    wanted = [[START, a, b, line], [START], [START, b, UNKNOWN]]
    assert ids(passages, "ab\n", "", "bx") == wanted


def test_characters_are_named_and_the_start_is_not(passages):
    names = passages.encode({"text": constant("ab\n", "")}).names
    assert names.to_list() == [[b"", b"a", b"b", b"\n"], [b""]]


def test_a_chunk_has_no_beginning_of_its_own(passages):
    (whole,) = ids(passages, "ab")
    begin = passages.encode_beginning(tf.constant(2))["tokens"].numpy().tolist()
    assert begin == [[START], [START]]
    chunk = passages.encode_chunk({"text": constant("ab")})
    assert begin[0] + chunk.inputs["tokens"].to_list()[0] == whole
    assert chunk.names.to_list() == [[b"a", b"b"]]


def test_a_split_is_encoded_as_in_the_graph(passages):
    other = column("xyz ab", "", "b\nä", "ab")
    assert_splits_are_as_in_graph(passages, {"text": TEXTS}, {"text": other})


def test_labels_of_a_passage_are_cut_where_documents_are(passages):
    assert passages.max_length == settings("shakespeare").data.passage
    assert passages.align("a" * 5000) == "a" * passages.max_length


def test_characters_are_counted(passages):
    found = passages.measure({"text": column("abba", "", "x")})
    assert found.lengths.tolist() == [4, 0, 1]
    assert found.tokens == {"a": 2, "b": 2, "x": 1}


def test_what_is_saved_is_loaded(passages, tmp_path):
    passages.save(tmp_path)
    again = Passages().load(tmp_path, settings("shakespeare"))
    assert again.vocabulary == passages.vocabulary
    assert again.network == passages.network
    assert ids(again, "ab\nx") == ids(passages, "ab\nx")


def test_a_written_line_break_is_one():
    assert Passages().request(r"ANNA.\nwhat") == {"text": "ANNA.\nwhat"}
