"""Raw rows -> `Examples`: cleaned, split, encoded, with every removal counted.

All sources end here, so that one decision about empty texts, duplicates or rare labels holds
for all of them:

- a row without a text or a label is left out, of whichever split;
- held-out splits that the data bring are not changed otherwise: they are somebody's benchmark;
- a text that is also in a later split (train < validation < test) leaves the earlier one;
- what is left for training keeps each text once, and none with different labels;
- a label that cannot be in each split that is made here, or that training lacks, is left out.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.errors import UserError
from pipelines.examples import SPLITS, Columns, Examples, Provenance
from pipelines.splits import distinct, fingerprint, rare, stratify

if TYPE_CHECKING:
    from pipelines.config import DataSettings
    from pipelines.task import Task

FEWEST = 10
"""Examples that must be left: with fewer no split means anything."""

Rows = dict[str, list[Any]]
"""One split before encoding: a list per column of the task, all of the same length."""


@dataclass
class Raw:
    """What a source read.

    Attributes:
        name: what the user calls it: a data set, a file.
        splits: `train`, and `validation` and `test` where the data bring them.
        labels: the classes in their order, where the data say it; else they will be sorted.
        removed: what was left out so far.
    """

    name: str
    splits: dict[str, Rows]
    labels: tuple[str, ...] = ()
    removed: Counter[str] = field(default_factory=Counter)


def assemble(
    task: Task,
    raw: Raw,
    settings: DataSettings,
    seed: int,
    source: str,
    version: str = "",
    licence: str = "",
) -> Examples:
    """Cleans, splits and encodes.

    Args:
        task: whose columns the rows have.
        raw: the rows.
        settings: for the shares of splits that have to be made.
        seed: of these splits.
        source: `embedded`, `canonical` or `yours`.
        version: of the data set.
        licence: of the data.

    Raises:
        UserError: too few examples or classes are left.
    """
    kinds = {column.name: column.kind for column in task.problem.columns}
    label = next((name for name, kind in kinds.items() if kind == "label"), "")
    before = sum(_size(rows) for rows in raw.splits.values())
    _drop_incomplete_numbers(task, raw)
    for split, rows in raw.splits.items():
        raw.splits[split] = _without_gaps(rows, task, raw.removed)
    if label and label not in raw.splits["train"]:
        label = ""
    prints = _without_leaks(raw, [name for name, kind in kinds.items() if kind == "text"], label)
    _make_splits(raw, settings, prints, label, seed)
    if label:
        _without_unknown_labels(raw, label)
    _check(raw, label, before)

    found = set(raw.splits["train"].get(label, ()))
    labels = raw.labels or tuple(sorted(found, key=_order(found)))
    splits = {
        split: _encode(raw.splits[split], kinds, {name: i for i, name in enumerate(labels)})
        for split in SPLITS
    }
    return Examples(
        splits=splits,
        labels=labels,
        provenance=Provenance(
            source=source,
            name=raw.name,
            version=version,
            digest=digest(splits, labels),
            licence=licence,
            removed={reason: count for reason, count in raw.removed.items() if count},
        ),
    )


def digest(splits: dict[str, Columns], labels: Sequence[str]) -> str:
    """SHA-256 over the content of all splits in order, its first 16 hex characters.

    Args:
        splits: as in `Examples`.
        labels: as in `Examples`.
    """
    total = hashlib.sha256(repr(tuple(labels)).encode())
    for split in SPLITS:
        for name, values in sorted(splits[split].items()):
            total.update(f"{split}/{name}/{len(values)};".encode())
            if values.dtype == object:
                texts = [text.encode() for text in values]
                # The lengths tell apart what would be equal once the texts are joined.
                total.update(np.array([len(text) for text in texts], np.int64).tobytes())
                total.update(b"".join(texts))
            else:
                total.update(np.ascontiguousarray(values).tobytes())
    return total.hexdigest()[:16]


def _size(rows: Rows) -> int:
    return len(next(iter(rows.values()), ()))


def _order(labels: set[str]) -> Callable[[str], Any]:
    """By value where all labels are numbers (2 before 10), else by name."""
    return float if all(math.isfinite(_number(label)) for label in labels) else str


def _take(rows: Rows, positions: Sequence[int]) -> Rows:
    if len(positions) == _size(rows):
        return rows
    return {name: [values[i] for i in positions] for name, values in rows.items()}


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def _drop_incomplete_numbers(task: Task, raw: Raw) -> None:
    """Makes number columns numbers; an optional one with gaps is not used at all.

    The task can do without it, but not with holes in it, and rows that are fine otherwise
    should not be lost over a column that nobody asked for.
    """
    for column in task.problem.columns:
        if column.kind != "number" or column.name not in raw.splits["train"]:
            continue
        gaps = 0
        for rows in raw.splits.values():
            rows[column.name] = [_number(value) for value in rows.get(column.name, ())]
            gaps += _size(rows) - sum(map(math.isfinite, rows[column.name]))
        if gaps and column.optional:
            raw.removed[f"rows without a number in '{column.name}', so that column is unused"] = (
                gaps
            )
            for rows in raw.splits.values():
                del rows[column.name]


def _without_gaps(rows: Rows, task: Task, removed: Counter[str]) -> Rows:
    """Leaves out rows that lack a value which the task needs."""
    for column in task.problem.columns:
        if column.name not in rows or (column.optional and column.kind == "text"):
            continue
        values = rows[column.name]
        if column.kind == "number":
            kept = [i for i, value in enumerate(values) if math.isfinite(value)]
        else:
            kept = [i for i, value in enumerate(values) if value and not value.isspace()]
        removed[f"empty {column.name}"] += len(values) - len(kept)
        rows = _take(rows, kept)
    return rows


def _without_leaks(raw: Raw, texts: list[str], label: str) -> list[bytes]:
    """Sees to it that no text is in two splits, or twice in training; fingerprints of these."""
    held_out: set[bytes] = set()
    prints: list[bytes] = []
    for split in reversed(SPLITS):
        if split not in raw.splits:
            continue
        rows = raw.splits[split]
        prints = _prints(rows, texts)
        kept = [i for i, mark in enumerate(prints) if mark not in held_out]
        raw.removed[f"in {split} and also in a split held out"] += len(prints) - len(kept)
        rows, prints = _take(rows, kept), [prints[i] for i in kept]
        held_out.update(prints)
        if split == "train":
            kept, removed = distinct(prints, rows.get(label) or [""] * len(prints))
            raw.removed.update(removed)
            rows, prints = _take(rows, kept), [prints[i] for i in kept]
        raw.splits[split] = rows
    return prints


def _prints(rows: Rows, texts: list[str]) -> list[bytes]:
    names = [name for name in texts if name in rows] or list(rows)
    return [
        fingerprint(*map(str, values)) for values in zip(*(rows[n] for n in names), strict=True)
    ]


def _make_splits(
    raw: Raw, settings: DataSettings, prints: list[bytes], label: str, seed: int
) -> None:
    """Carves the held-out splits that the data do not bring out of their training split."""
    shares = {}
    if "test" not in raw.splits:
        shares["test"] = settings.test_share
    if "validation" not in raw.splits:
        shares["validation"] = settings.validation_share * (1 - sum(shares.values()))
    if not shares:
        return
    rows = raw.splits["train"]
    if label:
        few = rare(rows[label], len(shares) + 1)
        kept = [i for i, name in enumerate(rows[label]) if name not in few]
        reason = f"label with fewer than {len(shares) + 1} examples"
        raw.removed[reason] += _size(rows) - len(kept)
        rows, prints = _take(rows, kept), [prints[i] for i in kept]
    where = stratify(prints, rows.get(label) or [""] * _size(rows), shares, seed)
    for split in ("train", *shares):
        raw.splits[split] = _take(rows, [i for i, name in enumerate(where) if name == split])


def _without_unknown_labels(raw: Raw, label: str) -> None:
    """Leaves out held-out examples of classes that training never shows."""
    known = set(raw.splits["train"][label])
    for split in SPLITS[1:]:
        rows = raw.splits[split]
        kept = [i for i, name in enumerate(rows[label]) if name in known]
        raw.removed["label that training lacks"] += _size(rows) - len(kept)
        raw.splits[split] = _take(rows, kept)


def _check(raw: Raw, label: str, before: int) -> None:
    left = sum(_size(rows) for rows in raw.splits.values())
    reasons = ", ".join(f"{reason}: {n}" for reason, n in raw.removed.items() if n)
    lost = f" ({before} were read; left out: {reasons})" if reasons else ""
    if label and left:
        classes = sorted(set(raw.splits["train"][label]))
        if len(classes) < 2:
            raise UserError(
                f"{raw.name}: {_classes(classes)}{lost}; at least two are needed, each with three "
                f"different texts. If another column holds the class, say so: {label.upper()}=name."
            )
    if left < FEWEST:
        raise UserError(
            f"{raw.name}: {left} usable examples{lost}; at least {FEWEST} are needed to train, "
            f"validate and test."
        )
    for split in SPLITS:
        if not _size(raw.splits[split]):
            raise UserError(f"{raw.name}: no usable example in its split '{split}'{lost}.")


def _classes(classes: list[str]) -> str:
    return f"'{classes[0]}' is the only class" if classes else "no class is left"


def _encode(rows: Rows, kinds: dict[str, str], index: dict[str, int]) -> Columns:
    columns: Columns = {}
    for name, values in rows.items():
        if kinds[name] == "label":
            columns[name] = np.array([index[value] for value in values], np.int64)
        elif kinds[name] == "number":
            columns[name] = np.array(values, np.float32)
        else:
            columns[name] = np.array(values, object)
    return columns
