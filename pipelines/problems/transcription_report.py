"""What an evaluation of transcripts shows, and how one answer is shown."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from pipelines import figures
from pipelines.evaluation.transcription import Errors, error, evaluate
from pipelines.examples import Columns
from pipelines.figures.steps import stretches
from pipelines.problems.teacher_forcing import teacher_forced
from pipelines.task import Evaluation, Outputs

SHOWN = 20
"""Worst transcripts in the report."""

CONFUSIONS = 15
DRAWN = 4
"""Examples in the picture, from the best to the worst."""


def report(unit: str, outputs: Outputs, columns: Columns) -> Evaluation:
    """Judges what was written for a split.

    Args:
        unit: what a symbol is called.
        outputs: of the export: `output`, and `step_symbols` with `step_scores` (head ctc) or
            `output_tokens` and perhaps `attention` (head tokens), and then `score_...`, what the
            network did while it read the true symbols.
        columns: `target`, and perhaps `speaker`.

    Returns:
        Metrics: the error rates of symbols and of sentences; where a decoder writes, the same
        after true symbols with the gap between the two (see `teacher_forced`); and of data with
        speakers the rate of the one who is understood worst.
    """
    truth = columns["target"].tolist()

    def judged(written: np.ndarray) -> dict[str, float]:
        found = evaluate(_texts(written), truth)
        return {f"{unit}_error_rate": found.rate, "sentence_error_rate": found.sentences}

    written = _texts(outputs["output"])
    found = evaluate(written, truth)
    metrics = judged(outputs["output"])
    metrics |= {
        "substitution_error_rate": found.substitutions,
        "deletion_error_rate": found.deletions,
        "insertion_error_rate": found.insertions,
    }
    metrics |= teacher_forced(judged, outputs, metrics)
    order = np.argsort([error(w, t) for w, t in zip(written, truth, strict=True)], kind="stable")
    texts = {"mistakes.md": _mistakes(unit, found, written, truth, order)}
    if "speaker" in columns:
        rates = _speakers(columns["speaker"].tolist(), written, truth)
        metrics[f"worst_speaker_{unit}_error_rate"] = max(e.rate for e in rates.values())
        texts["speakers.md"] = _speaker_table(unit, rates, columns["speaker"].tolist())
    picked = order[np.unique(np.linspace(0, len(order) - 1, DRAWN).astype(int))]
    return Evaluation(metrics, {}, _figures(outputs, columns, picked), texts)


def shown(outputs: Outputs) -> str:
    """One answer for a terminal: the transcript, and the step at which each symbol was heard."""
    score = float(outputs["score"][0])
    lines = [f"{outputs['output'][0].decode() or '(nothing)'}  (log-probability {score:.2f})"]
    if "step_symbols" in outputs:
        names, sure = _texts(outputs["step_symbols"][0]), outputs["step_scores"][0]
        heard = [
            f"  {name}  at steps {first + 1}-{last + 1}  {sure[first : last + 1].max():.0%}"
            for name, first, last in stretches(names)
        ]
        lines += [*heard, f"  of {len(names)} steps"]
    elif "attention" in outputs:
        names = [name.decode() for name in outputs["output_tokens"][0] if name]
        for name, row in zip(names, outputs["attention"][0], strict=False):
            lines.append(f"  {name}  at step {int(row.argmax()) + 1}  {row.max():.0%} of attention")
    return "\n".join(lines)


def _texts(written: np.ndarray) -> list[str]:
    return [text.decode("utf-8", "replace") for text in written]


def _speakers(names: list[str], written: list[str], truth: list[str]) -> dict[str, Errors]:
    """Speaker -> the errors in what was written of them."""
    found = {}
    for name in sorted(set(names)):
        own = [i for i, each in enumerate(names) if each == name]
        found[name] = evaluate([written[i] for i in own], [truth[i] for i in own])
    return found


def _speaker_table(unit: str, rates: dict[str, Errors], names: list[str]) -> str:
    lines = [
        "# By speaker",
        "",
        f"| speaker | recordings | {unit} error rate | sentence error rate |",
        "|---|---|---|---|",
    ]
    for name, each in rates.items():
        cells = (name, names.count(name), f"{each.rate:.4f}", f"{each.sentences:.4f}")
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines) + "\n"


def _mistakes(
    unit: str, found: Errors, written: list[str], truth: list[str], order: np.ndarray
) -> str:
    """What was taken for what, and the worst transcripts."""
    confused = [
        f"| {true} | {said} | {count} |"
        for (true, said), count in found.confusions.most_common(CONFUSIONS)
    ]
    worst = [row for row in order[::-1][:SHOWN] if written[row] != truth[row]]
    lines = [f"- said:    {truth[row]}\n  written: {written[row]}" for row in worst]
    parts = [
        f"# Mistakes\n\n## Each {unit} that was taken for another, missed (- written) or made up"
        " (- said)\n",
        "| said | written | times |\n|---|---|---|",
        *confused,
        "\n## The worst transcripts\n",
        *(lines or ["None is wrong."]),
    ]
    return "\n".join(parts) + "\n"


def _figures(outputs: Outputs, columns: Columns, picked: np.ndarray) -> dict[str, Figure]:
    examples: list[Any] = []
    if "step_symbols" in outputs:
        for row in picked:
            sure = outputs["step_scores"][row]
            real = sure > 0
            names = _texts(outputs["step_symbols"][row][real])
            examples.append((names, sure[real], columns["target"][row]))
        return {"steps.png": figures.spelled_steps(examples)}
    if "attention" not in outputs:
        return {}
    for row in picked:
        names = _texts(outputs["output_tokens"][row])
        names = [name for name in names if name]
        weights = outputs["attention"][row][: len(names)]
        # Behind the last step there is no attention.
        heard = weights[:, : np.flatnonzero(weights.any(axis=0)).max(initial=0) + 1]
        examples.append((names, heard, columns["target"][row]))
    return {"attention.png": figures.attended_steps(examples)}
