"""The exception for mistakes of the user."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """A mistake of the user: one line with what is wrong, where, and how to fix it.

    The command line prints it without a traceback and exits with code 2.
    """


def unknown(what: str, value: str, choices: Iterable[str]) -> UserError:
    """The error for a name that is not among the choices; suggests the nearest one.

    Args:
        what: kind of name, such as "task".
        value: the unknown name.
        choices: the known names.
    """
    names = sorted(choices)
    near = difflib.get_close_matches(value, names, n=1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    return UserError(f"unknown {what} '{value}'.{hint} Choices: {', '.join(names) or 'none'}.")
