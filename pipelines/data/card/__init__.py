"""The data card: statistics of a data set, before anything is trained."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.data.buckets import bucket_edges, padding_share
from pipelines.data.examples import SPLITS, Column, Columns, Examples
from pipelines.data.kinds import KINDS
from pipelines.data.splits import fingerprint_of

if TYPE_CHECKING:
    from pipelines.config import Config
    from pipelines.data.preprocessing import Preprocessing
    from pipelines.inputs.base import Measured
    from pipelines.task import Task

QUANTILES = {"shortest": 0.0, "median": 0.5, "p95": 0.95, "longest": 1.0}


def data_card(
    task: Task, examples: Examples, preprocessing: Preprocessing, config: Config
) -> dict[str, Any]:
    """The statistics of a data set.

    Args:
        task: of the data.
        examples: all splits.
        preprocessing: of the run.
        config: of the run; has the number of buckets.

    Returns:
        As JSON: `provenance`, `labels`, `unit`, `target_unit`, `splits` (for each:
        `examples`, `tokens` in all, `lengths`, `truncated`, `balance` if there are labels,
        `targets`, the lengths of those, and `out_of_vocabulary` if there is a vocabulary),
        `max_length`, `lengths` of the training inputs with `counts` (see `training_lengths`),
        `buckets`: suggested `edges` with their `padding`, and the padding of `one` bucket alone;
        `vocabulary`, if there is one; and `duplicates` (see `_duplicates`). Shares are between
        0 and 1.
    """
    input = preprocessing.input
    measured = {name: input.measure(examples.splits[name]) for name in SPLITS}
    vocabulary = input.vocabulary
    known = None if vocabulary is None else frozenset(vocabulary)
    train = measured["train"]
    edges = bucket_edges(train.lengths, config.data.buckets, input.max_length)
    values, counts = np.unique(train.lengths, return_counts=True)
    card: dict[str, Any] = {
        "provenance": dataclasses.asdict(examples.provenance),
        "labels": list(examples.labels),
        "unit": input.unit,
        "target_unit": task.output.unit,
        "splits": {
            name: _split(examples, name, measured[name], preprocessing, known) for name in SPLITS
        },
        "max_length": input.max_length,
        "lengths": {"values": values.tolist(), "counts": counts.tolist()},
        "buckets": {
            "edges": list(edges),
            "padding": padding_share(train.lengths, edges),
            "one": padding_share(train.lengths, edges[-1:]),
        },
        "duplicates": _duplicates(examples, task.input.columns),
    }
    if known is not None and train.tokens is not None:
        sizes = {"known": len(known), "in_training_inputs": len(train.tokens)}
        card["vocabulary"] = sizes
    return card


def _split(
    examples: Examples,
    name: str,
    measured: Measured,
    preprocessing: Preprocessing,
    known: frozenset[str] | None,
) -> dict[str, Any]:
    """The statistics of one split."""
    columns = examples.splits[name]
    lengths = measured.lengths
    figures = {
        "examples": examples.size(name),
        "tokens": int(lengths.sum()),
        "lengths": _quantiles(lengths),
        "truncated": share(int((lengths > preprocessing.input.max_length).sum()), len(lengths)),
    }
    if "label" in columns:
        counts = np.bincount(columns["label"], minlength=len(examples.labels))
        figures["balance"] = counts.tolist()
    targets = preprocessing.output.measure(columns)
    if targets is not None:
        figures["targets"] = _quantiles(targets)
    if known is not None and measured.tokens is not None:
        outside = sum(count for token, count in measured.tokens.items() if token not in known)
        figures["out_of_vocabulary"] = share(outside, sum(measured.tokens.values()))
    return figures


def share(part: int, whole: int) -> float:
    """The share of a part; 0 if the whole is 0."""
    return part / whole if whole else 0.0


def _quantiles(lengths: np.ndarray) -> dict[str, float]:
    if len(lengths) == 0:
        return dict.fromkeys((*QUANTILES, "mean"), 0)
    # Only values that occur, not a median of 18.5 tokens.
    quantiles = np.quantile(lengths, list(QUANTILES.values()), method="inverted_cdf")
    return dict(zip(QUANTILES, quantiles.astype(int).tolist(), strict=True)) | {
        "mean": float(lengths.mean())
    }


def _duplicates(examples: Examples, inputs: Sequence[Column]) -> dict[str, Any]:
    """Inputs that occur more than once, ignoring case and spaces of texts.

    Args:
        examples: all splits.
        inputs: columns of the input.

    Returns:
        `inside`: for each split, the examples with the input of an earlier one;
        `across`: for each pair "earlier/later" of splits, the examples of the later one whose
        input is also in the earlier one; `conflicting`: the number of inputs that occur with
        different labels, in any split.
    """
    seen: dict[str, set[bytes]] = {}
    label_of: dict[bytes, int] = {}
    conflicting: set[bytes] = set()
    inside: dict[str, int] = {}
    across: dict[str, int] = {}
    for name in SPLITS:
        columns = examples.splits[name]
        fingerprints = _fingerprints(columns, inputs)
        for fingerprint, label in zip(fingerprints, columns.get("label", ()), strict=False):
            if label_of.setdefault(fingerprint, label) != label:
                conflicting.add(fingerprint)
        for earlier, known in seen.items():
            across[f"{earlier}/{name}"] = sum(each in known for each in fingerprints)
        seen[name] = set(fingerprints)
        inside[name] = len(fingerprints) - len(seen[name])
    return {"inside": inside, "across": across, "conflicting": len(conflicting)}


def _fingerprints(columns: Columns, inputs: Sequence[Column]) -> list[bytes]:
    """The fingerprint of each example's input."""
    present = [column for column in inputs if column.name in columns]
    identities = (map(KINDS[each.kind].identity, columns[each.name]) for each in present)
    return [fingerprint_of(*example) for example in zip(*identities, strict=True)]
