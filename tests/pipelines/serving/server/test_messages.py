import json

import numpy as np
import pytest

from pipelines.serving.server.errors import ServingError
from pipelines.serving.server.messages import MOST_ROWS, parse, to_arrays, to_json
from pipelines.serving.server.tensors import Spec

TEXT = {"text": Spec(np.dtype(object), (None,))}
TWO = {"x": Spec(np.dtype(np.float32), (None, 2)), "n": Spec(np.dtype(np.int32), (None,))}


def arrays(body, specs):
    return to_arrays(parse(json.dumps(body).encode()), specs)


def refused(body, specs=TEXT):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(ServingError) as error:
        to_arrays(parse(content), specs)
    assert error.value.status == 400
    assert "\n" not in error.value.message
    return error.value.message


def test_one_input_needs_no_name():
    for body in (
        {"instances": ["a", "b"]},
        {"instances": [{"text": "a"}, {"text": "b"}]},
        {"inputs": ["a", "b"]},
        {"inputs": {"text": ["a", {"b64": "Yg=="}]}},
    ):
        assert arrays(body, TEXT)["text"].tolist() == [b"a", b"b"]


def test_bytes_are_a_value_and_not_an_object_of_inputs():
    assert arrays({"instances": [{"b64": "Yg=="}]}, TEXT)["text"].tolist() == [b"b"]


def test_rows_and_columns_say_the_same():
    rows = arrays({"instances": [{"x": [1, 2], "n": 3}, {"n": 4, "x": [5, 6]}]}, TWO)
    columns = arrays({"inputs": {"x": [[1, 2], [5, 6]], "n": [3, 4]}}, TWO)
    for name in TWO:
        assert np.array_equal(rows[name], columns[name])


def test_the_signature_has_a_default():
    assert parse(b'{"instances": [1]}').signature == "serving_default"
    assert parse(b'{"instances": [1], "signature_name": "other"}').signature == "other"


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (b"", "JSON parse error"),
        (b"{", "JSON parse error"),
        (b'{"instances": ["\xff"]}', "not UTF-8"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"instances": [' + b"1" * 5000 + b"]}", "JSON parse error"),
        ([], "must be a JSON object, not a list"),
        ({}, "Missing 'inputs' or 'instances'"),
        ({"instances": ["a"], "inputs": ["a"]}, "not both"),
        ({"instances": "a"}, "must be a list"),
        ({"instances": []}, "No values"),
        ({"inputs": []}, "empty"),
        ({"instances": ["a"], "signature_name": 3}, "'signature_name' must be a string"),
        ({"instances": [{"txt": "a"}]}, "Instance 0: missing input 'text'"),
        ({"instances": [{"text": "a"}, {"text": "a", "b": 1}]}, "Instance 1: unknown input 'b'"),
        ({"inputs": {"txt": ["a"]}}, "missing input 'text'"),
        ({"inputs": {"text": ["a"], "b": 1}}, "unknown input 'b'"),
        ({"instances": ["a", {"text": "a"}]}, "mixes"),
        ({"instances": [["a"], ["b"]]}, "shape [2x1]"),
        ({"instances": [["a"], ["b", "c"]]}, "ragged"),
        ({"instances": ["a"] * (MOST_ROWS + 1)}, f"at most {MOST_ROWS}"),
    ],
)
def test_a_wrong_body_is_refused_in_one_line(body, part):
    assert part in refused(body)


def test_several_inputs_need_their_names():
    assert "'n', 'x'" in refused({"instances": [1]}, TWO)
    assert "'n', 'x'" in refused({"inputs": [1]}, TWO)


def test_answers_in_rows_and_columns():
    outputs = {"label": np.array([b"a", b"b"], object), "score": np.array([0.5, 1], np.float32)}
    assert json.loads(to_json(outputs, rows=True)) == {
        "predictions": [{"label": "a", "score": 0.5}, {"label": "b", "score": 1.0}]
    }
    assert json.loads(to_json(outputs, rows=False)) == {
        "outputs": {"label": ["a", "b"], "score": [0.5, 1.0]}
    }
    one = {"score": outputs["score"]}
    assert json.loads(to_json(one, rows=True)) == {"predictions": [0.5, 1.0]}
    assert json.loads(to_json(one, rows=False)) == {"outputs": [0.5, 1.0]}


def test_outputs_that_are_not_rows_are_asked_for_in_columns():
    for outputs in ({"a": np.float32(1)[()]}, {"a": np.zeros(2), "b": np.zeros(3)}):
        made = {name: np.asarray(value) for name, value in outputs.items()}
        with pytest.raises(ServingError, match="send 'inputs'"):
            to_json(made, rows=True)
        assert b"outputs" in to_json(made, rows=False)
