"""Which of a table's columns is which of the task's: told, known by name, or guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pipelines.errors import UserError

if TYPE_CHECKING:
    from pipelines.config import DataSettings
    from pipelines.task import Column

MOST_CLASSES = 100
LONGEST_LABEL = 50
WORDS_OF_A_TEXT = 3


def match(
    wanted: Sequence[Column],
    kinds: Mapping[str, set[str]],
    settings: DataSettings,
    where: str,
) -> dict[str, str]:
    """Finds a column of the data for each of the task's.

    In this order: the one that the settings name, the one of the task's own name, the one of
    an alias, the only one whose content fits. An optional column is never guessed by content.

    Args:
        wanted: the task's columns.
        kinds: the data's columns, each with the kinds that its content could be.
        settings: has a setting of a column's name where the user may choose it.
        where: the data's name, for messages.

    Returns:
        The task's name of a column -> the data's; optional ones that are not there are missing.

    Raises:
        UserError: one is not there, or more than one fits.
    """
    found: dict[str, str] = {}
    for column in wanted:
        chosen = str(getattr(settings, column.name, ""))
        if chosen:
            found[column.name] = _exact(chosen, kinds, where, column)
        elif named := _by_name(column, kinds, where):
            found[column.name] = named
    for column in wanted:
        if column.name in found or column.optional:
            continue
        free = [name for name in kinds if name not in found.values()]
        fitting = [name for name in free if column.kind in kinds[name]]
        if len(fitting) != 1:
            raise UserError(
                f"{where}: {_why(column, fitting)}. Its columns: {_list(kinds)}. "
                f"Choose one: {column.name.upper()}=name."
            )
        found[column.name] = fitting[0]
    for name, original in found.items():
        twins = [other for other in found if found[other] == original and other != name]
        if twins:
            raise UserError(
                f"{where}: column '{original}' is taken for both {name} and {twins[0]}. "
                f"Its columns: {_list(kinds)}. Choose: {name.upper()}=name {twins[0].upper()}=name."
            )
    return found


def kinds_of(values: Sequence[str]) -> set[str]:
    """What a column of text cells could be, by its content: texts, labels, neither.

    Args:
        values: the whole column; a file sorted by class would deceive a look at its head.
    """
    filled = [value for value in values if value.strip()]
    if not filled:
        return set()
    different = set(filled)
    short = all(len(value) <= LONGEST_LABEL for value in different)
    if 2 <= len(different) <= min(MOST_CLASSES, len(filled) // 2) and short:
        return {"label"}
    words = sum(value.count(" ") + 1 for value in different) / len(different)
    if words >= WORDS_OF_A_TEXT and len(different) > len(filled) // 2:
        return {"text", "document", "target"}
    return set()


def _exact(chosen: str, kinds: Mapping[str, set[str]], where: str, column: Column) -> str:
    if chosen in kinds:
        return chosen
    alike = [name for name in kinds if name.strip().casefold() == chosen.casefold()]
    if len(alike) == 1:
        return alike[0]
    raise UserError(
        f"{where} has no column '{chosen}' ({column.name.upper()}={chosen}). "
        f"Its columns: {_list(kinds)}."
    )


def _by_name(column: Column, kinds: Mapping[str, set[str]], where: str) -> str:
    plain = {name.strip().casefold(): name for name in kinds}
    if column.name.casefold() in plain:
        return plain[column.name.casefold()]
    alike = [plain[alias.casefold()] for alias in column.aliases if alias.casefold() in plain]
    if len(alike) > 1:
        raise UserError(
            f"{where}: {' and '.join(alike)} could each be the {column.name}. "
            f"Its columns: {_list(kinds)}. Choose one: {column.name.upper()}=name."
        )
    return alike[0] if alike else ""


def _why(column: Column, fitting: Sequence[str]) -> str:
    if fitting:
        return f"{' and '.join(fitting)} could each be the {column.name}"
    return f"no column is named or looks like the {column.name}"


def _list(kinds: Mapping[str, set[str]]) -> str:
    return ", ".join(kinds) or "none"
