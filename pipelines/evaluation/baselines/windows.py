"""What a network that reads windows of sensors has to beat: trees on the statistics of a window."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from pipelines.data.examples import Columns
from pipelines.evaluation.baselines import Answers
from pipelines.evaluation.baselines.text_classification import majority

TREES = 300
SEED = 0
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
BANDS = 6
"""Of frequency, of equal width on a logarithmic scale."""


def predict(train: Columns, test: Columns, labels: tuple[str, ...]) -> dict[str, Answers]:
    """The `scores` of `window_classification`; columns `steps` and `label`."""
    scores = window_classification(train["steps"], train["label"], test["steps"], len(labels))
    return {name: {"scores": each} for name, each in scores.items()}


def window_classification(
    windows: Sequence[np.ndarray] | np.ndarray,
    labels: np.ndarray,
    asked: Sequence[np.ndarray] | np.ndarray,
    classes: int,
) -> dict[str, np.ndarray]:
    """The baselines of the classification of windows.

    Args:
        windows: of the training split, float `[steps, channels]` each, which may differ in their
            steps; one window at least.
        labels: theirs, int `[n]`.
        asked: the windows of the test split.
        classes: how many there are; those without a training example get a score of 0.

    Returns:
        By name (`majority`, `random_forest`), the scores on the test split, float64
        `[m, classes]`, rows sum to one.
    """
    usual = majority(labels, classes, len(asked))
    scores = np.zeros_like(usual)
    if len(asked):
        # The forest draws by its own seed, and gives the same on one core or many.
        forest = RandomForestClassifier(TREES, random_state=SEED, n_jobs=-1)
        forest.fit(statistics(windows), labels)
        scores[:, forest.classes_] = forest.predict_proba(statistics(asked))
    return {"majority": usual, "random_forest": scores}


def statistics(windows: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
    """What a window is like, apart from the order of what happens in it.

    Args:
        windows: float `[steps, channels]` each, n > 0.

    Returns:
        float64 `[n, features]`: of each channel the mean, standard deviation, extremes, quantiles,
        mean absolute difference of neighbouring steps, and energies of bands of frequency; and of
        each pair of channels the correlation.
    """
    return np.stack([_statistics(np.asarray(window, np.float64)) for window in windows])


def _statistics(window: np.ndarray) -> np.ndarray:
    mean, deviation = window.mean(axis=0), window.std(axis=0)
    rough = np.abs(np.diff(window, axis=0)).sum(axis=0) / max(1, len(window) - 1)
    centred = window - mean
    shared = centred.T @ centred / len(window)  # [channels, channels]
    product = np.outer(deviation, deviation)
    correlations = np.divide(shared, product, out=np.zeros_like(shared), where=product > 0)
    each = [mean, deviation, window.min(axis=0), window.max(axis=0), rough]
    each += [*np.quantile(window, QUANTILES, axis=0), *_energies(centred)]
    pairs = np.triu_indices(window.shape[1], k=1)
    return np.concatenate([*each, correlations[pairs]])


def _energies(centred: np.ndarray) -> np.ndarray:
    """The logarithm of the energy in bands of frequency, float64 `[BANDS, channels]`."""
    power = np.abs(np.fft.rfft(centred, axis=0)[1:]) ** 2 / len(centred)
    edges = np.geomspace(1, len(power) + 1, BANDS + 1).round().astype(int) - 1
    sums = np.stack([power[a:b].sum(axis=0) for a, b in itertools.pairwise(edges)])
    return np.log1p(sums)
