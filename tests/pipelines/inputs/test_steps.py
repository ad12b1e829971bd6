"""Steps of float features: as they are, and brought to unit scale."""

import json

import numpy as np
import pytest
import tensorflow as tf

from pipelines.inputs.fitted.steps import FittedSteps, Scale
from pipelines.inputs.steps import Steps
from pipelines.runtime.errors import UserError
from tests.given import assert_splits_are_as_in_graph, column, settings

GENERATED = Steps(width=2)


def columns(*lengths, width=4):
    random = np.random.default_rng(len(lengths))
    parts = [random.normal(5, 3, (n, width)).astype(np.float32) for n in lengths]
    return {"steps": column(*parts), "lengths": np.array(lengths, np.int32)}


def encoded(lengths):
    steps = tf.reshape(tf.range(12.0), [2, 3, 2])
    raw = {"steps": steps, "lengths": tf.constant(lengths)}
    return FittedSteps(2, 10).encode(raw)


def test_steps_behind_the_length_are_left_out():
    found = encoded([3, 1]).inputs
    assert found["features"].row_lengths().numpy().tolist() == [3, 1]
    assert found["features"][1].numpy().tolist() == [[6, 7]]
    assert found["lengths"].numpy().tolist() == [3, 1]


def test_a_length_that_cannot_be_is_the_nearest_that_can():
    found = encoded([0, 9]).inputs
    assert found["lengths"].numpy().tolist() == [1, 3]
    assert found["features"].row_lengths().numpy().tolist() == [1, 3]


def test_steps_have_no_names():
    assert encoded([3, 3]).names is None


def test_steps_of_a_declared_width_are_read_as_they_are(tmp_path):
    made = GENERATED.fit(columns(3, 5, width=2), settings("memory"))
    made.save(tmp_path)
    assert not list(tmp_path.iterdir())
    for each in (made, GENERATED.load(tmp_path, settings("memory"))):
        given = columns(4, width=2)
        found = each.encode_split(given)
        np.testing.assert_array_equal(found["features"].values, given["steps"][0])


def test_other_steps_are_scaled_and_cut_at_their_lengths():
    given = columns(6, 9)
    made = Steps().fit(given, settings("memory"))
    assert made.network.width == 4
    padded = np.zeros((2, 9, 4), np.float32)
    for row, part in zip(padded, given["steps"], strict=True):
        row[: len(part)] = part
    found = made.encode({"steps": tf.constant(padded), "lengths": tf.constant([6, 99])}).inputs
    assert found["features"].row_lengths().numpy().tolist() == [6, 9]
    values = found["features"].values.numpy()
    np.testing.assert_allclose(values.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(values.std(axis=0), 1, atol=1e-5)


def test_a_constant_feature_is_not_blown_up():
    scale = Scale.fit([np.full((5, 1), 7.0)])
    assert scale(tf.constant([[7.0]])).numpy() == pytest.approx(0.0)
    assert scale(tf.constant([[8.0]])).numpy() == pytest.approx(1.0)


@pytest.mark.parametrize("max_length", [3, 100])
def test_a_split_is_encoded_as_in_the_graph(max_length):
    given = columns(6, 1, 9)
    made = Steps().fit(given, settings("memory", max_length=max_length))
    assert_splits_are_as_in_graph(made, given, columns(2, 3, 1, 12, 5))


@pytest.mark.parametrize("max_length", [1, 4, 9])
def test_labels_are_cut_as_the_steps_are(max_length):
    made = FittedSteps(1, max_length)
    values = np.arange(6, dtype=np.float32)
    raw = {"steps": tf.constant(values[None, :, None]), "lengths": tf.constant([6])}
    kept = made.encode(raw).inputs["features"].values.numpy()[:, 0]
    assert kept.tolist() == list(made.align(values.tolist()))


def test_steps_are_counted_uncut():
    found = FittedSteps(4, 2).measure(columns(6, 1))
    assert found.lengths.tolist() == [6, 1] and found.lengths.dtype == np.int64
    assert found.tokens is None


def test_a_scale_is_saved_and_loaded(tmp_path):
    given = columns(6, 9)
    made = Steps().fit(given, settings("memory", max_length=7))
    made.save(tmp_path)
    again = Steps().load(tmp_path, settings("memory", max_length=7))
    assert again.network == made.network
    for one, other in zip(
        made.encode_split(given).values(), again.encode_split(given).values(), strict=True
    ):
        np.testing.assert_array_equal(getattr(one, "values", one), getattr(other, "values", other))


def test_a_request_is_a_list_of_steps():
    raw = GENERATED.request("[[0.25, 1], [0.5, 0], [0.75, 1]]")
    assert raw["steps"].tolist() == [[0.25, 1], [0.5, 0], [0.75, 1]]
    assert raw["steps"].dtype == np.float32
    assert raw["lengths"] == 3


def test_where_the_data_say_the_width_a_request_may_have_any():
    assert Steps().request("[[1, 2, 3], [4, 5, 6]]")["steps"].shape == (2, 3)
    with pytest.raises(UserError, match="numbers, all of one length"):
        Steps().request("[[1, 2], [3]]")


@pytest.mark.parametrize(
    "given", ["", "1", "[]", "[[]]", "[[1, 2, 3]]", "[[1, 2], [3]]", '[["a", 1]]', "[[NaN, 1]]"]
)
@pytest.mark.parametrize("steps", [GENERATED, Steps()])
def test_another_request_is_refused_in_one_line(steps, given):
    if steps == Steps() and given == "[[1, 2, 3]]":
        return  # of another width, which the data may have
    with pytest.raises(UserError, match=r"INPUT: .*JSON list of steps") as caught:
        steps.request(given)
    assert "\n" not in str(caught.value)


def test_steps_may_be_many():
    steps = np.random.default_rng(0).random((600, 2)).tolist()
    assert GENERATED.request(json.dumps(steps))["lengths"] == 600


def test_a_request_may_be_an_array(tmp_path):
    np.save(tmp_path / "a.npy", np.ones((5, 13)))
    found = Steps().request(str(tmp_path / "a.npy"))
    assert found["steps"].shape == (5, 13) and found["lengths"] == 5
    assert found["steps"].dtype == np.float32


@pytest.mark.parametrize(
    ("name", "array", "said"), [("gone.npy", None, "no file"), ("a.npy", np.ones(3), "one array")]
)
def test_a_file_that_holds_no_steps_is_refused(tmp_path, name, array, said):
    if array is not None:
        np.save(tmp_path / name, array)
    with pytest.raises(UserError, match=said):
        Steps().request(str(tmp_path / name))


def test_an_example_is_described_and_drawn():
    given = columns(6, 1200)
    assert Steps().describe(given, 1) == "1,200 steps"
    assert len(Steps().draw(given, [0, 1], ["a", "b"]).axes) >= 2


def test_vectors_in_space_have_one_scale_whatever_their_axes():
    turned = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 1]], np.float32)
    steps = np.random.default_rng(0).normal(4, [1, 2, 3], (50, 3)).astype(np.float32)
    train = {"steps": column(steps), "lengths": np.array([50], np.int32)}
    axes = {"steps": column(steps @ turned), "lengths": np.array([50], np.int32)}
    fitted, other = (Steps(vectors=True).fit(each, settings("memory")) for each in (train, axes))
    assert fitted.network.vectors
    assert not fitted.scale.mean.any()
    np.testing.assert_allclose(fitted.scale.deviation, other.scale.deviation, rtol=1e-6)


def test_features_that_cannot_be_vectors_are_scaled_one_by_one(tmp_path):
    fitted = Steps(vectors=True).fit(columns(5, 7, width=4), settings("memory"))
    assert not fitted.network.vectors
    assert fitted.scale.mean.all()
    fitted.save(tmp_path)
    assert not Steps(vectors=True).load(tmp_path, settings("memory")).network.vectors
