import numpy as np
import pytest
from sklearn import metrics

from pipelines.evaluation import bootstrap


@pytest.fixture(params=[2, 5])
def case(request):
    rng = np.random.default_rng(request.param)
    labels = rng.integers(0, request.param, size=60)
    # Coarse scores, so that there are ties.
    scores = rng.integers(1, 6, size=(60, request.param)).astype(np.float64)
    scores[np.arange(60), labels] += 1
    return scores / scores.sum(axis=1, keepdims=True), labels


def resampled(counts, array):
    return np.repeat(array, counts.astype(int), axis=0)


def test_draws_are_a_thousand_resamples_of_the_same_size():
    counts = np.concatenate(list(bootstrap.draws(7, seed=0)))
    assert counts.shape == (bootstrap.RESAMPLES, 7)
    assert (counts.sum(axis=1) == 7).all()
    assert counts.mean(axis=0) == pytest.approx(np.ones(7), abs=0.15)


def test_draws_are_a_function_of_the_seed_and_come_in_chunks(monkeypatch):
    one, other = (np.concatenate(list(bootstrap.draws(5, seed))) for seed in (1, 2))
    assert not np.array_equal(one, other)
    assert np.array_equal(one, np.concatenate(list(bootstrap.draws(5, 1))))
    monkeypatch.setattr(bootstrap, "CHUNK", 5 * 300)
    chunks = list(bootstrap.draws(5, 1))
    assert [len(chunk) for chunk in chunks] == [300, 300, 300, 100]


def test_a_metric_of_counts_is_scikit_learns_metric_of_the_resample(case):
    scores, labels = case
    predicted = scores.argmax(axis=1)
    counts = next(bootstrap.draws(len(labels), seed=3))[:20]
    accuracy = bootstrap.accuracy(counts, predicted, labels)
    f1 = bootstrap.macro_f1(counts, predicted, labels)
    auc = bootstrap.roc_auc(counts, scores, labels)
    for i, row in enumerate(counts):
        truth, guess, score = (resampled(row, array) for array in (labels, predicted, scores))
        assert accuracy[i] == pytest.approx(metrics.accuracy_score(truth, guess))
        assert f1[i] == pytest.approx(metrics.f1_score(truth, guess, average="macro"))
        expected = (
            metrics.roc_auc_score(truth, score[:, 1])
            if scores.shape[1] == 2
            else metrics.roc_auc_score(truth, score, multi_class="ovr")
        )
        assert auc[i] == pytest.approx(expected)


def test_resamples_of_one_class_have_no_roc_curve():
    scores, labels = np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([0, 1])
    counts = np.array([[2, 0], [0, 2], [1, 1]], dtype=np.float32)
    assert np.array_equal(
        bootstrap.roc_auc(counts, scores, labels), [np.nan, np.nan, 1.0], equal_nan=True
    )


def test_interval_is_the_middle_95_percent():
    low, high = bootstrap.interval(np.append(np.arange(1001.0), np.nan))
    assert (low, high) == (pytest.approx(25), pytest.approx(975))
