import math

import numpy as np
import pytest
import tensorflow as tf

from models.ids import END, PADDING, START, UNKNOWN
from pipelines.examples import Examples, Provenance
from pipelines.features.characters import CharacterFeatures


def column(*texts):
    values = np.empty(len(texts), object)
    values[:] = texts
    return {"text": values}


@pytest.fixture(scope="module")
def features():
    parts = {"train": column("ab\nab", "a"), "validation": column("xyz"), "test": column("xyz")}
    return CharacterFeatures.fit(Examples(parts, (), Provenance("yours", "", "", "")))


def test_characters_are_those_of_training(features):
    assert features.symbols.known == ("a", "b", "\n")
    assert features.inputs.kind == "tokens"


def test_inputs_and_targets_are_aligned(features):
    texts = ["ab\n", "", "bx"]
    tokens = features.encode({"text": tf.constant(texts)})["tokens"].to_list()
    targets = features.encode_targets({"text": tf.constant(texts)}).to_list()
    a, b, line = range(END + 1, END + 4)
    assert tokens == [[START, a, b, line], [START], [START, b, UNKNOWN]]
    assert targets == [[a, b, line, PADDING], [PADDING], [b, UNKNOWN, PADDING]]
    ragged, weights = features.targets(column(*texts))
    assert ragged.lengths.tolist() == [4, 1, 3]
    assert weights.tolist() == [1, 1, 1]


def test_a_piece_has_no_beginning_of_its_own(features):
    whole = features.encode({"text": tf.constant(["ab"])})["tokens"].to_list()[0]
    begin = features.encode_beginning(tf.constant(1))["tokens"].numpy()[0].tolist()
    piece = features.encode_piece({"text": tf.constant(["ab"])})["tokens"].to_list()[0]
    assert begin + piece == whole


def test_what_was_written_becomes_text(features):
    tokens = tf.constant([[4, 5, 6], [5, UNKNOWN, 0]])
    outputs = {"tokens": tokens, "lengths": tf.constant([3, 2]), "scores": tf.constant([-1.0, -2])}
    found = features.decode(outputs, {"text": tf.constant(["", ""])})
    assert [text.decode() for text in found["output"].numpy()] == ["ab\n", "b\ufffd"]
    assert found["score"].numpy().tolist() == [-1, -2]


def test_what_may_follow_a_piece_is_said_for_its_last_character(features):
    logits = np.full((2, 3, 7), -50.0, np.float32)
    logits[0, 2, 5], logits[0, 2, 6] = math.log(0.75), math.log(0.25)
    logits[1, 0, 4] = 0.0
    logits[:, :, START] = 50.0  # never written, so it has no share
    found = features.decode({"logits": tf.constant(logits)}, {"text": tf.constant(["abb", "a"])})
    assert [name.decode() for name in found["next"].numpy()[0]] == ["b", "\n", "a"]
    np.testing.assert_allclose(found["probabilities"].numpy()[0], [0.75, 0.25, 0], atol=1e-6)
    assert found["next"].numpy()[1][0] == b"a"


def test_features_are_kept(features, tmp_path):
    features.save(tmp_path)
    again = CharacterFeatures.load(tmp_path)
    assert again.symbols.known == features.symbols.known
    assert again.outputs == features.outputs
