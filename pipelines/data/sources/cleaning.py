"""Removes rows before they are split; each step returns new rows.

- Rows without a text or a label are removed from all splits.
- Held-out splits are not changed otherwise, so that results stay comparable.
- An input that is also in a later split (train < validation < test) is removed from the earlier.
- In training each input is kept once, and none with different labels; with target texts each pair
  of input and target is kept once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from pipelines.data.examples import SPLITS, Column
from pipelines.data.kinds import KINDS, of_role
from pipelines.data.sources.rows import Raw, Rows, changed, size, take
from pipelines.data.splits import distinct, fingerprint_of

FINGERPRINT = "#fingerprint"
"""Column of rows: the fingerprint of their inputs."""


def with_numbers(raw: Raw, columns: Sequence[Column]) -> Raw:
    """Converts number columns to numbers; an optional one with gaps is removed.

    No row is removed because of an optional column.
    """
    for column in of_role(columns, "number"):
        if column.name not in raw.splits["train"]:
            continue
        splits = {
            split: changed(rows, [column.name], _number) for split, rows in raw.splits.items()
        }
        gaps = sum(
            not math.isfinite(value) for rows in splits.values() for value in rows[column.name]
        )
        if gaps and column.optional:
            splits = {split: without_column(rows, column.name) for split, rows in splits.items()}
            reason = f"rows without a number in '{column.name}', so that column is unused"
            raw = raw.updated(splits, {reason: gaps})
        else:
            raw = raw.updated(splits)
    return raw


def without_column(rows: Rows, name: str) -> Rows:
    """The rows without one of their columns."""
    return {other: values for other, values in rows.items() if other != name}


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def without_blanks(raw: Raw, columns: Sequence[Column]) -> Raw:
    """Removes rows without a value that the task needs."""
    needed = [c for c in columns if not (c.optional and KINDS[c.kind].may_be_blank)]
    for split in raw.splits:
        for column in needed:
            values = raw.splits[split].get(column.name)
            if values is not None:
                is_blank = KINDS[column.kind].is_blank
                filled = [i for i, value in enumerate(values) if not is_blank(value)]
                raw = raw.keep(split, filled, f"empty {column.name}")
    return raw


def fingerprinted(raw: Raw, columns: Sequence[Column]) -> Raw:
    """Adds the column `FINGERPRINT`: of the inputs, or of all columns if there are none."""
    inputs = of_role(columns, "input") or columns

    def added(rows: Rows) -> Rows:
        identities = (identities_of(rows, column) for column in inputs)
        return {**rows, FINGERPRINT: list(map(fingerprint_of, *identities))}

    return raw.updated({split: added(rows) for split, rows in raw.splits.items()})


def identities_of(rows: Rows, column: Column) -> list[str]:
    """The identity of each value of a column; equal values have equal identities."""
    return [KINDS[column.kind].identity(value) for value in rows[column.name]]


def without_leaks(raw: Raw) -> Raw:
    """Removes rows whose input is also in a later split."""
    held_out: set[bytes] = set()
    for split in reversed(SPLITS):
        if split in raw.splits:
            fingerprints = raw.splits[split][FINGERPRINT]
            unseen = [i for i, each in enumerate(fingerprints) if each not in held_out]
            raw = raw.keep(split, unseen, f"in {split} and also in a held-out split")
            held_out.update(fingerprints)
    return raw


def without_duplicates(raw: Raw, columns: Sequence[Column]) -> Raw:
    """Keeps each training example once, and none with different labels."""
    rows = raw.splits["train"]
    targets = [identities_of(rows, column) for column in of_role(columns, "target")]
    identities = list(zip(rows[FINGERPRINT], *targets, strict=True))
    kept, removed = distinct(identities, labels_of(rows, columns))
    return raw.updated({"train": take(rows, kept)}, removed)


def labels_of(rows: Rows, columns: Sequence[Column]) -> list[str]:
    """The label of each row; "" if there are none."""
    return next((rows[c.name] for c in of_role(columns, "label")), [""] * size(rows))


def without_unknown_labels(raw: Raw, columns: Sequence[Column]) -> Raw:
    """Removes held-out examples of classes that are missing from training."""
    if not of_role(columns, "label"):
        return raw
    known = set(labels_of(raw.splits["train"], columns))
    for split in SPLITS[1:]:
        labels = labels_of(raw.splits[split], columns)
        kept = [i for i, label in enumerate(labels) if label in known]
        raw = raw.keep(split, kept, "label missing from training")
    return raw
