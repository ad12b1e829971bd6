"""Networks drawn unrolled in time: what each step reads, hands on, looks at and answers."""

from pipelines.evaluation.figures.unrolled.diagram import unrolled_diagram

__all__ = ["unrolled_diagram"]
