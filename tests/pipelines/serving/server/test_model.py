import json

import numpy as np
import pytest

from pipelines.runtime import saved_model
from pipelines.serving.server.errors import ServingError, graph_message
from pipelines.serving.server.model import Model

from . import savedmodel


@pytest.fixture(scope="module")
def model(saved):
    return Model(saved)


def texts(*values):
    return {"text": np.array([value.encode() for value in values], object)}


def test_signatures_with_their_specs(model):
    assert set(model.signatures) == {"serving_default", *savedmodel.SIGNATURES}
    numbers = model.signature("numbers")
    assert {name: spec.shape for name, spec in numbers.inputs.items()} == {
        "x": (None, 3),
        "n": (None,),
    }
    with pytest.raises(ServingError, match="'other' not found in signature def; it has 'attend'"):
        model.signature("other")


def test_only_signatures_whose_answers_can_be_told_apart_are_merged(model):
    merging = {name for name, signature in model.signatures.items() if signature.merges}
    assert merging == {"serving_default", "attend", "numbers", "picture", "slow"}


@pytest.mark.parametrize("axes", [savedmodel.AXES, {}])
def test_the_card_of_an_export_says_which_signatures_are_merged(saved, tmp_path, axes):
    folder = savedmodel.copy(saved, tmp_path / "1")
    savedmodel.write_axes(folder, axes)
    merging = {name for name, each in Model(folder).signatures.items() if each.merges}
    assert merging == {"serving_default", "numbers", "picture", "slow", *axes}


def test_nothing_is_cut_where_a_free_width_may_be_another(model):
    signature = model.signature("loose")
    inputs = {**texts("one", "one two"), "extra": np.ones((2, 2), np.float32)}
    first = {name: output[:1] for name, output in signature.run(inputs).items()}
    assert signature.cut(first)["extra"].shape == (1, 2)
    assert signature.cut(first)["tokens"].tolist() == [[b"one", b""]]


def test_cutting_an_answer_out_of_a_batch_gives_what_the_request_alone_gives(model):
    signature = model.signature("attend")
    requests = [texts("one"), texts("one two three four five"), texts("", "one two"), texts("")]
    merged = signature.run({"text": np.concatenate([request["text"] for request in requests])})
    start = 0
    for request in requests:
        end = start + len(request["text"])
        part = signature.cut({name: output[start:end] for name, output in merged.items()})
        alone = signature.cut(signature.run(request))
        for name, output in alone.items():
            if output.dtype.kind == "f":
                np.testing.assert_allclose(part[name], output, atol=1e-6)
            else:
                assert part[name].tolist() == output.tolist()
        start = end
    assert start == 5


def test_what_the_graph_refuses_is_the_clients_mistake_in_one_line(model):
    with pytest.raises(ServingError, match="PNG") as error:
        model.signature("picture").run({"image": np.array([b"no picture"], object)})
    assert error.value.status == 400
    assert "node" not in error.value.message
    with pytest.raises(ServingError, match="n must not be negative"):
        model.signature("numbers").run(
            {"x": np.zeros((1, 3), np.float32), "n": np.array([-1], np.int32)}
        )


def test_the_example_is_the_exported_one_or_made_up(model, saved, tmp_path):
    assert model.example == savedmodel.EXAMPLE
    folder = savedmodel.copy(saved, tmp_path / "1")
    (folder / saved_model.EXAMPLE).unlink()
    assert Model(folder).example == {
        "signature_name": "serving_default",
        "inputs": {"text": ["text"]},
    }


@pytest.mark.parametrize("example", ["{", json.dumps({"instances": [1]}), "[]"])
def test_a_model_that_cannot_answer_its_own_example_is_not_loaded(saved, tmp_path, example):
    folder = savedmodel.copy(saved, tmp_path / "1")
    (folder / saved_model.EXAMPLE).write_text(example)
    with pytest.raises((ServingError, json.JSONDecodeError)):
        Model(folder)


def test_the_sentence_of_a_graph_error():
    text = "Graph execution error:\n\nDetected at node f defined at (most recent call last):\n"
    assert graph_message(text + "  File x\nToo short.\n\t [[{{node f}}]] [Op:g]") == "Too short."
    assert graph_message("Too short. [Op:g]") == "Too short."
    assert graph_message("") == "the graph rejected the input"
