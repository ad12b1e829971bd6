import numpy as np
import pytest

from pipelines.serving.server.axes import cut_axes, default_names, find_axes
from pipelines.serving.server.tensors import Spec


def strings(*shape):
    return Spec(np.dtype(object), (None, *shape))


def floats(*shape):
    return Spec(np.dtype(np.float32), (None, *shape))


TAGGER = {
    "tokens": strings(None),
    "tags": strings(None),
    "scores": floats(None, 3),
    "entities": strings(None),
    "label": strings(),
}
TAGGER_NAMES = {
    "tokens": ["steps"],
    "tags": ["steps"],
    "scores": ["steps", None],
    "entities": ["entities"],
}


def padded(*rows):
    return np.array([[word.encode() for word in row] for row in rows], object)


def test_each_axis_has_its_rulers_and_its_places():
    entities, steps = find_axes(TAGGER_NAMES, TAGGER)
    assert entities.places == (("entities", 1),)
    assert steps.rulers == ("tokens", "tags")
    assert dict(steps.places) == {"tokens": 1, "tags": 1, "scores": 1}


def test_an_answer_is_cut_along_each_axis_to_the_longest_of_its_rows():
    outputs = {
        "tokens": padded(["a", "b", "", ""], ["a", "", "", ""]),
        "tags": padded(["O", "O", "", ""], ["O", "", "", ""]),
        "scores": np.arange(24.0).reshape(2, 4, 3),
        "entities": padded([""] * 3, [""] * 3),
        "label": np.array([b"x", b"y"], object),
    }
    cut = cut_axes(outputs, find_axes(TAGGER_NAMES, TAGGER))
    assert cut["tokens"].tolist() == [[b"a", b"b"], [b"a", b""]]
    assert cut["scores"].tolist() == outputs["scores"][:, :2].tolist()
    assert cut["entities"].shape == (2, 0)
    assert cut["label"] is outputs["label"]


def test_the_ruler_that_reaches_furthest_decides():
    outputs = {
        "tokens": padded(["a", "", ""]),
        "tags": padded(["O", "O", ""]),
        "scores": np.ones((1, 3, 3)),
        "entities": padded([]),
    }
    assert cut_axes(outputs, find_axes(TAGGER_NAMES, TAGGER))["scores"].shape == (1, 2, 3)


def test_an_output_of_another_size_than_its_axis_is_not_cut():
    specs = {"tokens": strings(None), "attention": floats(None)}
    axes = find_axes({"tokens": ["steps"], "attention": ["steps"]}, specs)
    outputs = {"tokens": padded(["a", ""]), "attention": np.ones((1, 3))}
    assert cut_axes(outputs, axes)["attention"].shape == (1, 3)


@pytest.mark.parametrize(
    "changes",
    [
        {"scores": None},
        {"scores": ["steps"]},
        {"scores": [None, "steps"]},
        {"scores": ["steps", "classes"]},
        {"scores": ["nothing measures it", None]},
        {"tokens": ["a", "b"]},
    ],
)
def test_a_free_size_without_a_measured_name_makes_answers_inseparable(changes):
    names = {name: axes for name, axes in (TAGGER_NAMES | changes).items() if axes}
    assert find_axes(names, TAGGER) is None


@pytest.mark.parametrize("ruler", [floats(None), strings(None, 3), strings(7)])
def test_an_axis_is_measured_by_strings_of_batch_and_axis_alone(ruler):
    names = {"tokens": ["steps", *[None] * (len(ruler.shape) - 2)], "attention": ["steps"]}
    assert find_axes(names, {"tokens": ruler, "attention": floats(None)}) is None


def test_an_output_of_unknown_rank_makes_answers_inseparable():
    assert find_axes({"y": ["steps"]}, {"y": Spec(np.dtype(object), None)}) is None


def test_fixed_sizes_need_no_axes():
    assert find_axes({}, {"label": strings(), "scores": floats(3)}) == ()


@pytest.mark.parametrize(
    ("specs", "separable"),
    [
        ({"tokens": strings(None)}, True),
        ({"tokens": strings(None), "attention": floats(4, None)}, True),
        ({"tokens": strings(None), "attention": floats(None, None)}, False),
        ({"tokens": strings(None), "other": floats(None)}, False),
        ({"attention": floats(None)}, False),
        ({"tokens": floats(None)}, False),
        ({"label": strings()}, True),
    ],
)
def test_without_named_axes_tokens_measure_themselves_and_attention(specs, separable):
    assert (find_axes(default_names(specs), specs) is not None) == separable
