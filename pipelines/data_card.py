"""The data card: what a set of labelled texts is made of, before anything is trained."""

from __future__ import annotations

import dataclasses
import textwrap
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import numpy as np

from pipelines.buckets import bucket_edges, padding_share
from pipelines.evaluation.mistakes import shorten
from pipelines.examples import SPLITS, Examples

WIDTH = 100
"""Columns of the rendered card."""

MOST_CLASSES = 10
MOST_BARS = 12
EIGHTHS = ("", *"▏▎▍▌▋▊▉")

QUANTILES = {"shortest": 0.0, "median": 0.5, "p95": 0.95, "longest": 1.0}

Tokenise = Callable[[Sequence[str]], Iterable[list[str]]]
"""Texts -> the tokens of each in turn; lazily, so that one text's tokens are held at a time."""


def text_card(
    examples: Examples,
    tokenise: Tokenise,
    vocabulary: Collection[str],
    max_length: int,
    buckets: int,
) -> dict[str, Any]:
    """Counts all that a person should know of a text data set.

    Args:
        examples: with the columns `text` and `label`.
        tokenise: texts -> their tokens, uncut.
        vocabulary: the tokens that the network knows.
        max_length: tokens kept of a text.
        buckets: lengths that batches may be padded to.

    Returns:
        What JSON can hold: `provenance`, `labels`, `splits` (for each: `examples`, `balance`,
        `tokens`, `lengths`, `out_of_vocabulary`, `truncated`), `vocabulary`, `max_length`,
        `duplicates` (see `_duplicates`), `lengths` of the training texts with `counts` (see
        `training_lengths`), and `buckets`: suggested `edges` with the `padding` they cost, and
        the padding of `one` bucket alone. Shares are between 0 and 1.
    """
    known = frozenset(vocabulary)
    splits: dict[str, dict[str, Any]] = {}
    lengths: dict[str, np.ndarray] = {}
    distinct = 0
    for name in SPLITS:
        columns = examples.splits[name]
        lengths[name], words = _count(tokenise, columns["text"])
        if name == "train":
            distinct = len(words)
        splits[name] = {
            "examples": examples.size(name),
            "balance": np.bincount(columns["label"], minlength=len(examples.labels)).tolist(),
            **_lengths(lengths[name], max_length),
            "out_of_vocabulary": _share(
                sum(count for word, count in words.items() if word not in known), words.total()
            ),
        }
    train = lengths["train"]
    edges = bucket_edges(train, buckets, max_length)
    values, counts = np.unique(train, return_counts=True)
    return {
        "provenance": dataclasses.asdict(examples.provenance),
        "labels": list(examples.labels),
        "splits": splits,
        "vocabulary": {"known": len(known), "in_training_texts": distinct},
        "max_length": max_length,
        "duplicates": _duplicates(examples),
        "lengths": {"values": values.tolist(), "counts": counts.tolist()},
        "buckets": {
            "edges": list(edges),
            "padding": padding_share(train, edges),
            "one": padding_share(train, edges[-1:]),
        },
    }


def training_lengths(card: dict[str, Any]) -> np.ndarray:
    """The lengths of the training texts in increasing order, int64 [N], from their card."""
    return np.repeat(
        np.asarray(card["lengths"]["values"], dtype=np.int64), card["lengths"]["counts"]
    )


def render(card: dict[str, Any]) -> str:
    """The card as plain text for a terminal: at most 100 columns and about 45 lines."""
    parts = [_origin(card), _table(card), _histogram(card), _duplicate_lines(card)]
    return "\n\n".join("\n".join(lines) for lines in parts)


def _count(tokenise: Tokenise, texts: np.ndarray) -> tuple[np.ndarray, Counter[str]]:
    """Lengths of texts in tokens, int64 [N], and how often each token occurs."""
    words: Counter[str] = Counter()
    lengths = np.zeros(len(texts), dtype=np.int64)
    for i, tokens in enumerate(tokenise(texts.tolist())):
        words.update(tokens)
        lengths[i] = len(tokens)
    return lengths, words


def _lengths(lengths: np.ndarray, max_length: int) -> dict[str, Any]:
    if len(lengths) == 0:
        return {"tokens": 0, "lengths": dict.fromkeys((*QUANTILES, "mean"), 0), "truncated": 0.0}
    # Of the values that occur, so that a median of 18.5 tokens is not claimed.
    quantiles = np.quantile(lengths, list(QUANTILES.values()), method="inverted_cdf")
    return {
        "tokens": int(lengths.sum()),
        "lengths": dict(zip(QUANTILES, quantiles.astype(int).tolist(), strict=True))
        | {"mean": float(lengths.mean())},
        "truncated": float((lengths > max_length).mean()),
    }


def _duplicates(examples: Examples) -> dict[str, Any]:
    """Texts that occur more than once, whatever their case and spaces.

    Returns:
        `inside`: for each split, its examples whose text an earlier one of the split has;
        `across`: for each pair "earlier/later" of splits, the examples of the later one whose
        text the earlier one has too; `conflicting`: different texts that occur with different
        labels, in whatever split.
    """
    seen: dict[str, set[str]] = {}
    labels_of: dict[str, int] = {}
    conflicting: set[str] = set()
    inside: dict[str, int] = {}
    across: dict[str, int] = {}
    for name in SPLITS:
        columns = examples.splits[name]
        texts = [" ".join(text.split()).casefold() for text in columns["text"]]
        for text, label in zip(texts, columns["label"].tolist(), strict=True):
            if labels_of.setdefault(text, label) != label:
                conflicting.add(text)
        for earlier, known in seen.items():
            across[f"{earlier}/{name}"] = sum(text in known for text in texts)
        seen[name] = set(texts)
        inside[name] = len(texts) - len(seen[name])
    return {"inside": inside, "across": across, "conflicting": len(conflicting)}


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


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
            f"{count:,} {_percent(_share(count, split['examples'])):>8}"
            for count, split in zip(counts, splits, strict=True)
        ]
        return row(f"  {name}", cells)

    # The largest classes where not all fit, in the order of the labels where they do.
    classes = list(range(len(card["labels"])))
    if len(classes) > MOST_CLASSES:
        classes.sort(key=lambda i: -splits[0]["balance"][i])
    shown, rest = classes[:MOST_CLASSES], classes[MOST_CLASSES:]
    lengths = {
        "tokens of a text: shortest": "shortest",
        "  median": "median",
        "  95 % have at most": "p95",
        "  longest": "longest",
    }
    return [
        row("", SPLITS),
        row("examples", (f"{split['examples']:,}" for split in splits)),
        *(balance(shorten(card["labels"][i], 36), [i]) for i in shown),
        *([balance(f"{len(rest)} smaller classes", rest)] if rest else []),
        *(
            row(title, (f"{split['lengths'][key]:,}" for split in splits))
            for title, key in lengths.items()
        ),
        row(
            f"texts cut at {card['max_length']:,} tokens",
            (_percent(split["truncated"]) for split in splits),
        ),
        row("tokens in all", (f"{split['tokens']:,}" for split in splits)),
        row(
            "tokens outside the vocabulary",
            (_percent(split["out_of_vocabulary"]) for split in splits),
        ),
    ]


def _histogram(card: dict[str, Any]) -> list[str]:
    """Bars of the training texts' lengths; the last one holds all that are longer."""
    lengths = training_lengths(card)
    longest = int(lengths.max())
    shown = min(longest, max(card["max_length"], card["splits"]["train"]["lengths"]["p95"]))
    step = -(-(shown + 1) // MOST_BARS)  # rounded up
    counts = np.bincount(np.minimum(lengths, shown) // step)
    room = WIDTH - 24
    lines = ["tokens       training texts"]
    for i, count in enumerate(counts):
        high = longest if i == len(counts) - 1 else (i + 1) * step - 1
        full, eighths = divmod(round(8 * room * count / counts.max()), 8)
        bar = "█" * full + EIGHTHS[eighths]
        lines.append(f"{f'{i * step}-{high}':<12} {count:>7,} {bar}".rstrip())
    buckets = card["buckets"]
    edges = " ".join(map(str, buckets["edges"]))
    known = card["vocabulary"]
    return lines + _wrapped(
        [
            f"bucket edges {edges}: {_percent(buckets['padding'])} padding"
            f" (one bucket: {_percent(buckets['one'])})",
            f"vocabulary: {known['known']:,} tokens; the training texts have"
            f" {known['in_training_texts']:,} different ones",
        ]
    )


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
