"""Evaluation report of a text-to-text network, and one answer in readable form."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipelines.data.examples import Columns
from pipelines.evaluation import figures
from pipelines.evaluation.markdown import shorten
from pipelines.evaluation.metric import Directions
from pipelines.outputs.base import Answers, Evaluation, Reference
from pipelines.outputs.reports.alignment import in_words
from pipelines.outputs.reports.common import comparison, decoded, evenly_spaced, tokens_of
from pipelines.outputs.reports.lags import add_lags
from pipelines.outputs.reports.teacher_forcing import teacher_forced

SHOWN = 10
"""Best and worst answers in the report, of each."""

LONGEST = 300
ALIGNED = 4
"""Examples in the figure of attention."""


def report(
    measure: str,
    answers: Answers,
    reference: Reference,
    baselines: Mapping[str, Answers],
    lags: bool = False,
) -> Evaluation:
    """Evaluates the texts generated for a split.

    An input with several references counts once, and a text may match any of them.

    Args:
        measure: module of `pipelines.evaluation.metrics`.
        answers: of the export: `output`, for decoders with attention `attention` and its tokens;
            `score_...` of the true tokens.
        reference: the split, with the columns `text` and `target`, and `lag` if `lags`.
        baselines: name -> `output` of a simpler model.
        lags: whether errors are grouped by the column `lag`.

    Returns:
        The measure's metrics of free-running generation, and those of `teacher_forced`.
    """
    module = importlib.import_module(f"pipelines.evaluation.metrics.{measure}")
    columns = reference.columns
    first, references = _references(columns)

    def evaluate(texts: np.ndarray) -> dict[str, float]:
        return module.evaluate(decoded(texts[first]), references)

    metrics = evaluate(answers["output"])
    metrics |= teacher_forced(evaluate, answers, metrics, Directions(*module.METRICS))
    compared = {name: evaluate(baseline["output"]) for name, baseline in baselines.items()}
    written = decoded(answers["output"][first])
    errors = list(map(module.error, written, references))
    order = np.argsort(errors, kind="stable")  # the best first
    drawn = comparison(metrics, compared, module.METRICS)
    if "attention" in answers:
        rows = first[order[evenly_spaced(len(order), ALIGNED)]]
        drawn["attention.png"] = figures.alignments([_alignment(answers, row) for row in rows])
    inputs = np.array(reference.described(), object)[first]
    texts = {"examples.md": _examples(inputs, written, references, order)}
    if notes := module.notes():
        texts["measure.md"] = notes
    evaluation = Evaluation(metrics, compared, drawn, texts)
    if lags:
        _add_lags(evaluation, module, columns, answers, baselines)
    return evaluation


def _add_lags(
    evaluation: Evaluation,
    module: Any,
    columns: Columns,
    answers: Answers,
    baselines: Mapping[str, Answers],
) -> None:
    """Errors by the column `lag`, of the answers and of the baselines'."""

    def errors(texts: np.ndarray) -> np.ndarray:
        pairs = zip(decoded(texts), columns["target"], strict=True)
        return np.array([module.error(text, [target]) for text, target in pairs])

    baseline_errors = {name: errors(baseline["output"]) for name, baseline in baselines.items()}
    lags = columns["lag"]
    add_lags(evaluation, errors(answers["output"]), baseline_errors, lags, "character_error")


def shown(answers: Answers) -> str:
    """One answer for a terminal: the text, and what each word attended to.

    For copying decoders also the probability of copying at each token.
    """
    score = float(answers["score"][0])
    lines = [f"{answers['output'][0].decode()}  (log-probability {score:.2f})"]
    if "attention" in answers:
        source, target, weights = _alignment(answers, 0)
        wide = max(map(len, [*target, ""]))
        copying = answers["copying"][0] if "copying" in answers else None
        for step, (token, row) in enumerate(zip(target, weights, strict=True)):
            best = np.argsort(-row, kind="stable")[:2]
            attended = ", ".join(f"{source[i]} {row[i]:.0%}" for i in best if row[i] >= 0.1)
            chance = "" if copying is None else f"  copying {copying[step]:4.0%}"
            lines.append(f"  {token:<{wide}}{chance}  from  {attended}")
    return "\n".join(lines)


def _references(columns: Columns) -> tuple[np.ndarray, list[list[str]]]:
    """The first row of each different input, and all targets of the input."""
    rows: dict[str, list[int]] = {}
    for row, text in enumerate(columns["text"]):
        rows.setdefault(text, []).append(row)
    first = np.array([same[0] for same in rows.values()])
    return first, [[columns["target"][row] for row in same] for same in rows.values()]


def _alignment(answers: Answers, row: int) -> tuple[list[str], list[str], np.ndarray]:
    """Source and target in words, and the attention `[target, source]`."""
    source, target = tokens_of(answers["tokens"][row]), tokens_of(answers["output_tokens"][row])
    return in_words(source, target, answers["attention"][row][: len(target), : len(source)])


def _examples(
    inputs: Sequence[str],
    written: Sequence[str],
    references: Sequence[Sequence[str]],
    order: np.ndarray,
) -> str:
    """Answers from the best to the worst as Markdown."""

    def item(position: int) -> str:
        right = " / ".join(shorten(text, LONGEST) for text in references[position])
        lines = [
            f"- read:    {shorten(inputs[position], LONGEST)}",
            f"  written: {shorten(written[position], LONGEST)}",
            f"  right:   {right}",
        ]
        return "\n".join(lines)

    parts = [
        ("From the best to the worst, at even steps", order[evenly_spaced(len(order), SHOWN)]),
        ("The best", order[:SHOWN]),
        ("The worst", order[::-1][:SHOWN]),
    ]
    chapters = [f"## {title}\n\n" + "\n".join(map(item, rows)) for title, rows in parts]
    return "# What was written\n\n" + "\n\n".join(chapters) + "\n"
