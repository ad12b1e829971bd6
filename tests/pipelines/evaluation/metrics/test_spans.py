"""Span F1, against seqeval itself."""

import numpy as np
import pytest
from seqeval.metrics import classification_report

from pipelines.evaluation.metrics.spans import evaluate

TAGS = ("O", "O", "O", "B-PER", "I-PER", "B-LOC", "I-LOC")


def rows(seed):
    random = np.random.default_rng(seed)
    return [random.choice(TAGS, size=length).tolist() for length in range(1, 60)]


def test_it_counts_as_seqeval_does():
    truth = rows(0)
    found = [
        [a if i % 3 else b for i, (a, b) in enumerate(zip(*p, strict=False))]
        for p in zip(truth, rows(1), strict=False)
    ]
    metrics = evaluate(truth, found)
    wanted = classification_report(truth, found, output_dict=True)
    for name, value in wanted["micro avg"].items():
        if name != "support":
            assert metrics[name.replace("f1-score", "f1")] == pytest.approx(value)
    for kind in ("PER", "LOC"):
        assert metrics[f"f1_{kind}"] == pytest.approx(wanted[kind]["f1-score"])
    assert 0 < metrics["f1_low"] < metrics["f1"] < metrics["f1_high"] < 1
    right = [a == b for x, y in zip(truth, found, strict=False) for a, b in zip(x, y, strict=False)]
    assert metrics["token_accuracy"] == pytest.approx(np.mean(right))


def test_an_entity_is_right_if_all_its_words_and_its_type_are():
    truth = [["B-PER", "I-PER", "O"]]
    assert evaluate(truth, [["B-PER", "O", "O"]])["f1"] == 0.0
    assert evaluate(truth, [["B-LOC", "I-LOC", "O"]])["f1"] == 0.0
    assert evaluate(truth, [["B-PER", "I-PER", "O"]])["f1"] == 1.0


def test_nothing_there_and_nothing_found_is_no_division_by_zero():
    metrics = evaluate([["O", "O"]], [["O", "O"]])
    assert metrics["f1"] == metrics["precision"] == metrics["recall"] == 0.0
    assert metrics["token_accuracy"] == 1.0
