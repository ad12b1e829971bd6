"""Metrics of the server in Prometheus' format."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096)


class Metrics:
    """The metrics of one server; names of unknown models are not kept."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "unrolled_predict_requests",
            "Predict requests answered, by model, version and HTTP status code.",
            ["model", "version", "code"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "unrolled_predict_seconds",
            "Seconds from the first byte of a predict request to its answer.",
            ["model"],
            buckets=SECONDS,
            registry=self._registry,
        )
        self._rows = Histogram(
            "unrolled_batch_rows",
            "Instances that went through the network in one call.",
            ["model"],
            buckets=ROWS,
            registry=self._registry,
        )
        self._loaded = Gauge(
            "unrolled_versions_loaded", "Versions of models in memory.", registry=self._registry
        )

    def answered(self, model: str, version: str, code: int, seconds: float) -> None:
        """Counts a predict request; model and version are empty if they do not exist."""
        self._requests.labels(model, version, str(code)).inc()
        self._seconds.labels(model).observe(seconds)

    def batch_of(self, model: str) -> Callable[[int], None]:
        """The function that counts the rows of each call of a model."""
        return self._rows.labels(model).observe

    def loaded(self, count: int) -> None:
        """Sets the number of versions in memory."""
        self._loaded.set(count)

    def text(self) -> bytes:
        """All metrics as text."""
        return generate_latest(self._registry)
