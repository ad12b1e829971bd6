"""Texts read by a tokeniser that works both ways."""

import numpy as np
import pytest
import tensorflow as tf

from models.ids import UNKNOWN
from pipelines.inputs.tokenizers.subwords import Subwords
from pipelines.inputs.tokens import Questions, Tokens
from pipelines.runtime.errors import UserError
from tests.given import assert_splits_are_as_in_graph, column, constant, settings

TEXTS = column("the red fox sees a tree", "the blue owl sees a river", "tac", "")
TARGETS = column("K AE T", "AE K T", "T AE K", "Ä")
TRAIN = {"text": TEXTS, "target": TARGETS}
KINDS = ["characters", "subwords", "symbols"]


def fit(tokenizer="characters", shared=False, **changes):
    config = settings("pronounce", tokenizer=tokenizer, vocabulary=60, **changes)
    return Tokens(shared=shared).fit(TRAIN, config)


def encode(tokens, *texts):
    return tokens.encode({"text": constant(*texts)})


def test_an_input_is_never_empty_and_is_named():
    found = encode(fit(), "tac", "", "t猫")
    tokens = found.inputs["tokens"].to_list()
    assert [len(row) for row in tokens] == [3, 1, 2]
    assert tokens[1] == [UNKNOWN] and tokens[2][1] == UNKNOWN
    assert found.names.to_list()[0] == [b"t", b"a", b"c"]
    assert found.names.row_lengths().numpy().tolist() == [3, 1, 2]


def test_of_what_is_too_long_the_beginning_is_kept():
    found = encode(fit(max_length=2), "tac")
    assert found.names.to_list() == [[b"t", b"a"]]


def test_a_piece_of_a_word_is_named_with_its_blank():
    names = encode(fit("subwords"), "the red fox").names.to_list()[0]
    assert b"".join(names).decode() == "\u2581the\u2581red\u2581fox"


@pytest.mark.parametrize("tokenizer", KINDS)
@pytest.mark.parametrize("max_length", [2, 40])
def test_a_split_is_encoded_as_in_the_graph(tokenizer, max_length):
    tokens = fit(tokenizer, max_length=max_length)
    other = column("the owl", "", "never 猫 seen", "  blanks  at both ends ")
    assert_splits_are_as_in_graph(tokens, {"text": TEXTS}, {"text": other})


@pytest.mark.parametrize("max_length", [1, 3, 9])
def test_labels_are_cut_as_the_tokens_are(max_length):
    tokens = fit(max_length=max_length)
    names = encode(tokens, "river").names.to_list()[0]
    assert [name.decode() for name in names] == list(tokens.align("river"))


def test_tokens_of_texts_are_counted_uncut():
    found = fit(max_length=2).measure({"text": column("tac", "", "a")})
    assert found.lengths.tolist() == [3, 0, 1]
    assert found.tokens is None


def test_a_shared_tokeniser_is_learned_from_the_targets_too():
    own, shared = fit(), fit(shared=True)
    assert shared.shared and not own.shared
    assert UNKNOWN in encode(own, "Ä").inputs["tokens"].to_list()[0]
    assert UNKNOWN not in encode(shared, "Ä").inputs["tokens"].to_list()[0]


@pytest.mark.parametrize("tokenizer", KINDS)
def test_what_is_saved_is_loaded(tokenizer, tmp_path):
    tokens = fit(tokenizer)
    tokens.save(tmp_path)
    again = Tokens().load(tmp_path, settings("pronounce", tokenizer=tokenizer))
    assert again.network == tokens.network
    assert again.requires == tokens.requires
    assert again.requires == (Subwords.requires if tokenizer == "subwords" else ())
    np.testing.assert_array_equal(
        encode(again, *TEXTS).inputs["tokens"].values,
        encode(tokens, *TEXTS).inputs["tokens"].values,
    )


def test_the_raw_input_is_a_batch_of_strings():
    assert fit().signature() == {"text": tf.TensorSpec([None], tf.string, name="text")}


def test_a_question_is_turned_into_what_is_read():
    questions = Questions(generator="additions")
    assert questions.request("123+456_") == {"text": "654+321_"}
    with pytest.raises(UserError):
        questions.request("1+1")
