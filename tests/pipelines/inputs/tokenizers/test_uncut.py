import numpy as np
import pytest
import tensorflow as tf

from pipelines.inputs.tokenizers import uncut
from pipelines.inputs.tokenizers.symbols import Symbols
from pipelines.inputs.tokenizers.uncut import Uncut
from tests.given import column, rows_of

TEXTS = ["ab", "", "bca", "c"]


@pytest.fixture
def symbols():
    return Symbols.fit(TEXTS, "")


def test_all_tokens_of_a_column_are_those_of_the_tokeniser(symbols, monkeypatch):
    monkeypatch.setattr(uncut, "AT_A_TIME", 3)
    found = rows_of(Uncut(symbols).of(column(*TEXTS)))
    wanted = symbols.encode(tf.constant(TEXTS)).to_list()
    assert [row.tolist() for row in found] == wanted
    assert {row.dtype for row in found} == {np.dtype(np.int32)}


def test_a_column_is_tokenised_once_until_it_is_taken(symbols):
    texts, tokens = column(*TEXTS), Uncut(symbols)
    first = tokens.of(texts)
    assert tokens.of(texts) is first and tokens.take(texts) is first
    again = tokens.take(texts)  # it was not kept any longer
    assert again is not first
    np.testing.assert_array_equal(again.values, first.values)


def test_columns_are_told_apart(symbols):
    tokens = Uncut(symbols)
    assert [len(tokens.of(column(text)).values) for text in TEXTS] == [2, 0, 3, 1]
