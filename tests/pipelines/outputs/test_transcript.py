"""What is said in a recording: spelled by its steps, or written by a decoder."""

import numpy as np
import pytest
import tensorflow as tf

from models.export.preprocessing import Encoded
from models.ids import END
from models.outputs.tokens import Tokens
from models.outputs.transcript import Transcript as Spelled
from pipelines.outputs.transcript import Transcript
from tests.given import column, examples, settings

TRAIN = {"target": column("1 2", "2 2 1")}
DIGITS = Transcript("digit")
DECODER = {"head": "tokens", "attention": "dot"}


def fit(**changes):
    return DIGITS.fit(examples(TRAIN), settings("speech", **changes), None)


def of_lengths(*lengths):
    return Encoded({"lengths": tf.constant(lengths)})


def test_ctc_spells_symbols_and_a_decoder_ends():
    spelled, written = fit(), fit(**DECODER)
    assert isinstance(spelled.network, Spelled) and isinstance(written.network, Tokens)
    targets, weights = spelled.targets(TRAIN, {})
    assert targets.lengths.tolist() == [2, 3] and weights.tolist() == [1.0, 1.0]
    ended, _ = written.targets(TRAIN, {})
    assert ended.lengths.tolist() == [3, 4]
    assert (ended.values[np.cumsum(ended.lengths) - 1] == END).all()


def test_only_a_decoder_can_be_told_the_truth_before_each_step():
    spelled, written = fit(), fit(**DECODER)
    assert not spelled.network.rates and spelled.target_signature() == {}
    assert written.network.rates and list(written.target_signature()) == ["target"]


@pytest.mark.parametrize("changes", [{}, DECODER], ids=["ctc", "decoder"])
def test_transcripts_are_measured_in_symbols(changes):
    assert fit(**changes).measure(TRAIN).tolist() == [2, 3]
    assert DIGITS.unit == "digits"


@pytest.mark.parametrize("changes", [{}, DECODER], ids=["ctc", "decoder"])
def test_saved_and_loaded_it_is_the_same(changes, tmp_path):
    made = fit(**changes)
    made.save(tmp_path)
    again = DIGITS.load(tmp_path, settings("speech", **changes), None)
    assert again.network == made.network
    assert again.targets(TRAIN, {})[0].values.tolist() == made.targets(TRAIN, {})[0].values.tolist()


def test_ctc_answers_in_words_and_by_step():
    made = fit()
    one, two = made.symbols.encode(tf.constant(["1 2"]))[0].numpy()
    logits = np.full((2, 5, made.symbols.size), -9.0, np.float32)
    for step, token in enumerate([one, one, 0, two, two]):
        logits[:, step, token] = 9.0
    answers = {
        "logits": tf.constant(logits),
        "tokens": tf.constant([[one, two], [one, 0]]),
        "lengths": tf.constant([2, 1]),
        "scores": tf.constant([-0.1, -0.2]),
    }
    found = made.decode(answers, of_lengths(5, 4))
    assert found["output"].numpy().tolist() == [b"1 2", b"1"]
    assert found["step_symbols"].numpy().tolist() == [
        [b"1", b"1", b"", b"2", b"2"],
        [b"1", b"1", b"", b"2", b""],
    ]
    assert found["step_scores"].numpy()[1, 4] == 0.0
    assert (found["step_scores"].numpy()[0] > 0.9).all()


def test_a_chunk_of_a_recording_has_steps_alone():
    made = fit(bidirectional=False)
    found = made.decode({"logits": tf.zeros([1, 4, made.symbols.size])}, of_lengths(4))
    assert set(found) == {"step_symbols", "step_scores"}


def test_what_is_likeliest_after_true_symbols_is_text_without_the_end():
    made = fit(**DECODER)
    one, two = made.tokenizer.encode(tf.constant(["1 2"]))[0].numpy()
    best = tf.constant([[one, two, END], [two, END, 0]])
    found = made.decode_score({"best": best, "loss": tf.zeros([2])})
    assert found["output"].numpy().tolist() == [b"1 2", b"2"]
    assert set(found) == {"output", "loss"}


def test_steps_of_a_recording_have_no_names_to_be_shown():
    made = fit(**DECODER)
    answers = {
        "tokens": tf.constant([[END + 1]]),
        "lengths": tf.constant([1]),
        "scores": tf.constant([-0.5]),
        "attention": tf.ones([1, 1, 4]) / 4,
    }
    found = made.decode(answers, of_lengths(4))
    assert found.keys() == {"output", "score", "output_tokens", "attention"}


def answer(text, *heard):
    return {
        "output": column(text),
        "score": np.zeros(1),
        "step_symbols": np.array([heard], object),
        "step_scores": np.full((1, len(heard)), 0.9),
    }


def test_what_a_person_reads():
    said = DIGITS.show({}, answer(b"3 1", b"3", b"1", b""))
    assert said.startswith("3 1  (log-probability 0.00)")
    assert "3  at steps 1-1  90%" in said and "1  at steps 2-2  90%" in said
    assert DIGITS.show({}, answer(b"", b"", b"")).startswith("(nothing)")


def test_a_person_reads_where_a_decoder_attended():
    answers = {
        "output": column(b"3"),
        "score": np.zeros(1),
        "output_tokens": np.array([[b"3", b""]], object),
        "attention": np.array([[[0.25, 0.75], [0.0, 0.0]]]),
    }
    assert DIGITS.show({}, answers).splitlines()[1:] == ["  3  at step 2  75% of attention"]
