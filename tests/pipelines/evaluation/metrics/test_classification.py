import time

import numpy as np
import pytest
from scipy.stats import binom
from sklearn import metrics

from pipelines.evaluation.metrics.classification import evaluate, paired_difference

TWO = ("negative", "positive")


def softmax(logits):
    scores = np.exp(logits - logits.max(axis=1, keepdims=True))
    return scores / scores.sum(axis=1, keepdims=True)


def sample(size, classes, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, size=size)
    logits = rng.normal(size=(size, classes))
    logits[np.arange(size), labels] += 1.5
    return softmax(logits), labels, tuple(f"class {i}" for i in range(classes))


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_metrics_are_those_of_scikit_learn(classes):
    scores, labels, names = sample(400, classes)
    found = evaluate(scores, labels, names)
    predicted = scores.argmax(axis=1)
    assert found["accuracy"] == pytest.approx(metrics.accuracy_score(labels, predicted))
    assert found["macro_f1"] == pytest.approx(metrics.f1_score(labels, predicted, average="macro"))
    assert found["log_loss"] == pytest.approx(metrics.log_loss(labels, scores))
    assert found["brier"] == pytest.approx(metrics.brier_score_loss(labels, scores))
    ranked = scores[:, 1] if classes == 2 else scores
    auc = metrics.roc_auc_score(labels, ranked, multi_class="ovr")
    assert found["roc_auc"] == pytest.approx(auc)
    for name in ("accuracy", "macro_f1", "roc_auc"):
        assert found[f"{name}_low"] < found[name] < found[f"{name}_high"]


def test_values_by_hand():
    scores = np.array([[0.8, 0.2], [0.6, 0.4], [0.3, 0.7]])
    found = evaluate(scores, np.array([0, 1, 1]), TWO)
    assert found["accuracy"] == pytest.approx(2 / 3)
    assert found["macro_f1"] == pytest.approx(2 / 3)
    assert found["roc_auc"] == 1.0  # 0.4 and 0.7 both beat 0.2
    assert found["brier"] == pytest.approx((0.2**2 + 0.6**2 + 0.3**2) / 3)
    assert found["log_loss"] == pytest.approx(-np.log([0.8, 0.4, 0.7]).mean())
    assert found["ece"] == pytest.approx((0.2 + 0.6 + 0.3) / 3)


def test_the_accuracy_interval_is_the_binomial_one():
    scores, labels, names = sample(500, 2)
    found = evaluate(scores, labels, names)
    expected = binom(500, found["accuracy"]).ppf([0.025, 0.975]) / 500
    assert found["accuracy_low"] == pytest.approx(expected[0], abs=0.006)
    assert found["accuracy_high"] == pytest.approx(expected[1], abs=0.006)


def test_the_seed_decides():
    scores, labels, names = sample(100, 3)
    assert evaluate(scores, labels, names, seed=1) == evaluate(scores, labels, names, seed=1)
    assert evaluate(scores, labels, names, seed=1) != evaluate(scores, labels, names, seed=2)


def test_perfect_and_worst():
    labels = np.array([0, 1, 0, 1])
    certain = np.eye(2)[labels]
    perfect, worst = evaluate(certain, labels, TWO), evaluate(certain, 1 - labels, TWO)
    for name in ("accuracy", "macro_f1", "roc_auc"):
        assert perfect[name] == perfect[f"{name}_low"] == perfect[f"{name}_high"] == 1.0
        assert worst[name] == worst[f"{name}_low"] == worst[f"{name}_high"] == 0.0
    assert perfect["log_loss"] == perfect["ece"] == perfect["brier"] == 0.0
    assert worst["brier"] == worst["ece"] == 1.0
    assert worst["log_loss"] == pytest.approx(15.94, abs=0.01)  # large, not infinite


def test_equal_scores_are_half_right():
    labels = np.array([0, 1, 1, 0])
    found = evaluate(np.full((4, 2), 0.5), labels, TWO)
    assert found["roc_auc"] == 0.5
    assert found["accuracy"] == 0.5  # the first of equals is predicted
    assert found["ece"] == 0.0


def test_a_class_absent_from_the_split_is_left_out_of_the_mean():
    scores, labels, names = sample(200, 4)
    present = labels != 2
    scores, labels = scores[present], labels[present]
    found = evaluate(scores, labels, names)
    each = [metrics.roc_auc_score(labels == i, scores[:, i]) for i in (0, 1, 3)]
    assert found["roc_auc"] == pytest.approx(np.mean(each))
    predicted = scores.argmax(axis=1)
    assert (predicted == 2).any()
    assert found["macro_f1"] == pytest.approx(
        metrics.f1_score(labels, predicted, average="macro", zero_division=0)
    )


@pytest.mark.parametrize("size", [1, 5])
def test_one_class_alone_has_no_roc_curve(size):
    scores, _, _ = sample(size, 2)
    found = evaluate(scores, np.zeros(size, dtype=np.int64), TWO)
    assert not {"roc_auc", "roc_auc_low", "roc_auc_high"} & found.keys()
    assert 0.0 <= found["accuracy_low"] <= found["accuracy"] <= found["accuracy_high"] <= 1.0


def test_all_values_are_plain_floats_that_json_can_hold():
    scores, labels, names = sample(20, 3)
    found = evaluate(scores.astype(np.float32), labels, names)
    assert all(type(value) is float and np.isfinite(value) for value in found.values())


@pytest.mark.parametrize(
    ("scores", "labels", "said"),
    [
        (np.ones((2, 3)) / 3, np.array([0, 1]), "scores of shape"),
        (np.ones((2, 2)) / 2, np.array([0]), "scores of shape"),
        (np.ones((0, 2)), np.array([], dtype=np.int64), "scores of shape"),
        (np.ones((2, 2)) / 2, np.array([0, 2]), "not class indices"),
        (np.array([[0.5, np.nan]]), np.array([0]), "not finite"),
    ],
)
def test_what_cannot_be_evaluated_is_refused(scores, labels, said):
    with pytest.raises(ValueError, match=said):
        evaluate(scores, labels, TWO)


def test_five_thousand_examples_take_a_moment():
    scores, labels, names = sample(5000, 2)
    start = time.perf_counter()
    evaluate(scores, labels, names)
    assert time.perf_counter() - start < 3


def test_paired_difference_counts_where_the_two_differ():
    a = np.array([True] * 70 + [False] * 30)
    b = np.array([True] * 50 + [False] * 20 + [True] * 10 + [False] * 20)
    found = paired_difference(a, b)
    assert found.value == pytest.approx(0.10)
    # 20 for A, 10 for B: variance of the mean is (0.3 - 0.1 ** 2) / 100.
    half = 1.96 * np.sqrt((0.3 - 0.01) / 100)
    assert found.low == pytest.approx(0.10 - half, abs=0.02)
    assert found.high == pytest.approx(0.10 + half, abs=0.02)
    assert found.p_value == pytest.approx(2 * binom(30, 0.5).cdf(10))
    assert found == paired_difference(a, b)


def test_paired_is_narrower_than_unpaired():
    rng = np.random.default_rng(0)
    b = rng.random(1000) < 0.8
    a = b | (np.arange(1000) % 100 == 0)  # never worse, now and then better
    found = paired_difference(a, b)
    assert 0.0 <= found.low <= found.value <= found.high < 0.01


def test_no_difference_at_all():
    same = np.array([True, False])
    assert paired_difference(same, same) == (0.0, 0.0, 0.0, 1.0)


def test_a_pair_needs_the_same_examples():
    with pytest.raises(ValueError, match="same examples"):
        paired_difference(np.array([True]), np.array([True, False]))
