"""Chance level: the most frequent target, whatever the input."""

from __future__ import annotations

from collections import Counter

from pipelines.data.examples import Columns
from pipelines.evaluation.baselines import Answers, written


def predict(train: Columns, test: Columns, labels: tuple[str, ...]) -> dict[str, Answers]:
    """Answers each example of the test split alike.

    Args:
        train: with `target`.
        test: says how many answers are wanted.
        labels: not needed.

    Returns:
        `chance`: at each place the most frequent character of the training targets, in as many
        places as most of them have.
    """
    del labels
    targets = train["target"].tolist()
    length = Counter(map(len, targets)).most_common(1)[0][0]
    places = (Counter(text[i] for text in targets if i < len(text)) for i in range(length))
    answer = "".join(place.most_common(1)[0][0] for place in places)
    return written({"chance": [answer] * len(test["target"])})
