"""Baselines of images."""

import numpy as np
import pytest

from pipelines.evaluation.baselines.images import image_classification, nearest

NAMES = ["majority", "linear", "nearest", "svm"]


def bars(count, seed, classes=3):
    """Noise with a bright row that says which class it is, at another brightness each time."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % classes
    images = random.uniform(0, 0.3, (count, classes, 5, 1)).astype(np.float32)
    images[np.arange(count), labels] += random.uniform(0.4, 0.7, (count, 1, 1))
    return images, labels


def test_what_is_plain_in_the_pixels_is_seen_by_all_but_the_majority():
    images, labels = bars(60, 0)
    asked, truth = bars(30, 1)
    found = image_classification(images, labels, asked, 3)
    assert list(found) == NAMES
    for name, scores in found.items():
        assert scores.shape == (30, 3)
        np.testing.assert_allclose(scores.sum(axis=1), 1)
        if name != "majority":
            assert scores.argmax(axis=1).tolist() == truth.tolist(), name


def test_two_classes_are_told_apart_too():
    images, labels = bars(40, 0, classes=2)
    asked, truth = bars(10, 1, classes=2)
    scores = image_classification(images, labels, asked, 2)["svm"]
    assert scores.argmax(axis=1).tolist() == truth.tolist()


def test_a_class_that_training_lacks_has_a_score_of_zero():
    images, labels = bars(60, 0)
    places = np.array([0, 2, 3])  # class 1 of four is the one without an example
    found = image_classification(images, places[labels], bars(9, 1)[0], 4)
    for name, scores in found.items():
        assert (scores[:, 1] == 0).all(), name
        np.testing.assert_allclose(scores.sum(axis=1), 1)


@pytest.mark.parametrize(("labels", "count"), [(np.zeros(6, int), 4), (np.arange(6) % 3, 0)])
def test_where_there_is_nothing_to_fit_all_are_the_majority(labels, count):
    found = image_classification(bars(6, 0)[0], labels, bars(9, 1)[0][:count], 3)
    for scores in found.values():
        assert scores.shape == (count, 3)
        np.testing.assert_array_equal(scores, found["majority"])


def test_the_nearest_has_the_smallest_distance_and_of_equal_ones_the_first():
    random = np.random.default_rng(0)
    known, asked = random.normal(size=(50, 6)), random.normal(size=(1100, 6))
    distances = ((asked[:, None] - known) ** 2).sum(axis=2)
    np.testing.assert_array_equal(nearest(known, asked), distances.argmin(axis=1))
    assert nearest(np.ones((3, 2)), np.zeros((1, 2))).tolist() == [0]
