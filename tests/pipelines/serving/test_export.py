"""What an export can do, by the network's configuration and by what its output declares."""

import json

import numpy as np
import pytest
import tensorflow as tf

from pipelines import tasks
from pipelines.data.preprocessing import Preprocessing
from pipelines.serving import export
from pipelines.serving.export import Functions
from pipelines.training import setup
from tests.given import column, examples, settings

TEXTS = {
    "text": column("ab cd", "dc ba", "a\n"),
    "target": column("A B", "B A", "B"),
    "label": np.array([0, 1, 0]),
    "steps": column(*np.ones((3, 5, 4), np.float32)),
    "lengths": np.full(3, 5, np.int32),
    "value": np.ones(3, np.float32),
    "lag": np.full(3, 5),
}
SMALL = {"units": 4, "dropout": 0.0, "layers": 1, "bidirectional": False}


def made(name, **changes):
    """A task's network, untrained, and what surrounds it."""
    task = tasks.get(name)
    names = {each.name for each in task.columns}
    names |= {"lengths"} if "steps" in names else set()
    columns = {key: value for key, value in TEXTS.items() if key in names}
    given = examples(columns, ("bad", "good") if "label" in names else ())
    config = settings(name, **SMALL, **changes)
    preprocessing = Preprocessing.fit(task, given, config)
    return config, setup.network(config, preprocessing), preprocessing, given


RATED = {
    "sentiment": (False, {"min_count": 1}),
    "memory": (False, {}),
    "speech": (False, {}),
    "pronounce": (True, {"ngrams": 1, "embedding_dim": 4}),
    "shakespeare": (True, {"ngrams": 1, "embedding_dim": 4}),
}


@pytest.mark.parametrize("name", RATED)
def test_an_export_rates_what_its_output_rates(name):
    rates, changes = RATED[name]
    config, model, preprocessing, _ = made(name, **changes)
    assert preprocessing.outputs.rates == rates
    assert (Functions.of(config, model, preprocessing).score is not None) == rates


def test_the_same_recordings_are_rated_where_a_decoder_writes():
    config, model, preprocessing, _ = made("speech", head="tokens", attention="dot")
    assert preprocessing.outputs.rates
    assert Functions.of(config, model, preprocessing).score is not None


@pytest.mark.slow
def test_the_signature_score_is_there_where_the_output_rates_and_only_there(tmp_path, monkeypatch):
    config, model, preprocessing, _ = made("pronounce", ngrams=1, embedding_dim=4)
    signatures = []
    for rates in (True, False):
        monkeypatch.setattr(type(preprocessing.outputs), "rates", rates)
        functions = Functions.of(config, model, preprocessing)
        folder = tmp_path / str(rates)
        export.write(folder, functions, model, {"said": "before"})
        signatures.append(set(tf.saved_model.load(str(folder)).signatures))
        assert json.loads((folder / "assets.extra" / "card.json").read_text())["said"] == "before"
    with_score, without = signatures
    assert with_score - without == {"score"}
    assert "beam" in without
    card = json.loads((tmp_path / "True" / "assets.extra" / "card.json").read_text("utf-8"))
    assert card["axes"].keys() == {"serving_default", "beam"}
    axes = card["axes"]["serving_default"]
    assert axes["attention"] == ["written", "steps"]
    assert axes["tokens"] == ["steps"]
    assert axes == card["axes"]["beam"]


def test_drawn_texts_are_compared_by_their_scores():
    config, model, preprocessing, _ = made("shakespeare", ngrams=1, embedding_dim=4)
    drawn = Functions.of(config, model, preprocessing)
    assert drawn.draws and drawn.compares_scores and not drawn.beams
    assert list(drawn.parity_specs()) == ["text"]
    config, model, preprocessing, _ = made("pronounce", ngrams=1, embedding_dim=4)
    written = Functions.of(config, model, preprocessing)
    assert written.beams and written.logarithms and not written.compares_scores
    assert list(written.parity_specs()) == ["text"]


def test_a_network_that_reads_both_ways_says_why_it_cannot_stream():
    config, model, preprocessing, _ = made("sentiment", min_count=1)
    assert Functions.of(config, model, preprocessing).no_streaming == ""
    both = settings("sentiment", **(SMALL | {"bidirectional": True}))
    model = setup.network(both, preprocessing)
    found = Functions.of(both, model, preprocessing)
    assert found.streaming is None and found.no_streaming


def test_the_example_is_the_tasks_own_where_the_inputs_are_these():
    _, _, preprocessing, given = made("pronounce", ngrams=1)
    assert export.example_of(tasks.get("pronounce"), preprocessing, given) == {"text": "unrolled"}
    _, _, preprocessing, given = made("speech")
    found = export.example_of(tasks.get("speech"), preprocessing, given)
    assert found.keys() == {"steps", "lengths"} and found["lengths"] == 5


def test_the_request_to_warm_up_with_is_that_of_rest():
    request = export.warm_up({"audio": b"\xff", "lengths": np.int32(3)})
    instance = {"audio": {"b64": "/w=="}, "lengths": 3}
    assert request == {"signature_name": "serving_default", "instances": [instance]}
