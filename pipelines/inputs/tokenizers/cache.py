"""Results of whole columns of texts, each computed once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np

Result = TypeVar("Result")


class ColumnCache(Generic[Result]):
    """Computes a result for each column of texts once, until it is taken.

    Args:
        compute: a column of a split -> its result.
    """

    def __init__(self, compute: Callable[[np.ndarray], Result]):
        self._compute = compute
        self._results: dict[int, tuple[np.ndarray, Result]] = {}

    def of(self, texts: np.ndarray) -> Result:
        """The result for a column, which is kept for `take`."""
        if id(texts) not in self._results:
            # Keeping the array ensures that no other one gets its id.
            self._results[id(texts)] = (texts, self._compute(texts))
        return self._results[id(texts)][1]

    def take(self, texts: np.ndarray) -> Result:
        """The result for a column, which is no longer kept afterwards."""
        result = self.of(texts)
        del self._results[id(texts)]
        return result
