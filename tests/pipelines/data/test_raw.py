import json

import numpy as np
import tensorflow as tf

from pipelines.data import raw


def test_sequences_of_a_batch_get_one_length():
    specs = {"x": tf.TensorSpec([None, None, 2]), "lengths": tf.TensorSpec([None], tf.int32)}
    values = {"x": [np.ones((1, 2)), np.full((3, 2), 2.0)], "lengths": [1, 3], "other": [0, 0]}
    found = raw.tensors(values, specs)
    assert found.keys() == specs.keys()
    np.testing.assert_array_equal(found["x"][0], [[1, 1], [0, 0], [0, 0]])
    assert found["x"].shape == (2, 3, 2) and found["lengths"].dtype == tf.int32


def test_texts_and_bytes_are_strings():
    spec = {"text": tf.TensorSpec([None], tf.string)}
    for values in (["ä", "b"], np.array(["ä", "b"], object), ["ä".encode(), b"b"]):
        assert raw.tensors({"text": values}, spec)["text"].numpy().tolist() == ["ä".encode(), b"b"]


def test_json_holds_what_was_given():
    values = {"sound": b"\xff\x00", "x": np.array([[0.1]], np.float32), "n": np.int32(3)}
    read = json.loads(json.dumps({name: raw.to_json(value) for name, value in values.items()}))
    assert read["sound"] == {"b64": "/wA="}
    assert np.float32(read["x"][0][0]) == np.float32(0.1) and read["n"] == 3


def test_size_is_what_requests_are_sorted_by():
    assert [raw.size(value) for value in ("abc", b"ab", np.zeros((4, 2)), 7)] == [3, 2, 4, 0]


def test_a_split_comes_in_batches_in_its_order_and_nothing_else_with_it(monkeypatch):
    monkeypatch.setattr(raw, "AT_A_TIME", 2)
    specs = {"text": tf.TensorSpec([None], tf.string), "x": tf.TensorSpec([None], tf.float32)}
    columns = {"text": np.array(list("abcde"), object), "x": np.arange(5), "other": np.arange(5)}
    found = list(raw.batches(columns, specs))
    assert [batch["text"].numpy().tolist() for batch in found] == [
        [b"a", b"b"],
        [b"c", b"d"],
        [b"e"],
    ]
    assert all(batch.keys() == specs.keys() for batch in found)
    assert [batch["x"].numpy().tolist() for batch in found] == [[0, 1], [2, 3], [4]]
