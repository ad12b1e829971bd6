import numpy as np
import pytest
import tensorflow as tf

from models.ids import END, PADDING, UNKNOWN
from pipelines.inputs.tokenizers import symbols
from pipelines.inputs.tokenizers.symbols import Symbols

SENTENCES = [f"the {a} {b} sees a {c} – again" for a in ("red", "blue") for b in ("fox", "owl")
             for c in ("Häuschen", "tree", "river")]  # fmt: skip


def make(kind):
    texts = ["K AE T", "D AO G"] if kind == "symbols" else SENTENCES
    return symbols.fit(kind, texts, 60), texts


@pytest.mark.parametrize("kind", ["characters", "symbols", "subwords"])
def test_what_was_learned_is_written_as_it_was_read(kind, tmp_path):
    made, texts = make(kind)
    ids = made.encode(tf.constant(texts))
    assert ids.dtype == tf.int32
    assert [text.decode() for text in made.decode(ids).numpy()] == texts
    flat = ids.flat_values.numpy()
    assert flat.max() < made.size and flat.min() > END
    made.save(tmp_path / "tokens.json")
    again = symbols.load(tmp_path / "tokens.json")
    np.testing.assert_array_equal(again.encode(tf.constant(texts)).flat_values, flat)
    assert again.size == made.size and again.requires == made.requires


@pytest.mark.parametrize("kind", ["characters", "symbols", "subwords"])
def test_the_unknown_the_empty_and_broken_bytes(kind):
    made, _ = make(kind)
    ids = made.encode(tf.constant(["", "猫", b"\xff"])).to_list()
    assert ids[0] == []
    assert UNKNOWN in ids[1]
    assert kind == "subwords" or ids[2] == [UNKNOWN]  # SentencePiece drops what is no character


@pytest.mark.parametrize("kind", ["characters", "subwords"])
def test_every_token_has_a_name_and_padding_none(kind):
    made, texts = make(kind)
    ids = made.encode(tf.constant(texts[:2])).to_tensor(PADDING)
    names = made.names(tf.pad(ids, [[0, 0], [0, 2]])).numpy()
    assert (names[:, -2:] == b"").all() and (names[:, 0] != b"").all()


def test_the_most_frequent_symbols_come_first():
    made = Symbols.fit(["b a b", "c"], " ")
    assert made.encode(tf.constant(["b a c"])).to_list() == [[END + 1, END + 2, END + 3]]
    assert Symbols.fit(["b a b", "c"], " ", min_count=2).size == END + 2
