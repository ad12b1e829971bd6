"""Raw rows -> `Examples`: cleaned, split, cut and encoded, with every removal counted.

All sources use it, so that empty texts, duplicates and rare labels are treated alike. `cleaning`
defines what is removed, the task's `split` how examples are split.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipelines.data.examples import SPLITS, Column, Examples, Provenance
from pipelines.data.kinds import of_role
from pipelines.data.sources import cleaning, splitting
from pipelines.data.sources.encoding import digest, encode
from pipelines.data.sources.rows import Raw, size
from pipelines.data.splits import in_order
from pipelines.runtime.errors import UserError

if TYPE_CHECKING:
    from pipelines.config import DataSettings
    from pipelines.task import Task

FEWEST = 10
"""Fewest examples that must remain for a meaningful split."""


def assemble(
    task: Task,
    raw: Raw,
    settings: DataSettings,
    seed: int,
    source: str,
    version: str = "",
    licence: str = "",
) -> Examples:
    """Cleans, splits, cuts and encodes.

    Args:
        task: has the columns and the kind of split.
        raw: the rows.
        settings: shares of the splits, and lengths of passages and windows.
        seed: of the splits.
        source: `embedded`, `canonical` or `yours`.
        version: of the data set.
        licence: of the data.

    Raises:
        UserError: too few examples or classes remain.
    """
    rows_read = raw.size
    raw = cleaning.with_numbers(raw, task.columns)
    raw = cleaning.without_blanks(raw, task.columns)
    columns = [column for column in task.columns if column.name in raw.splits["train"]]
    raw = cleaning.fingerprinted(raw, columns)
    raw = cleaning.without_leaks(raw)
    raw = cleaning.without_duplicates(raw, columns)
    raw = splitting.in_splits(raw, task.split, columns, settings, seed)
    raw = splitting.in_segments(raw, columns, settings)
    raw = cleaning.without_unknown_labels(raw, columns)
    _check(raw, columns, rows_read)
    labels = _labels(raw, columns)
    splits = {split: encode(raw.splits[split], columns, labels) for split in SPLITS}
    return Examples(
        splits=splits,
        labels=labels,
        provenance=Provenance(
            source=source,
            name=raw.name,
            version=version,
            digest=digest(splits, labels),
            licence=licence,
            removed=dict(raw.removed),
        ),
    )


def _labels(raw: Raw, columns: Sequence[Column]) -> tuple[str, ...]:
    """The classes in the order of their indices."""
    if raw.labels or not of_role(columns, "label"):
        return raw.labels
    return tuple(in_order(cleaning.labels_of(raw.splits["train"], columns)))


def _check(raw: Raw, columns: Sequence[Column], rows_read: int) -> None:
    reasons = ", ".join(f"{reason}: {count}" for reason, count in raw.removed.items())
    lost = f" ({rows_read} read; left out: {reasons})" if reasons else ""
    for label in of_role(columns, "label") if raw.size else ():
        classes = sorted(set(raw.splits["train"][label.name]))
        if len(classes) < 2:
            raise UserError(
                f"{raw.name}: {_classes(classes)}{lost}; at least two are needed, each with"
                f" three different inputs. If another column is the label, choose it:"
                f" {label.name.upper()}=name."
            )
    if raw.size < FEWEST:
        raise UserError(
            f"{raw.name}: {raw.size} usable examples{lost}; at least {FEWEST} are needed for"
            f" training, validation and test."
        )
    for split in SPLITS:
        if not size(raw.splits[split]):
            raise UserError(f"{raw.name}: no usable example in its split '{split}'{lost}.")


def _classes(classes: list[str]) -> str:
    return f"'{classes[0]}' is the only class" if classes else "no class is left"
