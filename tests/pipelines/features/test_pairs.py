import numpy as np
import pytest
import tensorflow as tf

from models.ids import END, UNKNOWN
from pipelines import config, tasks
from pipelines.examples import Examples, Provenance
from pipelines.features.pairs import PairFeatures

PAIRS = [("cat", "K AE T"), ("act", "AE K T"), ("tac", "T AE K")]


def examples():
    columns = {
        "text": np.array([word for word, _ in PAIRS], object),
        "target": np.array([phones for _, phones in PAIRS], object),
    }
    splits = dict.fromkeys(("train", "validation", "test"), columns)
    return Examples(splits, (), Provenance("yours", "made up", "", "0"))


def settings(**changes):
    task = tasks.get("pronounce")
    return config.resolve(task.name, task.mode, task.defaults, changes)


@pytest.fixture
def features():
    return PairFeatures.fit(examples(), settings(), "symbols", shared=False)


def test_targets_end_and_inputs_are_never_empty(features):
    raw = {"text": tf.constant(["cat", ""]), "target": tf.constant(["K AE T", ""])}
    tokens = features.encode(raw)["tokens"].to_list()
    targets = features.encode_targets(raw).to_list()
    assert len(tokens[0]) == 3 and tokens[1] == [UNKNOWN]
    assert len(targets[0]) == 4 and targets[0][-1] == END and targets[1] == [END]


def test_what_is_too_long_is_cut_and_still_ends():
    cut = settings(max_length=2, target_length=1)
    features = PairFeatures.fit(examples(), cut, "symbols", shared=False)
    raw = {"text": tf.constant(["cat"]), "target": tf.constant(["K AE T"])}
    assert len(features.encode(raw)["tokens"].to_list()[0]) == 2
    assert features.encode_targets(raw).to_list()[0][1:] == [END]


def test_targets_of_a_split_are_those_of_the_graph(features):
    found, weights = features.targets(examples().splits["train"])
    assert found.lengths.tolist() == [4, 4, 4] and weights.tolist() == [1, 1, 1]


def test_answers_are_decoded_with_what_they_were_looked_at(features):
    raw = {"text": tf.constant(["cat", "a"]), "target": tf.constant(["K AE T", "AE"])}
    written = features.encode_targets(raw).to_tensor()[:, :3]
    outputs = {
        "tokens": tf.where(written == END, 0, written),
        "lengths": tf.constant([3, 1]),
        "scores": tf.constant([-0.5, -1.0]),
        "attention": tf.ones([2, 3, 3]) / 3,
    }
    found = {name: value.numpy() for name, value in features.decode(outputs, raw).items()}
    assert found["output"].tolist() == [b"K AE T", b"AE"]
    assert found["output_tokens"].tolist()[1] == [b"AE", b"", b""]
    assert found["source_tokens"].tolist() == [[b"c", b"a", b"t"], [b"a", b"", b""]]


def test_the_teacher_forced_text_leaves_ends_out(features):
    raw = {"text": tf.constant(["cat"]), "target": tf.constant(["K AE T"])}
    best = features.encode_targets(raw).to_tensor()
    found = features.decode_score({"best": best, "loss": tf.constant([0.1])}, raw)
    assert found["output"].numpy().tolist() == [b"K AE T"] and "best" not in found


def test_one_tokeniser_may_serve_both_sides(tmp_path):
    shared = PairFeatures.fit(examples(), settings(), "", shared=True)
    assert shared.source is shared.target
    shared.save(tmp_path)
    again = PairFeatures.load(tmp_path, settings())
    assert again.source is again.target and again.inputs == shared.inputs
