"""Raw rows -> `Examples`: cleaned, split, encoded, with every removal counted.

All sources end here, so that one decision about empty texts, duplicates or rare labels holds
for all of them:

- a row without a text or a label is left out, of whichever split;
- held-out splits that the data bring are not changed otherwise: they are somebody's benchmark;
- an input that is also in a later split (train < validation < test) leaves the earlier one;
- what is left for training keeps each input once, and none with different labels; where something
  is to be written, an input may have several answers, and each of the pairs stays once;
- equal inputs are always in one split, and where splits are made here, all of a group;
- a label that cannot be in each split that is made here, or that training lacks, is left out.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipelines.errors import UserError
from pipelines.examples import SPLITS, Examples, Provenance
from pipelines.sources.encoding import digest, encode, prints_of
from pipelines.sources.passages import divided, in_passages
from pipelines.splits import distinct, rare, stratify

if TYPE_CHECKING:
    from pipelines.config import DataSettings
    from pipelines.task import Task

INPUTS = ("text", "document", "audio", "features")
"""Kinds of columns that a network reads."""

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
    label, document = (
        next((name for name, kind in kinds.items() if kind == wanted), "")
        for wanted in ("label", "document")
    )
    before = sum(_size(rows) for rows in raw.splits.values())
    _drop_incomplete_numbers(task, raw)
    for split, rows in raw.splits.items():
        raw.splits[split] = _without_gaps(rows, task, raw.removed)
    if label and label not in raw.splits["train"]:
        label = ""
    prints = _without_leaks(raw, kinds, label)
    group = next((name for name, kind in kinds.items() if kind == "group"), "")
    if group in raw.splits["train"]:
        prints = _groups(raw, group)
    shares = _shares(raw, settings)
    if document and _size(raw.splits["train"]) <= len(shares):
        raw.splits |= divided(raw.splits["train"], document, shares)
    elif shares:
        _make_splits(raw, shares, prints, label, seed)
    if document:
        for split, rows in raw.splits.items():
            raw.splits[split] = in_passages(rows, document, settings.passage)
    if label:
        _without_unknown_labels(raw, label)
    _check(raw, label, before)

    found = set(raw.splits["train"].get(label, ()))
    labels = raw.labels or tuple(sorted(found, key=_order(found)))
    splits = {
        split: encode(raw.splits[split], kinds, {name: i for i, name in enumerate(labels)})
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
            kept = [i for i, value in enumerate(values) if not _is_blank(value)]
        removed[f"empty {column.name}"] += len(values) - len(kept)
        rows = _take(rows, kept)
    return rows


def _is_blank(value: Any) -> bool:
    return not len(value) or (isinstance(value, str | bytes) and value.isspace())


def _without_leaks(raw: Raw, kinds: Mapping[str, str], label: str) -> list[bytes]:
    """Sees to it that no input is in two splits, or twice in training; fingerprints of these."""
    inputs = [name for name, kind in kinds.items() if kind in INPUTS]
    written = [name for name, kind in kinds.items() if kind == "target"]
    held_out: set[bytes] = set()
    prints: list[bytes] = []
    for split in reversed(SPLITS):
        if split not in raw.splits:
            continue
        rows = raw.splits[split]
        prints = prints_of(rows, inputs)
        kept = [i for i, mark in enumerate(prints) if mark not in held_out]
        raw.removed[f"in {split} and also in a split held out"] += len(prints) - len(kept)
        rows, prints = _take(rows, kept), [prints[i] for i in kept]
        held_out.update(prints)
        if split == "train":
            pairs = prints_of(rows, [*inputs, *written]) if written else prints
            kept, removed = distinct(pairs, rows.get(label) or [""] * len(prints))
            raw.removed.update(removed)
            rows, prints = _take(rows, kept), [prints[i] for i in kept]
        raw.splits[split] = rows
    return prints


def _groups(raw: Raw, group: str) -> list[bytes]:
    """Fingerprints of the groups of the training examples: what shares one stays together."""
    prints = prints_of(raw.splits["train"], [group])
    count, parts = len(set(prints)), 1 + len(set(SPLITS) - raw.splits.keys())
    if count < parts:
        raise UserError(
            f"{raw.name}: {count} different values of {group}, and {parts} splits that must share "
            f"none of them; say in a column split what is what, or leave the column {group} out."
        )
    return prints


def _shares(raw: Raw, settings: DataSettings) -> dict[str, float]:
    """The held-out splits that the data do not bring, each with its share of the training split."""
    shares = {}
    if "test" not in raw.splits:
        shares["test"] = settings.test_share
    if "validation" not in raw.splits:
        shares["validation"] = settings.validation_share * (1 - sum(shares.values()))
    return shares


def _make_splits(
    raw: Raw, shares: Mapping[str, float], prints: list[bytes], label: str, seed: int
) -> None:
    """Carves held-out splits out of the training split."""
    rows = raw.splits["train"]
    if label:
        few = rare(rows[label], len(shares) + 1)
        kept = [i for i, name in enumerate(rows[label]) if name not in few]
        reason = f"label with fewer than {len(shares) + 1} examples"
        raw.removed[reason] += _size(rows) - len(kept)
        rows, prints = _take(rows, kept), [prints[i] for i in kept]
    # Several answers to one input go together, and so does all of one group.
    first = {mark: place for place, mark in reversed(list(enumerate(prints)))}
    labels = rows.get(label) or [""] * _size(rows)
    named = stratify(list(first), [labels[place] for place in first.values()], shares, seed)
    split_of = dict(zip(first, named, strict=True))
    where = [split_of[mark] for mark in prints]
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
