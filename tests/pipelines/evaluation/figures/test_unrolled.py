import itertools
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path as Line
from matplotlib.text import Text

from models.spec import ModelSpec
from models.spec.settings import SpecError
from pipelines.evaluation.figures.style import BLUE, GREEN, ORANGE, RED
from pipelines.evaluation.figures.unrolled import unrolled_diagram
from pipelines.evaluation.figures.unrolled.docs import DRAWINGS

PICTURES = Path(__file__).parents[4] / "docs" / "images" / "modes"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
DEEP = {"layers": 2, "residual": True, "layer_norm": True}
OTHERS = {
    "dense": (ModelSpec.of("one_to_one", **DEEP), 4),
    "vector": (ModelSpec.of("one_to_many", **DEEP), 3),
    "vector_transformer": (
        ModelSpec.of("one_to_many", cell="transformer", attention="multi_head"),
        4,
    ),
    "regions_two_layers": (ModelSpec.of("one_to_many", input="image", layers=2), 5),
    "frames": (ModelSpec.of("many_to_one", input="frames", bidirectional=True, **DEEP), 2),
    "mean": (ModelSpec.of("many_to_one", pooling="mean", cell="simple_rnn"), 7),
    "both_sides": (ModelSpec.of("many_to_one", cell="transformer", bidirectional=True), 3),
    "other_steps": (ModelSpec.of("many_to_many", attention="dot", bidirectional=True), 4),
    "deep_bridges": (
        ModelSpec.of("encoder_decoder", attention="dot", bidirectional=True, **DEEP),
        4,
    ),
    "features_deep": (ModelSpec.of("encoder_decoder", input="features", layers=3), 3),
    "transformer_deep": (
        ModelSpec.of("encoder_decoder", cell="transformer", attention="multi_head", layers=2),
        4,
    ),
}
ALL = {name: (spec, 4) for name, spec in DRAWINGS.items()} | OTHERS


def drawn(mode, steps=4, **changes):
    return unrolled_diagram(ModelSpec.of(mode, **changes), steps)


def texts(figure):
    return [text for text in figure.findobj(Text) if text.get_text() and text.get_visible()]


def lines(figure, colour, dashed=False):
    """How many lines of a colour there are, the legend's not among them."""
    found = [
        line
        for line in figure.findobj(FancyArrowPatch)
        if to_rgba(line.get_edgecolor())[:3] == to_rgba(colour)[:3]
        and (line.get_linestyle() not in ("-", "solid")) == dashed
    ]
    return len(found) - (1 if found else 0)


def polygons(line):
    path = line.get_transform().transform_path(line.get_path())
    return [Line(points) for points in path.to_polygons(closed_only=False) if len(points) > 1]


@pytest.mark.parametrize("name", ALL)
def test_all_text_is_legible(name):
    figure = unrolled_diagram(*ALL[name])
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    places = [(text.get_text(), text.get_window_extent(renderer)) for text in texts(figure)]
    for (one, place), (other, beside) in itertools.combinations(places, 2):
        assert not place.overlaps(beside), (one, other)
    boxes = [box for box in figure.findobj(FancyBboxPatch) if box.get_zorder() >= 3]
    frames = [box.get_window_extent(renderer) for box in boxes]
    arrows = [line for arrow in figure.findobj(FancyArrowPatch) for line in polygons(arrow)]
    for text, place in places:
        assert place.x0 > 0, text
        assert place.y0 > 0, text
        assert place.x1 < figure.bbox.width, text
        assert place.y1 < figure.bbox.height, text
        around = [frame for frame in frames if frame.overlaps(place)]
        if around:  # it is inside of one box
            (frame,) = around
            assert frame.x0 < place.x0 < place.x1 < frame.x1, text
        else:  # nothing runs through it
            assert not [line for line in arrows if line.intersects_bbox(place, filled=False)], text


def test_the_pictures_of_the_docs_are_those_that_the_code_draws(tmp_path):
    command = [sys.executable, "-m", "pipelines.evaluation.figures.unrolled", str(tmp_path)]
    subprocess.run(command, check=True, cwd=PICTURES.parents[2], capture_output=True)
    assert {file.name for file in PICTURES.iterdir()} == {file.name for file in tmp_path.iterdir()}
    for file in tmp_path.iterdir():
        new, old = file.read_text("utf-8"), (PICTURES / file.name).read_text("utf-8")
        assert len(old) < 200_000
        # Another machine may round the last digit of a coordinate differently.
        assert NUMBER.sub("#", new) == NUMBER.sub("#", old), f"draw {file.name} again"
        here, there = ([float(n) for n in NUMBER.findall(text)] for text in (new, old))
        np.testing.assert_allclose(here, there, atol=0.01, err_msg=f"draw {file.name} again")


@pytest.mark.parametrize(("cell", "states"), [("simple_rnn", 1), ("gru", 1), ("lstm", 2)])
def test_a_state_goes_from_each_step_to_the_next(cell, states):
    one_way = drawn("many_to_one", 5, cell=cell)
    assert lines(one_way, BLUE) == 4 * states
    assert lines(one_way, RED) == 0
    both = drawn("many_to_one", 5, cell=cell, bidirectional=True, layers=2)
    assert lines(both, BLUE) == lines(both, RED) == 2 * 4 * states


@pytest.mark.parametrize(
    ("mode", "changes", "count"),
    [
        ("many_to_one", {"attention": "dot"}, 4),
        ("many_to_one", {}, 0),
        ("many_to_many", {"cell": "transformer"}, 1 + 2 + 3 + 4),
        ("many_to_many", {"cell": "transformer", "bidirectional": True}, 16),
        ("many_to_many", {"attention": "dot"}, 0 + 1 + 2 + 3),
        ("many_to_many", {"attention": "dot", "bidirectional": True}, 12),
        ("encoder_decoder", {"attention": "additive"}, 4 * 3),
        ("encoder_decoder", {}, 0),
    ],
)
def test_attention_goes_where_the_network_may_look(mode, changes, count):
    assert lines(drawn(mode, **changes), ORANGE) == count


def test_the_heavier_lines_of_a_decoders_attention_go_along_with_its_steps():
    figure = drawn("encoder_decoder", attention="dot")
    found = [line for line in figure.findobj(FancyArrowPatch) if line.get_alpha()][:12]
    shares = np.array([line.get_linewidth() for line in found]).reshape(3, 4)
    assert (np.diff(shares @ np.arange(4)) > 0).all()


def test_labels_of_a_crf_are_linked_and_others_are_not():
    assert lines(drawn("many_to_many", head="crf"), GREEN) == 3
    assert lines(drawn("many_to_many", head="labels"), GREEN) == 0


def test_what_is_written_is_read_at_the_next_step():
    assert lines(drawn("many_to_many", head="next_token"), GREEN, dashed=True) == 3
    assert lines(drawn("one_to_many", input="category"), GREEN, dashed=True) == 2
    fed = drawn("encoder_decoder", attention="dot", input_feeding=True)
    assert lines(fed, GREEN, dashed=True) == lines(fed, ORANGE, dashed=True) == 2


def test_states_are_handed_over_through_a_bridge_where_there_are_two_directions():
    one_way = drawn("encoder_decoder", layers=2)
    assert lines(one_way, BLUE, dashed=True) == 2
    assert "tanh" not in {text.get_text() for text in texts(one_way)}
    both = drawn("encoder_decoder", layers=2, bidirectional=True)
    assert lines(both, BLUE, dashed=True) == 2 * 3
    assert [text.get_text() for text in texts(both)].count("tanh") == 2


def test_the_legend_explains_the_lines_that_are_there_and_no_others():
    said = {text.get_text() for text in texts(drawn("many_to_one"))}
    assert "state, carried forward" in said
    assert not {"state, carried backward", "residual connection"} & said


def test_what_cannot_be_built_is_not_drawn():
    with pytest.raises(SpecError, match="bidirectional"):
        drawn("one_to_many", bidirectional=True)
    with pytest.raises(ValueError, match="1 steps has nothing to unroll"):
        drawn("many_to_one", 1)
