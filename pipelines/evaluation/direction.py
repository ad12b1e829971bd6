"""Which way a metric is better, by its name."""

from __future__ import annotations

SMALLER = ("loss", "error_rate", "error", "bits_per_character", "bits_per_token", "perplexity")


def smaller_is_better(metric: str) -> bool:
    """Whether a metric of that name is the better the smaller it is: by how the name ends."""
    return metric.endswith(SMALLER)


def better(metric: str, value: float, than: float, *, or_equal: bool = False) -> bool:
    """Whether one value of a metric is better than another; never of or than NaN."""
    if value == than:
        return or_equal
    return value < than if smaller_is_better(metric) else value > than
