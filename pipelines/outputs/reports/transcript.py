"""Evaluation report of transcripts, and one answer in readable form."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from pipelines.data.examples import Columns
from pipelines.evaluation import figures
from pipelines.evaluation.figures.steps import stretches
from pipelines.evaluation.metric import Directions, smaller
from pipelines.evaluation.metrics.transcription import Errors, error, evaluate
from pipelines.outputs.base import Answers, Evaluation, Reference
from pipelines.outputs.reports.common import decoded, evenly_spaced, tokens_of
from pipelines.outputs.reports.teacher_forcing import teacher_forced

SHOWN = 20
"""Worst transcripts in the report."""

CONFUSIONS = 15
DRAWN = 4
"""Examples in the figure, from the best to the worst."""


def report(symbol: str, answers: Answers, reference: Reference) -> Evaluation:
    """Evaluates the transcripts of a split.

    Args:
        symbol: name of a symbol.
        answers: of the export: `output`, and `step_symbols` with `step_scores` (head ctc) or
            `output_tokens`, with attention `attention`, and `score_...` of the true symbols (head
            tokens).
        reference: the split, with the column `target`, and optionally a group such as the speaker.

    Returns:
        Metrics: the error rates of symbols and of sentences; of decoders also those of
        `teacher_forced`; of data with speakers also the highest error rate of a speaker.
    """
    columns, group = reference.columns, reference.group
    truth = columns["target"].tolist()

    def error_rates(texts: np.ndarray) -> dict[str, float]:
        errors = evaluate(decoded(texts), truth)
        return {f"{symbol}_error_rate": errors.rate, "sentence_error_rate": errors.sentences}

    predicted = decoded(answers["output"])
    errors = evaluate(predicted, truth)
    metrics = error_rates(answers["output"]) | {
        "substitution_error_rate": errors.substitutions,
        "deletion_error_rate": errors.deletions,
        "insertion_error_rate": errors.insertions,
    }
    directions = Directions(*smaller("*_error_rate"))
    metrics |= teacher_forced(error_rates, answers, metrics, directions)
    order = np.argsort(list(map(error, predicted, truth)), kind="stable")  # the best first
    texts = {"mistakes.md": _mistakes(symbol, errors, predicted, truth, order)}
    if group:
        groups = columns[group].tolist()
        by_group = _by_group(groups, predicted, truth)
        worst = max(of_group.rate for of_group in by_group.values())
        metrics[f"worst_{group}_{symbol}_error_rate"] = worst
        texts[f"{group}s.md"] = _group_table(group, symbol, by_group, groups)
    rows = order[evenly_spaced(len(order), DRAWN)]
    return Evaluation(metrics, {}, _figures(answers, columns, rows), texts)


def shown(answers: Answers) -> str:
    """One answer for a terminal: the transcript, and the steps of each symbol."""
    score = float(answers["score"][0])
    lines = [f"{answers['output'][0].decode() or '(nothing)'}  (log-probability {score:.2f})"]
    if "step_symbols" in answers:
        names, scores = decoded(answers["step_symbols"][0]), answers["step_scores"][0]
        for name, first, last in stretches(names):
            score = scores[first : last + 1].max()
            lines.append(f"  {name}  at steps {first + 1}-{last + 1}  {score:.0%}")
        lines.append(f"  of {len(names)} steps")
    elif "attention" in answers:
        names = tokens_of(answers["output_tokens"][0])
        for name, row in zip(names, answers["attention"][0], strict=False):
            lines.append(f"  {name}  at step {int(row.argmax()) + 1}  {row.max():.0%} of attention")
    return "\n".join(lines)


def _by_group(groups: list[str], predicted: list[str], truth: list[str]) -> dict[str, Errors]:
    """Group -> the errors of its transcripts."""
    errors = {}
    for group in sorted(set(groups)):
        rows = [row for row, other in enumerate(groups) if other == group]
        errors[group] = evaluate([predicted[row] for row in rows], [truth[row] for row in rows])
    return errors


def _group_table(group: str, symbol: str, errors: dict[str, Errors], names: list[str]) -> str:
    lines = [
        f"# By {group}",
        "",
        f"| {group} | recordings | {symbol} error rate | sentence error rate |",
        "|---|---|---|---|",
    ]
    for name, rates in errors.items():
        cells = (name, names.count(name), f"{rates.rate:.4f}", f"{rates.sentences:.4f}")
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines) + "\n"


def _mistakes(
    symbol: str, errors: Errors, predicted: list[str], truth: list[str], order: np.ndarray
) -> str:
    """The most frequent confusions, and the worst transcripts."""
    confused = [
        f"| {true} | {confusion} | {count} |"
        for (true, confusion), count in errors.confusions.most_common(CONFUSIONS)
    ]
    worst = [row for row in order[::-1][:SHOWN] if predicted[row] != truth[row]]
    lines = [f"- said:    {truth[row]}\n  written: {predicted[row]}" for row in worst]
    parts = [
        f"# Mistakes\n\n## Each {symbol} that was taken for another, missed (- written) or made up"
        " (- said)\n",
        "| said | written | times |\n|---|---|---|",
        *confused,
        "\n## The worst transcripts\n",
        *(lines or ["None is wrong."]),
    ]
    return "\n".join(parts) + "\n"


def _figures(answers: Answers, columns: Columns, rows: np.ndarray) -> dict[str, Figure]:
    examples: list[Any] = []
    if "step_symbols" in answers:
        for row in rows:
            scores = answers["step_scores"][row]
            real = scores > 0
            names = decoded(answers["step_symbols"][row][real])
            examples.append((names, scores[real], columns["target"][row]))
        return {"steps.png": figures.spelled_steps(examples)}
    if "attention" not in answers:
        return {}
    for row in rows:
        names = tokens_of(answers["output_tokens"][row])
        weights = answers["attention"][row][: len(names)]
        # There is no attention after the last step.
        real = weights[:, : np.flatnonzero(weights.any(axis=0)).max(initial=0) + 1]
        examples.append((names, real, columns["target"][row]))
    return {"attention.png": figures.attended_steps(examples)}
