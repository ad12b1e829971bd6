"""What comes next after each character: targets, what is decoded, rated and shown."""

import math

import numpy as np
import pytest
import tensorflow as tf

from models.ids import END, PADDING, START, UNKNOWN
from pipelines import tasks
from pipelines.inputs.passages import Passages
from pipelines.outputs.next_token import NextToken
from tests.given import column, constant, examples, rows_of, settings

TRAIN = {"text": column("ab\nab", "a")}


@pytest.fixture(scope="module")
def passages():
    return Passages().fit(TRAIN, settings("shakespeare"))


@pytest.fixture(scope="module")
def output(passages):
    return NextToken().fit(examples(TRAIN), settings("shakespeare"), passages)


def encode(passages, *texts):
    return passages.encode({"text": constant(*texts)})


def test_targets_are_the_tokens_that_follow(passages, output):
    encoded = encode(passages, "ab\n", "", "bx")
    a, b, line = range(END + 1, END + 4)
    wanted = [[a, b, line, PADDING], [PADDING], [b, UNKNOWN, PADDING]]
    assert output.encode_targets({}, encoded).to_list() == wanted
    columns = {"text": column("ab\n", "", "bx")}
    found, weights = output.targets(columns, passages.encode_split(columns))
    assert [row.tolist() for row in rows_of(found)] == wanted
    assert weights.tolist() == [1, 1, 1]


def test_what_was_written_becomes_text(passages, output):
    tokens = tf.constant([[4, 5, 6], [5, UNKNOWN, 0]])
    answers = {"tokens": tokens, "lengths": tf.constant([3, 2]), "scores": tf.constant([-1.0, -2])}
    found = output.decode(answers, encode(passages, "", ""))
    assert [text.decode() for text in found["output"].numpy()] == ["ab\n", "b\ufffd"]
    assert found["score"].numpy().tolist() == [-1, -2]


def test_what_may_follow_a_chunk_is_said_for_its_last_character(passages, output):
    logits = np.full((2, 3, 7), -50.0, np.float32)
    logits[0, 2, 5], logits[0, 2, 6] = math.log(0.75), math.log(0.25)
    logits[1, 0, 4] = 0.0
    logits[:, :, START] = 50.0  # never written, so it has no share
    chunk = passages.encode_chunk({"text": constant("abb", "a")})
    found = output.decode({"logits": tf.constant(logits)}, chunk)
    assert [name.decode() for name in found["next"].numpy()[0]] == ["b", "\n", "a"]
    np.testing.assert_allclose(found["probabilities"].numpy()[0], [0.75, 0.25, 0], atol=1e-6)
    assert found["next"].numpy()[1][0] == b"a"


def test_the_input_itself_is_rated(output):
    assert output.network.rates
    assert output.target_signature() == {}
    losses = tf.constant([[1.0, 3.0, 0.0]])
    score = {"loss": tf.constant([2.0]), "size": tf.constant([2.0]), "step_losses": losses}
    found = output.decode_score(score)
    assert found["losses"].numpy().tolist() == [[1, 3]]  # what follows the end is not scored
    assert (found["loss"].numpy(), found["size"].numpy()) == (2, 2)


def test_the_tokeniser_is_the_inputs(passages, output, tmp_path):
    assert output.tokenizer is passages.tokenizer
    output.save(tmp_path)
    assert not list(tmp_path.iterdir())
    again = NextToken().load(tmp_path, settings("shakespeare"), passages)
    assert again.network == output.network


def test_an_answer_is_shown_behind_its_text():
    shown = NextToken().show({"text": "ANNA.\n"}, {"output": column(b"what")})
    assert shown == "ANNA.\nwhat"


def test_shakespeare_is_judged_by_bits():
    task = tasks.get("shakespeare")
    assert task.metric == "bits_per_character"
    assert task.thresholds.keys() == {"bits_per_character"}
