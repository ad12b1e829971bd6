"""A tag for each word: targets, what is decoded, and what a person sees."""

import numpy as np
import pytest
import tensorflow as tf

from models.export.preprocessing import Encoded
from pipelines.inputs.sentences import Sentences
from pipelines.inputs.words import Words
from pipelines.outputs.tags import Tags
from tests.given import column, examples, settings

TRAIN = {
    "text": column("Ann\nsaw\n12\nMen\n", "Ann\nLee\nsaw\nROME\n"),
    "target": column("B-PER O O O", "B-PER I-PER O B-LOC"),
}


def fit(input=None, **changes):
    config = settings("ner", **changes)
    words = (input or Sentences()).fit(TRAIN, config)
    return Tags().fit(examples(TRAIN), config, words), words


def test_targets_are_labels_and_fit_the_words():
    tags, words = fit(max_length=3)
    assert tags.tags == ("O", "B-LOC", "B-PER", "I-PER")
    columns = {"target": column("O B-PER O B-LOC", "B-XYZ")}
    targets, weights = tags.targets(columns, {})
    assert targets.pad(np.array([0, 1]), 3).tolist() == [[0, 2, 0], [0, -1, -1]]
    assert weights.tolist() == [1, 1]
    tokens = words.encode({"text": tf.constant(["a\nb\nc\nd\n"])}).inputs["tokens"]
    assert tokens.row_lengths().numpy().tolist() == [3]


def test_targets_are_cut_as_their_input_cuts_the_words():
    """Words read as texts keep a beginning and an end."""
    tags, _ = fit(Words(), max_length=3)
    targets, _ = tags.targets({"target": column("B-PER O O O B-LOC")}, {})
    assert targets.values.tolist() == [2, 0, 1]


@pytest.mark.parametrize("scored", [False, True])
def test_labels_become_words_tags_and_entities(scored):
    tags, words = fit()
    answers = {"tags": tf.constant([[2, 3, 0, 1, 0], [0, 0, -1, -1, -1]])}
    if scored:
        answers["scores"] = tf.constant([-0.5, -0.1])
    encoded = words.encode({"text": tf.constant(["Ann Lee saw Rome.", "It rained"])})
    found = {k: v.numpy().tolist() for k, v in tags.decode(answers, encoded).items()}
    assert found["tokens"] == [
        [b"Ann", b"Lee", b"saw", b"Rome", b"."],
        [b"It", b"rained"] + [b""] * 3,
    ]
    assert found["tags"][0] == [b"B-PER", b"I-PER", b"O", b"B-LOC", b"O"]
    assert found["tags"][1] == [b"O", b"O", b"", b"", b""]
    assert found["entities"] == [[b"Ann Lee", b"Rome"], [b"", b""]]
    assert found["types"] == [[b"PER", b"LOC"], [b"", b""]]
    assert ("score" in found) == scored
    assert tags.axes.keys() == found.keys() - {"score"}


def test_tags_survive_a_folder(tmp_path):
    tags, words = fit()
    tags.save(tmp_path)
    loaded = Tags().load(tmp_path, settings("ner"), words)
    assert loaded.tags == tags.tags
    assert loaded.network == tags.network


def test_tags_are_not_rated():
    tags, _ = fit()
    assert not tags.network.rates and tags.target_signature() == {}
    assert tags.measure(TRAIN) is None
    with pytest.raises(NotImplementedError):
        tags.encode_targets({}, Encoded({}))


def test_an_answer_keeps_the_spaces_of_the_text():
    words = np.array([[b"(", b"Ann", b"Lee", b")", b"did", b"n't", b"go", b"."]], object)
    tags = np.array([[b"O", b"B-PER", b"I-PER", b"O", b"O", b"O", b"O", b"O"]], object)
    answers = {"tokens": words, "tags": tags, "score": np.array([np.log(0.5)])}
    said = Tags().show({"text": "(Ann Lee) didn't go."}, answers)
    assert said.splitlines() == [
        "([Ann Lee PER]) didn't go.  (50.0% for all of it)",
        "  PER  Ann Lee",
    ]
    lines = Tags().show({"text": "(\nAnn\nLee\n)\n"}, answers).splitlines()
    assert lines[0].startswith("( [Ann Lee PER] )")
