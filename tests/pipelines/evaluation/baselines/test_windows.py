"""Baselines of windows of sensors."""

import numpy as np

from pipelines.evaluation.baselines.windows import (
    BANDS,
    QUANTILES,
    statistics,
    window_classification,
)


def waves(count, seed, classes=3):
    """Two channels; the frequency of the first says which class it is."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % classes
    steps = np.arange(64)
    windows = random.normal(0, 0.3, (count, 64, 2))
    phases = random.uniform(0, 2 * np.pi, (count, 1))
    windows[:, :, 0] += np.sin(2 * np.pi * steps / 32 * 4.0 ** labels[:, None] / 4 + phases)
    return windows, labels


def test_the_forest_tells_frequencies_and_the_majority_does_not():
    windows, labels = waves(60, 0)
    asked, truth = waves(30, 1)
    found = window_classification(windows, labels, asked, 3)
    assert list(found) == ["majority", "random_forest"]
    for scores in found.values():
        assert scores.shape == (30, 3)
        np.testing.assert_allclose(scores.sum(axis=1), 1)
    assert (found["random_forest"].argmax(axis=1) == truth).mean() > 0.9
    np.testing.assert_allclose(found["majority"], 1 / 3)


def test_the_same_windows_have_the_same_scores_again():
    windows, labels = waves(12, 0)
    first, second = (window_classification(windows, labels, windows, 3) for _ in range(2))
    np.testing.assert_array_equal(first["random_forest"], second["random_forest"])


def test_a_class_that_training_lacks_has_a_score_of_zero():
    windows, labels = waves(12, 0, classes=2)
    scores = window_classification(windows, labels * 2, windows, 3)["random_forest"]
    assert (scores[:, 1] == 0).all()


def test_without_a_window_there_are_no_scores():
    windows, labels = waves(4, 0)
    found = window_classification(windows, labels, windows[:0], 3)
    assert [scores.shape for scores in found.values()] == [(0, 3), (0, 3)]


def test_windows_of_any_length_and_of_no_movement_have_finite_statistics():
    windows = [np.ones((1, 3)), np.zeros((5, 3)), np.random.default_rng(0).normal(size=(200, 3))]
    found = statistics(windows)
    assert found.shape == (3, 3 * (5 + len(QUANTILES) + BANDS) + 3)
    assert np.isfinite(found).all()


def test_statistics_are_those_of_the_channels():
    window = np.random.default_rng(0).normal(size=(50, 2))
    found = statistics([window])[0]
    np.testing.assert_allclose(found[:2], window.mean(axis=0))
    np.testing.assert_allclose(found[8:10], np.abs(np.diff(window, axis=0)).mean(axis=0))
    np.testing.assert_allclose(found[-1], np.corrcoef(window.T)[0, 1])
