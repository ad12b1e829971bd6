"""Subwords, learned from made-up sentences."""

import json
from typing import Any

import pytest
import tensorflow as tf

from models.ids import END, PADDING, START, UNKNOWN
from pipelines.inputs.tokenizers.subwords import FEWEST, Subwords

TEXTS = ["the dog sees a boat", "a cat looks for bread", "dogs and cats see bread today"] * 3


@pytest.fixture(scope="module")
def subwords():
    return Subwords.fit(TEXTS, 20)


def strings(*texts) -> Any:
    return tf.constant(texts)


def encoded(subwords, *texts):
    return subwords.encode(strings(*texts)).to_list()


def test_what_is_read_can_be_written(subwords):
    ids = subwords.encode(strings("the cats  see a dog", ""))
    assert subwords.decode(ids).numpy().tolist() == [b"the cats see a dog", b""]
    assert ids.dtype == tf.int32
    assert not {PADDING, START, END} & set(ids.values.numpy())


def test_small_data_get_their_characters_and_some_more(subwords):
    characters = len(set("".join(TEXTS)))
    assert characters < subwords.size <= characters + FEWEST
    assert UNKNOWN in encoded(subwords, "\u65e5")[0]
    assert Subwords.fit(["one two", "two three"], 5000).size < 100


def test_a_piece_is_called_what_it_is_and_padding_nothing(subwords):
    ids = subwords.encode(strings("dog")).to_tensor(shape=[1, 9])
    names = subwords.names(ids).numpy()[0].tolist()
    assert b"".join(names).decode() == "\u2581dog"
    assert names[-1] == b""


def test_bytes_that_are_no_text_are_read_all_the_same(subwords):
    assert encoded(subwords, b"dog \xff") == encoded(subwords, "dog \ufffd")


def test_what_was_saved_reads_the_same(subwords, tmp_path):
    subwords.save(tmp_path / "source.json")
    again = Subwords.load(json.loads((tmp_path / "source.json").read_text()))
    assert encoded(again, TEXTS[0]) == encoded(subwords, TEXTS[0])


def test_the_model_stays_when_tensorflow_drops_its_kernels(tmp_path):
    """Seeding does that, and with them go what the library's own tokeniser has loaded."""
    module: Any = tf.Module()
    module.subwords = Subwords.fit(TEXTS, 40)
    signature = [tf.TensorSpec([None], tf.string)]
    module.ids = tf.function(lambda text: module.subwords.encode(text).to_tensor(), signature)
    text = strings("a dog sees")
    before = module.ids(text).numpy().tolist()
    tf.saved_model.save(module, str(tmp_path))
    loaded = tf.saved_model.load(str(tmp_path))
    tf.random.set_seed(1)
    assert module.ids(text).numpy().tolist() == before == loaded.ids(text).numpy().tolist()


def test_two_models_do_not_share_one(subwords):
    other = Subwords.fit(["xyz xyzzy zyx"] * 3, 20)
    assert b"".join(other.names(other.encode(strings("xyz"))[0]).numpy()).decode() == ("\u2581xyz")
    assert UNKNOWN in encoded(other, "dog")[0]
    assert UNKNOWN not in encoded(subwords, "dog")[0]
