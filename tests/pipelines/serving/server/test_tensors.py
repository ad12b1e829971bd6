import base64
import json

import numpy as np
import pytest

from pipelines.serving.server.errors import ServingError
from pipelines.serving.server.tensors import Spec, to_array, to_lists

FLOAT = np.dtype(np.float32)
TEXT = np.dtype(object)


def array(value, dtype, shape=None):
    return to_array("x", value, Spec(np.dtype(dtype), shape))


def refused(value, dtype, shape=None):
    with pytest.raises(ServingError) as error:
        array(value, dtype, shape)
    assert error.value.status == 400
    assert "\n" not in error.value.message
    return error.value.message


@pytest.mark.parametrize(
    ("value", "dtype", "shape"),
    [
        (1.5, np.float32, ()),
        ([1, 2.5], np.float32, (2,)),
        ([[1, 2], [3, 4], [5, 6]], np.int64, (3, 2)),
        ([[[True]]], np.bool_, (1, 1, 1)),
        ([[], []], np.float32, (2, 0)),
        ([200], np.uint8, (1,)),
    ],
)
def test_nested_lists_become_an_array(value, dtype, shape):
    result = array(value, dtype)
    assert result.shape == shape
    assert result.dtype == dtype
    assert result.tolist() == value


def test_text_and_bytes():
    data = b"\x89PNG\x00\xff"
    encoded = {"b64": base64.b64encode(data).decode()}
    result = array(["größe", encoded, ""], object)
    assert result.tolist() == ["größe".encode(), data, b""]
    assert array({"b64": "YQ"}, object).item() == b"a"  # padding may be left out


def test_not_a_number_and_infinity_come_and_go_as_tokens():
    values = array(json.loads("[NaN, Infinity, -Infinity]"), np.float32)
    assert json.dumps(to_lists("y", values)) == "[NaN, Infinity, -Infinity]"


@pytest.mark.parametrize(
    ("value", "dtype", "part"),
    [
        ([[1, 2], [3]], np.float32, "ragged"),
        ([1, [2]], np.float32, "ragged"),
        ([[1], 2], np.float32, "ragged"),
        (["1"], np.float32, 'must be float32, not "1"'),
        ([True], np.float32, "not true"),
        ([None], np.float32, "not null"),
        ([1.0], np.int32, "not 1.0"),
        ([{}], np.int32, "an object"),
        ([1], np.bool_, "not 1"),
        ([3], object, "must be a string"),
        ([None], object, "not null"),
        ([{"b64": "*"}], object, "not base64"),
        ([{"b64": 1}], object, "must be a string"),
        (["\ud800"], object, "surrogate"),
        ([256], np.uint8, "256 cannot be represented by uint8"),
        ([-1], np.uint32, "cannot be represented"),
        ([2**63], np.int64, "cannot be represented"),
        ([1e39], np.float32, "cannot be represented"),
        ([2**24 + 1], np.float32, "cannot be represented"),
        ([10**400], np.float64, "cannot be represented"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(value, dtype, part):
    assert part in refused(value, dtype)


def test_a_huge_number_does_not_make_a_huge_message():
    assert len(refused([10**4000], np.int32)) < 600


def test_the_signature_says_which_shapes_fit():
    assert array([[1, 2, 3]], FLOAT, (None, 3)).shape == (1, 3)
    assert "[1x2]; the signature expects [?x3]" in refused([[1, 2]], FLOAT, (None, 3))
    assert "shape [1]" in refused([1], FLOAT, (None, 3))


def test_float32_is_written_with_its_own_digits():
    values = np.array([0.1, 1.0, 1e-8, 16777216.0], np.float32)
    assert json.dumps(to_lists("y", values)) == "[0.1, 1.0, 1e-08, 16777216.0]"
    drawn = np.random.default_rng(0).normal(size=100).astype(np.float32)
    assert np.array_equal(np.array(to_lists("y", drawn), np.float32), drawn)


def test_strings_are_text_unless_the_name_says_bytes():
    values = np.array([["é".encode(), b"\xff"]], TEXT)
    assert to_lists("word", values) == [["é", "�"]]
    assert to_lists("word_bytes", values) == [[{"b64": "w6k="}, {"b64": "/w=="}]]


@pytest.mark.parametrize("shape", [(), (2,), (2, 3), (2, 0), (0, 3), (2, 0, 3), (2, 1, 2)])
@pytest.mark.parametrize("dtype", [np.float32, np.int64, object])
def test_the_nesting_is_that_of_the_array(shape, dtype):
    values = np.full(shape, b"a" if dtype is object else 1, dtype)
    expected = np.full(shape, "a" if dtype is object else 1, dtype).tolist()
    assert to_lists("y", values) == expected
