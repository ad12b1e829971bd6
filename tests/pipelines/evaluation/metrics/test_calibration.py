import numpy as np
import pytest

from pipelines.evaluation.metrics.calibration import calibrate


def two_classes(confidence, right):
    """Scores whose predicted class is 0, and labels that make it right or wrong."""
    first = np.array(confidence)
    return np.stack([first, 1 - first], axis=1), np.where(right, 0, 1)


def test_bins_are_weighted_by_their_size():
    # Bin (0.8, 0.9]: three at 0.85, two right. Bin (0.9, 1.0]: one at 0.95, wrong.
    scores, labels = two_classes([0.85, 0.85, 0.85, 0.95], [True, True, False, False])
    found = calibrate(scores, labels, bins=10)
    assert found.count.tolist() == [0] * 8 + [3, 1]
    assert found.confidence[8:] == pytest.approx([0.85, 0.95])
    assert found.accuracy[8:] == pytest.approx([2 / 3, 0.0])
    assert np.isnan(found.accuracy[:8]).all()
    assert found.error == pytest.approx(3 / 4 * (0.85 - 2 / 3) + 1 / 4 * 0.95)


def test_a_score_on_an_edge_belongs_to_the_bin_below():
    scores, labels = two_classes([0.6, 1.0], [True, True])
    assert np.flatnonzero(calibrate(scores, labels, bins=5).count).tolist() == [2, 4]


def test_certain_and_right_is_perfect_certain_and_wrong_the_worst():
    scores, labels = two_classes([1.0, 1.0], [True, True])
    assert calibrate(scores, labels).error == 0.0
    assert calibrate(scores, 1 - labels).error == 1.0
