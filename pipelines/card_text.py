"""A data card as plain text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Any

import numpy as np

from pipelines.data_card import QUANTILES, share
from pipelines.evaluation.mistakes import shorten
from pipelines.examples import SPLITS

WIDTH = 100
"""Columns of the rendered card."""

MOST_CLASSES = 10
MOST_BARS = 12
EIGHTHS = ("", *"▏▎▍▌▋▊▉")


def render(card: dict[str, Any]) -> str:
    """The card as plain text for a terminal: at most 100 columns and about 45 lines."""
    parts = [_origin(card), _table(card), _histogram(card)]
    if "duplicates" in card:
        parts.append(_duplicate_lines(card))
    return "\n\n".join("\n".join(lines) for lines in parts)


def training_lengths(card: dict[str, Any]) -> np.ndarray:
    """The lengths of the training texts in increasing order, int64 [N], from their card."""
    return np.repeat(
        np.asarray(card["lengths"]["values"], dtype=np.int64), card["lengths"]["counts"]
    )


def _origin(card: dict[str, Any]) -> list[str]:
    origin = card["provenance"]
    facts = [f"source: {origin['source']}", f"digest: {origin['digest']}"]
    if origin["licence"]:
        facts.append(f"licence: {origin['licence']}")
    said = [f"Data card: {origin['name']} {origin['version']}".rstrip(), " · ".join(facts)]
    if origin["removed"]:
        removed = ", ".join(f"{why}: {count:,}" for why, count in origin["removed"].items())
        said.append(f"left out: {removed}")
    return [*_wrapped(said), "─" * WIDTH]


def _table(card: dict[str, Any]) -> list[str]:
    """The figures of each split, a column for each."""
    splits = [card["splits"][name] for name in SPLITS]

    def row(name: str, cells: Iterable[str]) -> str:
        return f"{name:<40}" + "".join(f"{cell:>20}" for cell in cells)

    def balance(name: str, classes: list[int]) -> str:
        counts = [sum(split["balance"][i] for i in classes) for split in splits]
        cells = [
            f"{count:,} {_percent(share(count, split['examples'])):>8}"
            for count, split in zip(counts, splits, strict=True)
        ]
        return row(f"  {name}", cells)

    # The largest classes where not all fit, in the order of the labels where they do.
    classes = list(range(len(card["labels"]))) if "balance" in splits[0] else []
    if len(classes) > MOST_CLASSES:
        classes.sort(key=lambda i: -splits[0]["balance"][i])
    shown, rest = classes[:MOST_CLASSES], classes[MOST_CLASSES:]
    unit, written = card["unit"], card["target_unit"]

    def quantiles(what: str, of: str) -> list[str]:
        titles = (f"{what}: shortest", "  median", "  95 % have at most", "  longest")
        return [
            row(title, (f"{split[of][key]:,}" for split in splits))
            for title, key in zip(titles, QUANTILES, strict=True)
        ]

    return [
        row("", SPLITS),
        row("examples", (f"{split['examples']:,}" for split in splits)),
        *(balance(shorten(card["labels"][i], 36), [i]) for i in shown),
        *([balance(f"{len(rest)} smaller classes", rest)] if rest else []),
        *quantiles(f"{unit} of an input", "lengths"),
        row(
            f"inputs cut at {card['max_length']:,} {unit}",
            (_percent(split["truncated"]) for split in splits),
        ),
        row(f"{unit} in all", (f"{split['tokens']:,}" for split in splits)),
        *(
            [
                row(
                    f"{unit} outside the vocabulary",
                    (_percent(split["out_of_vocabulary"]) for split in splits),
                )
            ]
            if "vocabulary" in card
            else []
        ),
        *(quantiles(f"{written} of a target", "targets") if written else []),
    ]


def _histogram(card: dict[str, Any]) -> list[str]:
    """Bars of the training texts' lengths; the last one holds all that are longer."""
    lengths = training_lengths(card)
    longest = int(lengths.max())
    shown = min(longest, max(card["max_length"], card["splits"]["train"]["lengths"]["p95"]))
    step = -(-(shown + 1) // MOST_BARS)  # rounded up
    counts = np.bincount(np.minimum(lengths, shown) // step)
    room = WIDTH - 24
    lines = [f"{card['unit']:<12} training inputs"]
    for i, count in enumerate(counts):
        high = longest if i == len(counts) - 1 else (i + 1) * step - 1
        full, eighths = divmod(round(8 * room * count / counts.max()), 8)
        bar = "█" * full + EIGHTHS[eighths]
        lines.append(f"{f'{i * step}-{high}':<12} {count:>7,} {bar}".rstrip())
    buckets = card["buckets"]
    edges = " ".join(map(str, buckets["edges"]))
    said = [
        f"bucket edges {edges}: {_percent(buckets['padding'])} padding"
        f" (one bucket: {_percent(buckets['one'])})"
    ]
    if "vocabulary" in card:
        known = card["vocabulary"]
        said.append(
            f"vocabulary: {known['known']:,} {card['unit']}; the training inputs have"
            f" {known['in_training_texts']:,} different ones"
        )
    return lines + _wrapped(said)


def _duplicate_lines(card: dict[str, Any]) -> list[str]:
    found = card["duplicates"]
    inside = [f"{count:,} inside {split}" for split, count in found["inside"].items() if count]
    across = []
    for pair, count in found["across"].items():
        earlier, later = pair.split("/")
        if count:
            across.append(f"{count:,} of {later} also in {earlier}")
    lines = [f"duplicates: {', '.join([*inside, *across]) or 'none'}"]
    if found["conflicting"]:
        lines.append(f"texts that occur with different labels: {found['conflicting']:,}")
    return _wrapped(lines)


def _wrapped(texts: Iterable[str]) -> list[str]:
    return [line for text in texts for line in textwrap.wrap(text, WIDTH)]


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
