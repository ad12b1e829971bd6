"""The text of training that is most like another one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

AT_A_TIME = 256
"""Texts that are compared with all of training at once."""


def nearest(known: Sequence[str], texts: Sequence[str]) -> np.ndarray:
    """Finds by the cosine of TF-IDF weights of words (Salton & Buckley 1988).

    Args:
        known: of training, N > 0; one of them has a letter at least.
        texts: M texts.

    Returns:
        For each text the position of the known one that is most like it, int64 `[M]`; of equally
        near ones the first.
    """
    # Every word counts, those of one letter too.
    vectorizer = TfidfVectorizer(token_pattern=r"(?u)\w+|[^\w\s]", sublinear_tf=True)
    store = vectorizer.fit_transform(known).T.tocsr()
    asked = vectorizer.transform(texts)
    positions = [
        np.asarray((asked[start : start + AT_A_TIME] @ store).toarray()).argmax(axis=1)
        for start in range(0, len(texts), AT_A_TIME)
    ]
    return np.concatenate(positions)
