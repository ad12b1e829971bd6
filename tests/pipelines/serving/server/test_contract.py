"""The bodies against the messages of the real TensorFlow Serving."""

import asyncio
import base64
import json

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import json_format
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_pb2,
    predict_pb2,
)

from pipelines.serving.server.messages import parse, to_arrays, to_json
from pipelines.serving.server.model import Model

from .conftest import client_of


@pytest.fixture(scope="module")
def model(saved):
    return Model(saved)


PNG = tf.io.encode_png(tf.zeros([2, 2, 1], tf.uint8)).numpy()


@pytest.mark.parametrize(
    ("body", "tensors"),
    [
        ({"instances": ["good", "größe"]}, {"text": tf.constant(["good", "größe"])}),
        (
            {"inputs": {"x": [[1, 2, 3.5]], "n": [7]}, "signature_name": "numbers"},
            {"x": tf.constant([[1, 2, 3.5]]), "n": tf.constant([7])},
        ),
        (
            {
                "instances": [{"image": {"b64": base64.b64encode(PNG).decode()}}],
                "signature_name": "picture",
            },
            {"image": tf.constant([PNG])},
        ),
    ],
)
def test_json_and_predict_request_carry_the_same_tensors(model, body, tensors):
    message = predict_pb2.PredictRequest()
    message.model_spec.name = "toy"
    message.model_spec.signature_name = body.get("signature_name", "serving_default")
    for name, tensor in tensors.items():
        message.inputs[name].CopyFrom(tf.make_tensor_proto(tensor))
    wire = predict_pb2.PredictRequest.FromString(message.SerializeToString())

    request = parse(json.dumps(body).encode())
    signature = model.signature(request.signature)
    inputs = to_arrays(request, signature.inputs)
    assert request.signature == wire.model_spec.signature_name
    assert inputs.keys() == wire.inputs.keys()
    for name, proto in wire.inputs.items():
        expected = tf.make_ndarray(proto)
        assert inputs[name].tolist() == expected.tolist()
        assert tf.make_tensor_proto(inputs[name], proto.dtype, expected.shape) == proto

    # And back: the JSON answer says what a PredictResponse would.
    outputs = signature.run(inputs)
    answer = predict_pb2.PredictResponse()
    for name, output in outputs.items():
        answer.outputs[name].CopyFrom(tf.make_tensor_proto(output))
    columns = json.loads(to_json(outputs, rows=False))["outputs"]
    for name, proto in answer.outputs.items():
        array = tf.make_ndarray(proto)
        if name.endswith("_bytes"):
            assert [base64.b64decode(each["b64"]) for each in columns[name]] == array.tolist()
        elif proto.dtype == tf.string.as_datatype_enum:
            assert columns[name] == np.char.decode(array.astype(bytes), "utf-8").tolist()
        else:
            assert np.array_equal(np.array(columns[name], array.dtype), array)


def test_status_and_metadata_are_the_messages_of_tensorflow_serving(exports):
    async def ask():
        async with client_of(exports) as client:
            status = await client.get("/v1/models/toy")
            metadata = await client.get("/v1/models/toy/versions/1/metadata")
            return status.json(), metadata.json()

    status, metadata = asyncio.run(ask())
    response = json_format.ParseDict(status, get_model_status_pb2.GetModelStatusResponse())
    (version,) = response.model_version_status
    assert version.version == 1
    assert version.state == get_model_status_pb2.ModelVersionStatus.AVAILABLE
    assert version.status.error_code == 0

    # TensorFlow Serving's REST answer unpacks the `Any` that the message has here.
    spec = json_format.ParseDict(metadata["model_spec"], model_pb2.ModelSpec())
    assert (spec.name, spec.version.value) == ("toy", 1)
    content = metadata["metadata"]["signature_def"]
    signatures = json_format.ParseDict(content, get_model_metadata_pb2.SignatureDefMap())
    whole = get_model_metadata_pb2.GetModelMetadataResponse(model_spec=spec)
    whole.metadata["signature_def"].Pack(signatures)
    default = signatures.signature_def["serving_default"]
    assert default.method_name == "tensorflow/serving/predict"
    assert default.inputs["text"].dtype == tf.string.as_datatype_enum
    assert [dim.size for dim in default.outputs["scores"].tensor_shape.dim] == [-1, 3]
    printed = json_format.MessageToDict(
        signatures, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    assert printed == content
