import math

import pytest

from pipelines.evaluation.direction import better, smaller_is_better


@pytest.mark.parametrize(
    "name", ["val_loss", "word_error_rate", "perplexity", "bits_per_character", "mean_error"]
)
def test_errors_are_better_small(name):
    assert smaller_is_better(name)
    assert better(name, 1.0, 2.0) and not better(name, 2.0, 1.0)


@pytest.mark.parametrize("name", ["accuracy", "f1", "bleu", "solved_lag", "val_token_accuracy"])
def test_scores_are_better_large(name):
    assert better(name, 2.0, 1.0) and not better(name, 1.0, 2.0)


def test_equal_is_not_better_unless_asked_and_nan_never():
    assert not better("f1", 1.0, 1.0) and better("f1", 1.0, 1.0, or_equal=True)
    for name in ("f1", "loss"):
        assert not better(name, math.nan, 1.0, or_equal=True)
        assert not better(name, 1.0, math.nan, or_equal=True)
