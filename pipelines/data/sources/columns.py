"""Maps the columns of a table to those of the task: by setting, by name, or by content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from pipelines.data.kinds import KINDS, Cells
from pipelines.runtime.errors import UserError

if TYPE_CHECKING:
    from pipelines.config import DataSettings
    from pipelines.data.examples import Column


def match(
    columns: Sequence[Column], kinds: Mapping[str, set[str]], settings: DataSettings, where: str
) -> dict[str, str]:
    """Matches the columns of the data to those of the task.

    In this order: the column of the setting, the one of the same name, the one of an alias, and
    the only one whose content fits. An optional column is never guessed by its content.

    Args:
        columns: the task's columns.
        kinds: the data's columns with the kinds that their content fits.
        settings: has a setting of a column's name if the user may choose it.
        where: the data's name, for messages.

    Returns:
        The task's name of a column -> the data's; optional columns may be missing.

    Raises:
        UserError: a column is missing, or several fit.
    """
    matched: dict[str, str] = {}
    for column in columns:
        chosen = getattr(settings, column.name, "")
        if chosen and isinstance(chosen, str):  # `lag` is a setting of another kind
            matched[column.name] = _exact(chosen, kinds, where, column)
        elif named := _by_name(column, kinds, where):
            matched[column.name] = named
    for column in columns:
        if column.name in matched or column.optional:
            continue
        free = [name for name in kinds if name not in matched.values()]
        fitting = [name for name in free if column.kind in kinds[name]]
        if len(fitting) != 1:
            raise UserError(
                f"{where}: {_problem(column, fitting)}. Its columns: {_list(kinds)}. "
                f"{_advice(column, settings)}."
            )
        matched[column.name] = fitting[0]
    for name, original in matched.items():
        twins = [other for other in matched if matched[other] == original and other != name]
        if twins:
            raise UserError(
                f"{where}: column '{original}' is used as both {name} and {twins[0]}. Its"
                f" columns: {_list(kinds)}. Choose: {name.upper()}=name"
                f" {twins[0].upper()}=name."
            )
    return matched


def kinds_of(values: Iterable[str]) -> set[str]:
    """The kinds that the content of a column of text cells fits.

    Args:
        values: the whole column.
    """
    cells = Cells(values)
    return {name for name, kind in KINDS.items() if kind.cells and kind.cells(cells)}


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


def _problem(column: Column, fitting: Sequence[str]) -> str:
    if fitting:
        return f"{' and '.join(fitting)} could each be the {column.name}"
    return f"no column is named or looks like the {column.name}"


def _advice(column: Column, settings: DataSettings) -> str:
    if hasattr(settings, column.name):
        return f"Choose one: {column.name.upper()}=name"
    names = " or ".join((column.name, *column.aliases))
    return f"Rename the one that is meant to {names}"


def _list(kinds: Mapping[str, set[str]]) -> str:
    return ", ".join(kinds) or "none"
