"""Sentences -> words, and tags -> entities, in the graph."""

import pytest
import tensorflow as tf
from seqeval.metrics.sequence_labeling import get_entities

from pipelines.inputs.tokenizers.sentences import entities, split_sentence
from pipelines.inputs.tokenizers.words import UNKNOWN_WORD


def words(*texts):
    return [[w.decode() for w in row] for row in split_sentence(tf.constant(texts)).to_list()]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Ann Lee visited Rome.", "Ann Lee visited Rome ."),
        ("He lives in the U.S.", "He lives in the U.S."),
        ("Mr. Lee (of A.B. Corp.) paid $1,000.50!", "Mr. Lee ( of A.B. Corp. ) paid $ 1,000.50 !"),
        ("It didn't; Ann's 'dog' did.", "It did n't ; Ann 's ' dog ' did ."),
        ("Up 3.5% at 10:30, 2-1.", "Up 3.5 % at 10:30 , 2-1 ."),
        ("AT&T: “wow”...", 'AT&T : " wow " ...'),
        ("It rained. Then Bob came.", "It rained . Then Bob came ."),
        ("Zürich,Genève", "Zürich , Genève"),
    ],
)
def test_a_sentence_is_split_as_tagged_corpora_are(text, wanted):
    assert words(text) == [wanted.split(" ")]


def test_a_text_with_line_breaks_is_in_words_already():
    assert words("U.S.\nwon't\n$5,\n", "Rome.\n", "\n\n", "") == [
        ["U.S.", "won't", "$5,"],
        ["Rome."],
        [UNKNOWN_WORD],
        [UNKNOWN_WORD],
    ]


TAGS = [
    "B-PER I-PER O B-LOC",
    "I-PER I-LOC B-LOC B-LOC",
    "O O",
    "B-PER",
    "B-ORG I-ORG I-ORG O O I-ORG",
]


def test_entities_are_those_of_seqeval():
    rows = [tags.split() for tags in TAGS]
    texts = [[f"w{i}" for i in range(len(row))] for row in rows]
    dense = tf.ragged.constant(rows).to_tensor("")
    found, types = entities(tf.ragged.constant(texts), dense)
    for row, tags in enumerate(rows):
        spans = get_entities(tags)
        wanted = [" ".join(texts[row][a : b + 1]).encode() for _, a, b in spans]
        assert [e for e in found[row].numpy() if e] == wanted
        assert [t.decode() for t in types[row].numpy() if t] == [kind for kind, _, _ in spans]


def test_no_entity_at_all_gives_an_empty_row():
    found, types = entities(
        tf.ragged.constant([["a", "b"], ["c"]]), tf.constant([["O", "O"], ["O", ""]])
    )
    assert found.shape == types.shape == (2, 0)
