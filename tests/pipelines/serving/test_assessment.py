"""How an evaluation is told and kept."""

import pytest

from pipelines.outputs.base import Evaluation

EVALUATION = Evaluation(
    metrics={
        "accuracy": 0.9,
        "accuracy_low": 0.8512,
        "accuracy_high": 0.9488,
        "log_loss": 0.25,
        "accuracy_over_linear": 0.05,
        "accuracy_over_linear_low": -0.01,
        "accuracy_over_linear_high": 0.11,
    },
    baselines={
        "majority": {"accuracy": 0.5, "accuracy_low": 0.4, "accuracy_high": 0.6, "log_loss": 0.69},
        "linear": {"accuracy": 0.85, "accuracy_low": 0.8, "accuracy_high": 0.9, "log_loss": 0.4},
    },
    figures={"curve.png": "a figure"},  # ty: ignore[invalid-argument-type]
    texts={"mistakes.md": "none"},
)


class Run:
    """What `keep` logs with."""

    def __init__(self):
        self.kept = {}

    def metrics(self, values):
        self.kept |= values

    def figure(self, file, figure):
        self.kept[file] = figure

    text = figure


@pytest.fixture(scope="module")
def assessment():
    from pipelines.serving import assessment

    return assessment


def test_the_table_puts_the_baselines_beside_the_model(assessment):
    head, *lines = assessment.table(EVALUATION).splitlines()
    assert head.split() == ["model", "majority", "linear"]
    assert [line.split()[0] for line in lines] == ["accuracy", "log_loss", "accuracy_over_linear"]
    assert lines[0].split("  ") != lines[1].split("  ")
    assert "0.9000 [0.851, 0.949]" in lines[0]
    assert "0.5000 [0.400, 0.600]" in lines[0]
    for name, value in (("model", "0.2500"), ("majority", "0.6900"), ("linear", "0.4000")):
        assert lines[1].index(value) == head.index(name)
    assert lines[2].split("  ")[-1].strip() == "0.0500 [-0.010, 0.110]"


def test_the_table_of_a_model_alone(assessment):
    alone = Evaluation({"accuracy": 1.0})
    assert assessment.table(alone).splitlines() == ["          model", "accuracy  1.0000"]


def test_everything_is_kept_under_its_name(assessment):
    run = Run()
    assessment.keep(run, EVALUATION)
    assert run.kept["test/accuracy"] == 0.9
    assert run.kept["test/accuracy_over_linear_low"] == -0.01
    assert run.kept["baseline/majority/accuracy"] == 0.5
    assert run.kept["baseline/linear/log_loss"] == 0.4
    assert run.kept["figures/curve.png"] == "a figure"
    assert run.kept["report/mistakes.md"] == "none"
    assert len(run.kept) == 7 + 4 + 4 + 2


class Output:
    def evaluate(self, answers, reference, baselines):
        return answers, reference, baselines


class Loaded:
    """An export that keeps what it was asked."""

    def __init__(self, scores):
        self.scores = scores
        self.asked = []

    def answer_all(self, columns, signature="serving_default"):
        self.asked.append((columns, signature))
        return {"output": signature}


@pytest.mark.parametrize("scores", [False, True])
@pytest.mark.parametrize("with_baselines", [False, True])
def test_an_export_is_asked_for_the_test_split_and_nothing_else(assessment, scores, with_baselines):
    from types import SimpleNamespace

    splits = {"train": {"text": ["a"]}, "test": {"text": ["b", "c"]}}
    examples = SimpleNamespace(splits=splits, labels=("x", "y"), size=lambda s: len(splits[s]))
    task = SimpleNamespace(
        output=Output(),
        baselines=SimpleNamespace(answers=lambda given: {"linear": given}),
        reference=lambda given, split: (given, split),
    )
    if not with_baselines:
        task.baselines = None
    loaded = Loaded(scores)
    answers, reference, baselines = assessment.assess(task, loaded, examples)
    signatures = ["serving_default", "score"][: 1 + scores]
    assert loaded.asked == [(splits["test"], signature) for signature in signatures]
    assert answers == {"output": "serving_default"} | ({"score_output": "score"} if scores else {})
    assert reference == (examples, "test")
    assert baselines == ({"linear": examples} if with_baselines else {})
