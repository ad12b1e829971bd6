"""What an evaluation of a text-to-text network shows, and how one answer is shown."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipelines import figures
from pipelines.evaluation.mistakes import shorten
from pipelines.examples import Columns
from pipelines.problems.alignment import in_words
from pipelines.problems.teacher_forcing import teacher_forced
from pipelines.task import Evaluation, Outputs

SHOWN = 10
"""Best and worst answers each in the report."""

LONGEST = 300
ALIGNED = 4
"""Examples in the picture of attention."""


def report(
    measure: str, outputs: Outputs, columns: Columns, baselines: Mapping[str, Outputs]
) -> Evaluation:
    """Judges what was written for a split.

    An input with several right answers counts once, and every one of them is right.

    Args:
        measure: module of `pipelines.evaluation` that judges.
        outputs: of the export, `output` and perhaps `attention` with its tokens; `score_...` what
            the network did while it read the true tokens.
        columns: `text` and `target`.
        baselines: name -> `output` of something simpler.

    Returns:
        The measure's metrics; those with the prefix `teacher_forced_`, of what the network finds
        likeliest after each true token; `exposure_bias_gap_`, what it loses when it reads its own
        (Ranzato et al. 2016, section 1); and `perplexity` of a token of the true targets.
    """
    judge = importlib.import_module(f"pipelines.evaluation.{measure}")
    first, references = _references(columns)

    def judged(written: np.ndarray) -> dict[str, float]:
        return judge.evaluate(_texts(written[first]), references)

    metrics = judged(outputs["output"])
    metrics |= teacher_forced(judged, outputs, metrics)
    others = {name: judged(other["output"]) for name, other in baselines.items()}
    order = _order(judge, _texts(outputs["output"][first]), references)
    shown = {}
    if others:
        shown["baselines.png"] = figures.comparison_with_baselines(metrics, others)
    if "attention" in outputs:
        picked = [int(first[i]) for i in _spread(order, ALIGNED)]
        shown["attention.png"] = figures.alignments([_alignment(outputs, row) for row in picked])
    texts = {"examples.md": _examples(outputs, columns, first, references, order)}
    if hasattr(judge, "notes"):
        texts["measure.md"] = judge.notes()
    return Evaluation(metrics, others, shown, texts)


def shown(outputs: Outputs) -> str:
    """One answer for a terminal: the text, and for each word what it was written from.

    Of a network that may copy, how probable that was before the token was chosen is said as well.
    """
    score = float(outputs["score"][0])
    lines = [f"{outputs['output'][0].decode()}  (log-probability {score:.2f})"]
    if "attention" in outputs:
        read, written, weights = _alignment(outputs, 0)
        wide = max(map(len, [*written, ""]))
        copying = outputs["copying"][0] if "copying" in outputs else None
        for step, (token, row) in enumerate(zip(written, weights, strict=True)):
            best = sorted(np.argsort(-row, kind="stable")[:2], key=lambda place: -row[place])
            said = ", ".join(f"{read[i]} {row[i]:.0%}" for i in best if row[i] >= 0.1)
            chance = "" if copying is None else f"  copying {copying[step]:4.0%}"
            lines.append(f"  {token:<{wide}}{chance}  from  {said}")
    return "\n".join(lines)


def _references(columns: Columns) -> tuple[np.ndarray, list[list[str]]]:
    """The first row of each different input, and all its right answers."""
    rows: dict[str, list[int]] = {}
    for row, text in enumerate(columns["text"]):
        rows.setdefault(text, []).append(row)
    first = np.array([each[0] for each in rows.values()])
    return first, [[columns["target"][row] for row in each] for each in rows.values()]


def _texts(written: np.ndarray) -> list[str]:
    return [text.decode("utf-8", "replace") for text in written]


def _order(judge: Any, written: list[str], references: list[list[str]]) -> np.ndarray:
    """Positions by how wrong the answers are, the best first."""
    errors = [judge.error(text, right) for text, right in zip(written, references, strict=True)]
    return np.argsort(errors, kind="stable")


def _spread(order: np.ndarray, count: int) -> np.ndarray:
    """Some from the best to the worst, at even steps."""
    return order[np.unique(np.linspace(0, len(order) - 1, count).astype(int))]


def _alignment(outputs: Outputs, row: int) -> tuple[list[str], list[str], np.ndarray]:
    """What was read and written, in words, and the weights `[written, read]`."""
    read = [token.decode() for token in outputs["source_tokens"][row] if token]
    written = [token.decode() for token in outputs["output_tokens"][row] if token]
    return in_words(read, written, outputs["attention"][row][: len(written), : len(read)])


def _examples(
    outputs: Outputs,
    columns: Columns,
    first: np.ndarray,
    references: Sequence[Sequence[str]],
    order: np.ndarray,
) -> str:
    written = _texts(outputs["output"][first])

    def told(position: int) -> str:
        right = " / ".join(shorten(text, LONGEST) for text in references[position])
        lines = [
            f"- read:    {shorten(columns['text'][first[position]], LONGEST)}",
            f"  written: {shorten(written[position], LONGEST)}",
            f"  right:   {right}",
        ]
        return "\n".join(lines)

    best, worst = order[:SHOWN], order[::-1][:SHOWN]
    middle = _spread(order, SHOWN)
    parts = [
        ("From the best to the worst, at even steps", middle),
        ("The best", best),
        ("The worst", worst),
    ]
    chapters = [f"## {title}\n\n" + "\n".join(map(told, rows)) for title, rows in parts]
    return "# What was written\n\n" + "\n\n".join(chapters) + "\n"
