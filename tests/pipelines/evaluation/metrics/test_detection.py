"""Finding one class: against scikit-learn where it has the metric, and by hand."""

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score

from pipelines.evaluation.metrics.detection import detection, precision_at_recall

RANDOM = np.random.default_rng(0)
TRUTH = RANDOM.random(400) < 0.3
SCORES = np.clip(0.4 * TRUTH + RANDOM.random(400) * 0.7, 0, 1)
FOUND = SCORES > 0.5


def test_it_counts_as_scikit_learn_does():
    metrics = detection(SCORES, FOUND, TRUTH)
    assert metrics["f1"] == pytest.approx(f1_score(TRUTH, FOUND))
    assert metrics["precision"] == pytest.approx(precision_score(TRUTH, FOUND))
    assert metrics["recall"] == pytest.approx(recall_score(TRUTH, FOUND))
    assert metrics["f1_low"] < metrics["f1"] < metrics["f1_high"]


def test_precision_at_a_recall_is_that_of_the_highest_threshold_that_reaches_it():
    truth = np.array([True, True, False, True, False, True])
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.5])
    assert precision_at_recall(scores, truth, 0.5) == 1.0
    assert precision_at_recall(scores, truth, 0.75) == 0.75
    assert precision_at_recall(scores, truth, 0.99) == pytest.approx(4 / 6)  # a tie counts


def test_finding_nothing_is_an_f1_of_zero_and_nothing_to_find_is_none():
    none = np.zeros(400, bool)
    assert detection(SCORES, none, TRUTH)["f1"] == 0.0
    assert detection(SCORES, FOUND, none) == {}
