"""What an evaluation of a language model shows."""

import math

import numpy as np
import pytest

from pipelines.inputs.passages import Passages
from pipelines.outputs.base import Reference
from pipelines.outputs.reports.next_token import report
from tests.given import column

TEXTS = ["ANNA.\na goose sings", "BRUNO.\nanna sings"]


def scored(*losses):
    sizes = np.array([len(text) for text in TEXTS], np.float32)
    steps = np.zeros((2, int(sizes.max())), np.float32)
    for row, (loss, size) in enumerate(zip(losses, sizes.astype(int), strict=True)):
        steps[row, :size] = loss
    mean = np.array(losses, np.float32)
    return {"score_loss": mean, "score_size": sizes, "score_losses": steps}


@pytest.fixture(scope="module")
def evaluation():
    written = np.array([b"the goose si", b"sings xqz sings sin"], object)
    reference = Reference({"text": column(*TEXTS)}, (), Passages())
    answers = {"output": written, **scored(1.0, 2.0)}
    return report(answers, reference, {"unigram": scored(3.0, 3.0)})


def test_characters_weigh_alike_and_not_passages(evaluation):
    one, two = map(len, TEXTS)
    loss = (one * 1.0 + two * 2.0) / (one + two)
    assert evaluation.metrics["bits_per_character"] == pytest.approx(loss / math.log(2))
    assert evaluation.metrics["perplexity"] == pytest.approx(math.exp(loss))
    bits = evaluation.baselines["unigram"]["bits_per_character"]
    assert bits == pytest.approx(3 / math.log(2))


def test_words_are_looked_up_in_the_split(evaluation):
    # the, goose; sings, xqz, sings: three of five are there. The last word may be cut off.
    assert evaluation.metrics["written_known_words"] == pytest.approx(3 / 5)
    # anna, a, goose, sings; bruno, anna, sings: four of seven are in the other passage too.
    assert evaluation.metrics["real_known_words"] == pytest.approx(4 / 7)


def test_passages_may_be_short():
    answers = {"output": column(b"ab"), "score_loss": np.ones(1), "score_size": np.full(1, 3.0)}
    answers["score_losses"] = np.ones((1, 3))
    found = report(answers, Reference({"text": column("abc")}, (), Passages()), {})
    assert found.figures["positions.png"].axes


def test_continuations_and_a_figure_are_kept(evaluation):
    assert "    the goose si" in evaluation.texts["examples.md"]
    assert "    a goose sings" in evaluation.texts["examples.md"]
    assert evaluation.figures["positions.png"].axes
