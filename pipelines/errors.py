"""The one exception for a user's mistake."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """A mistake of the user's: one line that says what, where, the choices and the way out.

    The command line prints it without a traceback and exits with code 2.
    """


def unknown(what: str, value: str, choices: Iterable[str]) -> UserError:
    """The error for a name that is not among the choices, with the nearest one suggested.

    Args:
        what: the kind of thing, such as "task".
        value: what was given.
        choices: the names that exist.
    """
    names = sorted(choices)
    near = difflib.get_close_matches(value, names, n=1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    return UserError(f"unknown {what} '{value}'.{hint} Choices: {', '.join(names) or 'none'}.")
