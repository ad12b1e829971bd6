"""Rows -> rows in three splits, and long values -> segments within a split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pipelines.data.examples import Column
from pipelines.data.kinds import KINDS, Cut, of_role
from pipelines.data.sources.cleaning import FINGERPRINT, identities_of, labels_of
from pipelines.data.sources.rows import Raw, Rows, by_split, size, take
from pipelines.data.splits import Folds, Split, Unsplit
from pipelines.runtime.errors import UserError

if TYPE_CHECKING:
    from pipelines.config import DataSettings


def in_splits(
    raw: Raw, split: Split, columns: Sequence[Column], settings: DataSettings, seed: int
) -> Raw:
    """Splits off the held-out splits that the data lack from the training split.

    Args:
        raw: cleaned.
        split: how the task's examples are split.
        columns: those that the rows have.
        settings: shares and fold.
        seed: of the splits.

    Raises:
        UserError: the data cannot be split that way.
    """
    shares = _shares(raw, settings)
    if settings.fold and not (isinstance(split, Folds) and len(shares) == 2):
        raise UserError(f"{raw.name}: its splits are not made of folds; leave FOLD out.")
    if not shares:
        return raw
    parts = _divided(raw.splits["train"], columns, shares)
    if parts:
        return raw.updated(parts)
    raw = _without_rare_labels(raw, columns, len(shares) + 1)
    rows = raw.splits["train"]
    groups = next((identities_of(rows, column) for column in of_role(columns, "group")), [])
    unsplit = Unsplit(raw.name, rows[FINGERPRINT], labels_of(rows, columns), groups)
    empty = {name: take(rows, []) for name in ("train", *shares)}
    names = split.assign(unsplit, shares, seed, settings.fold)
    return raw.updated(empty | by_split(rows, names))


def _shares(raw: Raw, settings: DataSettings) -> dict[str, float]:
    """The held-out splits that the data lack, each with its share of the training split."""
    shares = {}
    if "test" not in raw.splits:
        shares["test"] = settings.test_share
    if "validation" not in raw.splits:
        shares["validation"] = settings.validation_share * (1 - sum(shares.values()))
    return shares


def _divided(rows: Rows, columns: Sequence[Column], shares: Mapping[str, float]) -> dict[str, Rows]:
    """The splits of divided documents, if there are fewer documents than splits."""
    for name, cut in _long(columns):
        if cut.divide and size(rows) <= len(shares):
            parts = [cut.divide(value, shares) for value in rows[name]]
            return {
                split: {**rows, name: [part[split] for part in parts]}
                for split in ("train", *shares)
            }
    return {}


def _without_rare_labels(raw: Raw, columns: Sequence[Column], parts: int) -> Raw:
    """Removes labels with fewer examples than splits."""
    if not of_role(columns, "label"):
        return raw
    labels = labels_of(raw.splits["train"], columns)
    counts = Counter(labels)
    kept = [i for i, label in enumerate(labels) if counts[label] >= parts]
    return raw.keep("train", kept, f"label with fewer than {parts} examples")


def in_segments(raw: Raw, columns: Sequence[Column], settings: DataSettings) -> Raw:
    """Cuts long values into segments, one row each; the other columns are repeated.

    Args:
        raw: in splits.
        columns: those that the rows have.
        settings: lengths of passages and windows.
    """
    for name, cut in _long(columns):
        for split, rows in raw.splits.items():
            length = getattr(settings, cut.setting)
            cuts = [cut.segments(value, length, split == "train") for value in rows[name]]
            positions = [row for row, (segments, _) in enumerate(cuts) for _ in segments]
            values = [segment for segments, _ in cuts for segment in segments]
            reason = "rest of a recording, shorter than half a window"
            dropped = sum(number for _, number in cuts)
            raw = raw.updated({split: {**take(rows, positions), name: values}}, {reason: dropped})
    return raw


def _long(columns: Sequence[Column]) -> list[tuple[str, Cut]]:
    """The columns whose values are cut."""
    return [(c.name, cut) for c in columns if (cut := KINDS[c.kind].cut)]
