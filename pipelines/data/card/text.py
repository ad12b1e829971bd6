"""A data card as plain text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from pipelines.data.card import QUANTILES, share
from pipelines.data.examples import SPLITS
from pipelines.evaluation.markdown import shorten

WIDTH = 100
"""Columns of the rendered card."""

MOST_CLASSES = 10
MOST_BARS = 12
EIGHTHS = ("", *"▏▎▍▌▋▊▉")


def render(card: dict[str, Any]) -> str:
    """The card as plain text for a terminal: at most 100 columns and about 45 lines."""
    parts = [_origin(card), _table(card), _duplicate_lines(card)]
    if card["max_length"] > 1:
        parts.insert(2, _histogram(card))
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
    lines = [f"Data card: {origin['name']} {origin['version']}".rstrip(), " · ".join(facts)]
    if origin["removed"]:
        removed = ", ".join(f"{why}: {count:,}" for why, count in origin["removed"].items())
        lines.append(f"left out: {removed}")
    return [*_wrapped(lines), "─" * WIDTH]


def _table(card: dict[str, Any]) -> list[str]:
    """The statistics of the splits, a column for each."""
    splits = [card["splits"][name] for name in SPLITS]
    unit, target_unit = card["unit"], card["target_unit"]
    lines = [
        _row("", SPLITS),
        _row("examples", (f"{split['examples']:,}" for split in splits)),
        *_balances(splits, card["labels"]),
    ]
    if card["max_length"] > 1:
        lines += _quantiles(splits, f"{unit} per input", "lengths")
        shares = (_percent(split["truncated"]) for split in splits)
        lines.append(_row(f"inputs cut at {card['max_length']:,} {unit}", shares))
        lines.append(_row(f"total {unit}", (f"{split['tokens']:,}" for split in splits)))
    if "vocabulary" in card:
        shares = (_percent(split["out_of_vocabulary"]) for split in splits)
        lines.append(_row(f"{unit} outside the vocabulary", shares))
    if target_unit:
        lines += _quantiles(splits, f"{target_unit} per target", "targets")
    return lines


def _row(name: str, cells: Iterable[str]) -> str:
    return f"{name:<40}" + "".join(f"{cell:>20}" for cell in cells)


def _quantiles(splits: Sequence[Mapping[str, Any]], what: str, of: str) -> list[str]:
    titles = (f"{what}: minimum", "  median", "  95th percentile", "  maximum")
    return [
        _row(title, (f"{split[of][key]:,}" for split in splits))
        for title, key in zip(titles, QUANTILES, strict=True)
    ]


def _balances(splits: Sequence[Mapping[str, Any]], labels: Sequence[str]) -> list[str]:
    """The number of examples of each class in each split; small classes may be summarised."""
    classes = list(range(len(labels))) if "balance" in splits[0] else []
    # The largest classes if not all fit, otherwise in the order of the labels.
    if len(classes) > MOST_CLASSES:
        classes.sort(key=lambda i: -splits[0]["balance"][i])
    rows = [(shorten(labels[i], 36), [i]) for i in classes[:MOST_CLASSES]]
    if rest := classes[MOST_CLASSES:]:
        rows.append((f"{len(rest)} smaller classes", rest))
    lines = []
    for name, members in rows:
        counts = [sum(split["balance"][i] for i in members) for split in splits]
        shares = [
            share(count, split["examples"]) for count, split in zip(counts, splits, strict=True)
        ]
        cells = (f"{n:,} {_percent(part):>8}" for n, part in zip(counts, shares, strict=True))
        lines.append(_row(f"  {name}", cells))
    return lines


def _histogram(card: dict[str, Any]) -> list[str]:
    """Bars of the training texts' lengths; the last one includes all longer texts."""
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
    notes = [
        f"bucket edges {edges}: {_percent(buckets['padding'])} padding"
        f" (one bucket: {_percent(buckets['one'])})"
    ]
    if "vocabulary" in card:
        known = card["vocabulary"]
        notes.append(
            f"vocabulary: {known['known']:,} {card['unit']}; the training inputs have"
            f" {known['in_training_inputs']:,} different ones"
        )
    return lines + _wrapped(notes)


def _duplicate_lines(card: dict[str, Any]) -> list[str]:
    duplicates = card["duplicates"]
    facts = [f"{count:,} inside {split}" for split, count in duplicates["inside"].items() if count]
    for pair, count in duplicates["across"].items():
        earlier, later = pair.split("/")
        if count:
            facts.append(f"{count:,} of {later} also in {earlier}")
    lines = [f"duplicates: {', '.join(facts) or 'none'}"]
    if duplicates["conflicting"]:
        lines.append(f"inputs that occur with different labels: {duplicates['conflicting']:,}")
    return _wrapped(lines)


def _wrapped(texts: Iterable[str]) -> list[str]:
    return [line for text in texts for line in textwrap.wrap(text, WIDTH)]


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
