"""Each entry of a spec's tables has layers, a case in the matrix, a page and a drawing."""

from pathlib import Path

import matplotlib.pyplot as plt
import pytest

from models.layers.attention.scores import SCORES
from models.layers.stack import CELLS as RECURRENT_CELLS
from models.modes import encoder_decoder
from models.spec import ATTENTIONS, CELLS, HEADS, INPUTS, MODES, POOLINGS, RECURRENT, ModelSpec
from models.spec.rules import HEADS_OF, INPUTS_OF
from pipelines.evaluation.figures.unrolled import unrolled_diagram
from tests.models.modes import matrix

TABLES = {
    "mode": MODES,
    "input": INPUTS,
    "head": HEADS,
    "cell": CELLS,
    "attention": ATTENTIONS,
    "pooling": POOLINGS,
}
ENTRIES = [(field, entry) for field, entries in TABLES.items() for entry in entries]
SPECS = [case.spec for case in matrix.cases()]
PAGES = "".join(
    page.read_text("utf-8") for page in (Path(__file__).parents[1] / "docs" / "modes").glob("*.md")
)
every_entry = pytest.mark.parametrize(("field", "entry"), ENTRIES)


def specs_of(field, entry):
    return [spec for spec in SPECS if getattr(spec, field) == entry]


@every_entry
def test_the_matrix_has_a_case(field, entry):
    assert specs_of(field, entry)


@every_entry
def test_the_pages_of_the_modes_mention_it(field, entry):
    assert f"`{entry}`" in PAGES or f"[{entry}]" in PAGES


@every_entry
def test_it_can_be_drawn(field, entry):
    plt.close(unrolled_diagram(specs_of(field, entry)[0]))


def test_each_recurrent_cell_has_a_layer():
    assert tuple(RECURRENT_CELLS) == RECURRENT


def test_each_attention_has_a_score():
    assert ("none", *SCORES) == ATTENTIONS


def test_the_rules_name_each_mode_and_every_input_and_head():
    for allowed, table in ((INPUTS_OF, INPUTS), (HEADS_OF, HEADS)):
        assert tuple(allowed) == MODES
        assert {entry for entries in allowed.values() for entry in entries} == set(table)


def test_an_encoder_decoder_knows_each_of_its_heads():
    assert tuple(encoder_decoder.BY_HEAD) == HEADS_OF["encoder_decoder"]


def test_the_matrix_reads_and_answers_everything():
    assert tuple(matrix.INPUTS) == INPUTS
    assert tuple(matrix.OUTPUTS) == HEADS
    assert all(matrix.INPUTS[kind].kind == kind for kind in INPUTS)
    assert all(head in matrix.OUTPUTS[head].heads for head in HEADS)


@pytest.mark.parametrize("mode", MODES)
def test_a_mode_without_changes_is_a_network(mode):
    ModelSpec.of(mode).validate()
