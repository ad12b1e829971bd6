"""A text that a decoder writes: targets, what is decoded and rated, and what a person sees."""

import numpy as np
import pytest
import tensorflow as tf

from models.export.preprocessing import Encoded
from models.ids import END
from pipelines import tasks
from pipelines.inputs.tokens import Tokens
from pipelines.outputs.fitted.text import FittedText
from pipelines.outputs.text import Text
from tests.given import column, constant, examples, rows_of, settings

TRAIN = {"text": column("cat", "act", "tac"), "target": column("K AE T", "AE K T", "T AE K")}
NOTHING = Encoded({})
PHONES = Text("pronunciation", tokenizer="symbols")


def fit(output=PHONES, shared=False, **changes):
    config = settings("pronounce", **changes)
    source = Tokens(shared=shared).fit(TRAIN, config)
    return output.fit(examples(TRAIN), config, source), source


def test_targets_end_even_empty_ones():
    text, _ = fit()
    found = text.encode_targets({"target": constant("K AE T", "")}, NOTHING).to_list()
    assert len(found[0]) == 4 and found[0][-1] == END and found[1] == [END]


def test_what_is_too_long_is_cut_and_still_ends():
    text, _ = fit(target_length=1)
    (found,) = text.encode_targets({"target": constant("K AE T")}, NOTHING).to_list()
    assert len(found) == 2 and found[1:] == [END]


@pytest.mark.parametrize("target_length", [1, 2, 40])
@pytest.mark.parametrize("tokenizer", ["symbols", "characters", "subwords"])
def test_targets_of_a_split_are_those_of_the_graph(tokenizer, target_length):
    output = Text("pronunciation", tokenizer=tokenizer)
    text, _ = fit(output, target_length=target_length)
    columns = {"target": column("K AE T", "", "AE", "T AE K T Q")}
    wanted = text.encode_targets({"target": constant(*columns["target"])}, NOTHING).to_list()
    for _ in range(2):  # as they come, and after they were measured
        found, weights = text.targets(columns, {})
        assert [row.tolist() for row in rows_of(found)] == wanted
        assert weights.tolist() == [1, 1, 1, 1]
        text.measure(columns)


def test_targets_are_measured_uncut_and_without_their_end():
    text, _ = fit(target_length=1)
    assert text.measure(TRAIN).tolist() == [3, 3, 3]


def test_answers_are_decoded_with_what_they_were_looked_at():
    text, source = fit()
    encoded = source.encode({"text": constant("cat", "a")})
    raw = {"target": constant("K AE T", "AE")}
    written = text.encode_targets(raw, encoded).to_tensor()[:, :3]
    answers = {
        "tokens": tf.where(written == END, 0, written),
        "lengths": tf.constant([3, 1]),
        "scores": tf.constant([-0.5, -1.0]),
        "attention": tf.ones([2, 3, 3]) / 3,
    }
    found = {name: value.numpy() for name, value in text.decode(answers, encoded).items()}
    assert found["output"].tolist() == [b"K AE T", b"AE"]
    assert found["output_tokens"].tolist()[1] == [b"AE", b"", b""]
    assert found["tokens"].tolist() == [[b"c", b"a", b"t"], [b"a", b"", b""]]
    assert found.keys() - text.axes.keys() == {"output", "score"}


def test_without_attention_nothing_is_said_of_the_input():
    text, source = fit()
    encoded = source.encode({"text": constant("cat")})
    answers = {
        "tokens": tf.constant([[END + 1]]),
        "lengths": tf.constant([1]),
        "scores": tf.constant([-0.5]),
    }
    assert text.decode(answers, encoded).keys() == {"output", "score", "output_tokens"}
    copying = text.decode(answers | {"copying": tf.constant([[0.5]])}, encoded)
    assert copying["copying"].numpy().tolist() == [[0.5]]


def test_the_teacher_forced_text_leaves_ends_out():
    text, _ = fit()
    best = text.encode_targets({"target": constant("K AE T", "AE")}, NOTHING).to_tensor()
    found = text.decode_score({"best": best, "loss": tf.constant([0.1, 0.2])})
    assert found["output"].numpy().tolist() == [b"K AE T", b"AE"]
    assert found.keys() == {"output", "loss"}


def test_texts_are_rated():
    text, _ = fit()
    assert text.network.rates
    spec = tf.TensorSpec([None], tf.string, name="target")
    assert text.target_signature() == {"target": spec}


def test_one_tokeniser_may_serve_both_sides(tmp_path):
    text, source = fit(shared=True)
    assert text.tokenizer is source.tokenizer
    source.save(tmp_path)
    text.save(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["source.json"]
    read = Tokens(shared=True).load(tmp_path, settings("pronounce"))
    again = PHONES.load(tmp_path, settings("pronounce"), read)
    assert again.tokenizer is read.tokenizer
    assert again.network == text.network and read.network == source.network


def test_a_tokeniser_of_its_own_is_saved_and_loaded(tmp_path):
    text, source = fit()
    assert text.tokenizer is not source.tokenizer
    text.save(tmp_path)
    again = PHONES.load(tmp_path, settings("pronounce"), source)
    assert isinstance(again, FittedText) and again.network == text.network
    for one, other in zip(again.targets(TRAIN, {}), text.targets(TRAIN, {}), strict=True):
        np.testing.assert_array_equal(getattr(one, "values", one), getattr(other, "values", other))


def test_without_one_of_its_own_the_setting_chooses_the_tokeniser():
    text, _ = fit(Text("pronunciation"), tokenizer="subwords", vocabulary=60)
    assert text.requires == ("tensorflow_text",)
    assert fit()[0].requires == ()


def test_an_answer_without_attention_is_shown_too():
    answers = {"output": column(b"R EH D"), "score": np.array([-1.0])}
    assert PHONES.show({}, answers) == "R EH D  (log-probability -1.00)"


def test_an_answer_is_shown_with_what_it_was_written_from():
    answers = {
        "output": column(b"K T"),
        "score": np.array([-1.0]),
        "output_tokens": np.array([[b"K", b"T", b""]], object),
        "tokens": np.array([[b"c", b"a", b"t", b""]], object),
        "attention": np.array([[[0.8, 0.2, 0, 0], [0, 0.05, 0.95, 0], [0, 0, 0, 0]]]),
    }
    assert PHONES.show({}, answers).splitlines()[1:] == [
        "  K  from  c 80%, a 20%",
        "  T  from  t 95%",
    ]
    copying = PHONES.show({}, answers | {"copying": np.array([[0.25, 1.0, 0.0]])})
    assert copying.splitlines()[1] == "  K  copying  25%  from  c 80%, a 20%"


def test_the_columns_are_the_text_and_perhaps_a_lag():
    kinds = {each.name: each.kind for each in tasks.get("pronounce").columns}
    assert kinds == {"text": "text", "target": "target"}
    assert [each.name for each in Text("exact", lags=True).columns] == ["target", "lag"]
