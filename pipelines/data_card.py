"""The data card: what a data set is made of, before anything is trained."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipelines.buckets import bucket_edges, padding_share
from pipelines.examples import SPLITS, Examples

QUANTILES = {"shortest": 0.0, "median": 0.5, "p95": 0.95, "longest": 1.0}


@dataclass(frozen=True)
class Counts:
    """What the texts of a split are made of.

    Attributes:
        lengths: of each text in tokens, uncut, int64 `[n]`.
        tokens: how often each occurs.
    """

    lengths: np.ndarray
    tokens: Counter[str]

    @classmethod
    def of(cls, texts: Iterable[Sequence[str]]) -> Counts:
        """Counts the tokens of each text in turn."""
        tokens: Counter[str] = Counter()
        lengths = []
        for text in texts:
            tokens.update(text)
            lengths.append(len(text))
        return cls(np.array(lengths, np.int64), tokens)


@dataclass(frozen=True)
class Lengths:
    """How long the sequences of each split are.

    Attributes:
        unit: of the lengths, such as `tokens` or `frames`.
        of: split -> int64 `[n]`.
    """

    unit: str
    of: Mapping[str, np.ndarray]


def text_card(
    examples: Examples,
    counts: Mapping[str, Counts],
    vocabulary: Collection[str],
    max_length: int,
    buckets: int,
    targets: Lengths | None = None,
    unit: str = "tokens",
) -> dict[str, Any]:
    """Counts all that a person should know of a text data set.

    Args:
        examples: with the column `text`, and perhaps `label`.
        counts: of the column `text` of each split.
        vocabulary: the tokens that the network knows.
        max_length: tokens kept of a text.
        buckets: lengths that batches may be padded to.
        targets: of what is to be written, where that is a sequence.
        unit: what a token is called.

    Returns:
        That of `sequence_card`, and in each split `out_of_vocabulary`; `vocabulary`; and
        `duplicates` (see `_duplicates`).
    """
    known = frozenset(vocabulary)
    lengths = {name: counts[name].lengths for name in SPLITS}
    card = sequence_card(examples, Lengths(unit, lengths), max_length, buckets, targets)
    for name in SPLITS:
        tokens = counts[name].tokens
        outside = sum(count for token, count in tokens.items() if token not in known)
        card["splits"][name]["out_of_vocabulary"] = share(outside, tokens.total())
    card["vocabulary"] = {"known": len(known), "in_training_texts": len(counts["train"].tokens)}
    card["duplicates"] = _duplicates(examples)
    return card


def sequence_card(
    examples: Examples,
    lengths: Lengths,
    max_length: int,
    buckets: int,
    targets: Lengths | None = None,
) -> dict[str, Any]:
    """Counts what a person should know of any sequences.

    Args:
        examples: perhaps with the column `label`.
        lengths: of the inputs, uncut.
        max_length: steps kept of an input.
        buckets: lengths that batches may be padded to.
        targets: lengths of what is to be written, where that is a sequence.

    Returns:
        What JSON can hold: `provenance`, `labels`, `unit`, `splits` (for each: `examples`,
        `tokens` in all, `lengths`, `truncated`, `balance` where there are labels, and `targets`,
        the lengths of those), `max_length`, `lengths` of the training inputs with `counts` (see
        `training_lengths`), and `buckets`: suggested `edges` with the `padding` they cost, and
        the padding of `one` bucket alone. Shares are between 0 and 1.
    """
    splits: dict[str, dict[str, Any]] = {}
    for name in SPLITS:
        columns = examples.splits[name]
        splits[name] = {"examples": examples.size(name), **_lengths(lengths.of[name], max_length)}
        if "label" in columns:
            counts = np.bincount(columns["label"], minlength=len(examples.labels))
            splits[name]["balance"] = counts.tolist()
        if targets:
            splits[name]["targets"] = _quantiles(targets.of[name])
    train = lengths.of["train"]
    edges = bucket_edges(train, buckets, max_length)
    values, counts = np.unique(train, return_counts=True)
    return {
        "provenance": dataclasses.asdict(examples.provenance),
        "labels": list(examples.labels),
        "unit": lengths.unit,
        "target_unit": targets.unit if targets else "",
        "splits": splits,
        "max_length": max_length,
        "lengths": {"values": values.tolist(), "counts": counts.tolist()},
        "buckets": {
            "edges": list(edges),
            "padding": padding_share(train, edges),
            "one": padding_share(train, edges[-1:]),
        },
    }


def share(part: int, whole: int) -> float:
    """A part of a whole that may be nothing."""
    return part / whole if whole else 0.0


def _lengths(lengths: np.ndarray, max_length: int) -> dict[str, Any]:
    return {
        "tokens": int(lengths.sum()),
        "lengths": _quantiles(lengths),
        "truncated": float((lengths > max_length).mean()) if len(lengths) else 0.0,
    }


def _quantiles(lengths: np.ndarray) -> dict[str, float]:
    if len(lengths) == 0:
        return dict.fromkeys((*QUANTILES, "mean"), 0)
    # Of the values that occur, so that a median of 18.5 tokens is not claimed.
    quantiles = np.quantile(lengths, list(QUANTILES.values()), method="inverted_cdf")
    return dict(zip(QUANTILES, quantiles.astype(int).tolist(), strict=True)) | {
        "mean": float(lengths.mean())
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
        for text, label in zip(texts, columns.get("label", ()), strict=False):
            if labels_of.setdefault(text, label) != label:
                conflicting.add(text)
        for earlier, known in seen.items():
            across[f"{earlier}/{name}"] = sum(text in known for text in texts)
        seen[name] = set(texts)
        inside[name] = len(texts) - len(seen[name])
    return {"inside": inside, "across": across, "conflicting": len(conflicting)}
