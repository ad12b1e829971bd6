"""What a network that looks at images has to beat: models of the pixels as they are.

Nothing in them is drawn by chance, so they need no seed.
"""

from __future__ import annotations

import numpy as np
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from pipelines.data.examples import Columns
from pipelines.evaluation.baselines import Answers
from pipelines.evaluation.baselines.text_classification import majority
from pipelines.inputs.fitted.image import pixels

AT_A_TIME = 512
"""Images that are compared with all of training at once."""

LINEAR_INVERSE_REGULARISATION = 0.03
"""`C` of the logistic regression. On `handwritten_digits` it gives 0.902 on validation, 1 gives
0.888."""

INVERSE_REGULARISATION = 3.0
"""`C` of the support vector machine, the width of whose kernel is that of the data. On the same
images it gives 0.958; 1 and 10 give 0.956."""


SIDE = 28
"""Pixels that images are brought to, each way."""


def predict(train: Columns, test: Columns, labels: tuple[str, ...]) -> dict[str, Answers]:
    """The `scores` of `image_classification`; columns `image` and `label`."""
    images, asked = (_grey(columns["image"]) for columns in (train, test))
    scores = image_classification(images, train["label"], asked, len(labels))
    return {name: {"scores": each} for name, each in scores.items()}


def _grey(files: np.ndarray) -> np.ndarray:
    """Bytes of image files -> float32 `[n, SIDE, SIDE, 1]`."""
    return np.stack([pixels(content, SIDE, SIDE, 1).numpy() for content in files])


def image_classification(
    images: np.ndarray, labels: np.ndarray, asked: np.ndarray, classes: int
) -> dict[str, np.ndarray]:
    """The baselines of image classification.

    Args:
        images: of the training split, float `[n, height, width, channels]` of 0 to 1, n > 0.
        labels: theirs, int `[n]`.
        asked: of the test split, float `[m, height, width, channels]`.
        classes: how many there are; those without a training example get a score of 0.

    Returns:
        By name (`majority`, `linear`, `nearest`, `svm`), the scores on the test split, float64
        `[m, classes]`, rows sum to one. Those of `svm` say which class is likelier, not how likely
        it is.
    """
    usual = majority(labels, classes, len(asked))
    answers = {"majority": usual, "linear": usual, "nearest": usual, "svm": usual}
    seen = np.unique(labels)
    if len(seen) < 2 or not len(asked):
        return answers
    known, pixels = images.reshape(len(images), -1), asked.reshape(len(asked), -1)
    answers["linear"], answers["svm"] = np.zeros_like(usual), np.zeros_like(usual)
    answers["linear"][:, seen] = linear(known, labels, pixels)
    answers["svm"][:, seen] = support_vectors(known, labels, pixels)
    answers["nearest"] = np.eye(classes)[labels[nearest(known, pixels)]]
    return answers


def linear(known: np.ndarray, labels: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Logistic regression on the pixels.

    Args:
        known: of the training split, float `[n, pixels]`.
        labels: theirs, int `[n]`; two different ones at least.
        asked: float `[m, pixels]`.

    Returns:
        The probabilities of the classes that `labels` has, float64 `[m, classes]`.
    """
    model = LogisticRegression(C=LINEAR_INVERSE_REGULARISATION, max_iter=1000)
    return model.fit(known.astype(np.float64), labels).predict_proba(asked.astype(np.float64))


def support_vectors(known: np.ndarray, labels: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """A support vector machine with a radial kernel on the pixels (Cortes & Vapnik 1995).

    Args:
        known: of the training split, float `[n, pixels]`.
        labels: theirs, int `[n]`; two different ones at least.
        asked: float `[m, pixels]`.

    Returns:
        The softmax of what it decides by, for each class that `labels` has, float64 `[m, classes]`.
    """
    decided = SVC(C=INVERSE_REGULARISATION).fit(known, labels).decision_function(asked)
    if decided.ndim == 1:  # of two classes it scores the second alone
        decided = np.stack([-decided, decided], axis=1)
    return softmax(decided, axis=1)


def nearest(known: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Which image of training is nearest to each, by the squares of the differences of pixels.

    Args:
        known: of the training split, float `[n, pixels]`.
        asked: float `[m, pixels]`, m > 0.

    Returns:
        Positions, int64 `[m]`; of equally near ones the first.
    """
    squares = (known * known).sum(axis=1)  # that of the asked image changes no order
    positions = [
        (squares - 2 * asked[start : start + AT_A_TIME] @ known.T).argmin(axis=1)
        for start in range(0, len(asked), AT_A_TIME)
    ]
    return np.concatenate(positions)
