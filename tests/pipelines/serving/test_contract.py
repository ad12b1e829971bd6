"""The export as TensorFlow Serving sees it: messages of `tensorflow_serving.apis`, and the file."""

import json
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow_serving.apis import predict_pb2

from pipelines.serving.server.messages import parse, to_arrays
from pipelines.serving.server.model import Model

pytestmark = pytest.mark.slow

# Their classes are made at import, where no type checker sees them.
FILES: Any = saved_model_pb2
MESSAGES: Any = predict_pb2

TEXTS = ["the whole film is boring", "a story is superb", "größer 好 🙂 $5", ""]


@pytest.fixture(scope="module")
def graph(trained):
    content = FILES.SavedModel()
    content.ParseFromString((trained.folder / "saved_model.pb").read_bytes())
    (graph,) = content.meta_graphs
    return graph


@pytest.fixture(scope="module")
def serve(trained):
    return tf.saved_model.load(str(trained.folder), tags=["serve"]).signatures["serving_default"]


def test_the_layout_is_name_and_version(trained, session_root):
    assert trained.folder == session_root / "exports" / "sentiment" / "1"
    assert (trained.folder / "saved_model.pb").is_file()
    assert (trained.folder / "variables" / "variables.index").is_file()
    assert not [f for f in trained.folder.parent.iterdir() if f.name.startswith(".")]


def test_a_server_of_another_user_may_read_it(trained):
    for entry in [trained.folder, *trained.folder.rglob("*")]:
        wanted = 0o555 if entry.is_dir() else 0o444
        assert entry.stat().st_mode & wanted == wanted, entry


def test_the_graph_has_the_tag_and_the_method_of_serving(graph):
    assert list(graph.meta_info_def.tags) == ["serve"]
    signature = graph.signature_def["serving_default"]
    assert signature.method_name == "tensorflow/serving/predict"
    assert list(signature.inputs) == ["text"]
    assert signature.inputs["text"].dtype == tf.string.as_datatype_enum
    assert [dim.size for dim in signature.inputs["text"].tensor_shape.dim] == [-1]
    assert {"label", "scores", "classes", "attention", "tokens"} == set(signature.outputs)
    for name, output in signature.outputs.items():
        assert output.tensor_shape.dim[0].size == -1, name


def test_the_graph_needs_neither_python_nor_xla(graph):
    functions = graph.graph_def.library.function
    nodes = [*graph.graph_def.node, *(node for f in functions for node in f.node_def)]
    assert nodes
    assert not {node.op for node in nodes} & {"PyFunc", "PyFuncStateless", "EagerPyFunc"}
    assert not [node.name for node in nodes if node.attr["_XlaMustCompile"].b]
    assert not [f.signature.name for f in functions if f.attr["_XlaMustCompile"].b]


def test_a_predict_request_makes_the_round_trip_as_bytes(serve):
    request = MESSAGES.PredictRequest()
    request.model_spec.name = "sentiment"
    request.model_spec.signature_name = "serving_default"
    request.inputs["text"].CopyFrom(tf.make_tensor_proto(TEXTS, tf.string))
    arrived = MESSAGES.PredictRequest.FromString(request.SerializeToString())
    tensors = {name: tf.constant(tf.make_ndarray(p)) for name, p in arrived.inputs.items()}
    response = MESSAGES.PredictResponse(model_spec=arrived.model_spec)
    answers = serve(**tensors)
    for name, value in answers.items():
        response.outputs[name].CopyFrom(tf.make_tensor_proto(value.numpy()))
    back = MESSAGES.PredictResponse.FromString(response.SerializeToString())
    for name, value in answers.items():
        assert np.array_equal(tf.make_ndarray(back.outputs[name]), value.numpy()), name
    assert tf.make_ndarray(back.outputs["label"]).tolist()[:2] == [b"negative", b"positive"]
    np.testing.assert_allclose(tf.make_ndarray(back.outputs["scores"]).sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("text", [b"", b"   ", b"\xff\xfe not text", b"a" * 20000, b"\x00"])
def test_no_bytes_break_the_graph(serve, text):
    scores = serve(text=tf.constant([text, b"a film is dull"]))["scores"].numpy()
    alone = serve(text=tf.constant([b"a film is dull"]))["scores"].numpy()
    assert np.isfinite(scores).all()
    np.testing.assert_allclose(scores[1], alone[0], atol=1e-6)


def test_the_example_is_a_request_that_the_export_answers(trained):
    example = (trained.folder / "assets.extra" / "example.json").read_bytes()
    request = parse(example)
    signature = Model(trained.folder).signature(request.signature)
    answers = signature.run(to_arrays(request, signature.inputs))
    assert len(answers["label"]) == len(json.loads(example)["instances"]) == 1
    assert answers["label"][0] in (b"negative", b"positive")


def test_the_card_says_what_it_is(trained, sentences):
    card = json.loads((trained.folder / "assets.extra" / "card.json").read_text("utf-8"))
    assert card["task"] == "sentiment"
    assert card["labels"] == ["negative", "positive"]
    assert card["run_id"] == trained.run_id
    assert card["dataset"]["source"] == "yours"
    assert card["dataset"]["digest"]
    assert card["config"]["data"] == str(sentences)
    assert card["config"]["units"] == 4
    assert card["made"]["tensorflow"] == tf.__version__
