"""Errors of the server."""

from __future__ import annotations

LONGEST = 500


class ServingError(Exception):
    """A request that cannot be answered: an HTTP status and one line for the client.

    Attributes:
        status: the HTTP status code.
        message: one line.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = one_line(message)


class BadRequest(ServingError):
    """A request that does not fit the API or the model: status 400."""

    def __init__(self, message: str) -> None:
        super().__init__(400, message)


def one_line(text: str) -> str:
    """The text without line breaks and control characters, shortened if it is very long."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= LONGEST else line[: LONGEST - 4] + " ..."


def graph_message(text: str) -> str:
    """The line of a TensorFlow error that describes the problem.

    TensorFlow adds the node of the graph, and sometimes the traceback of the code that built the
    model; the description is the line before the node's name in double brackets.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for index, line in enumerate(lines):
        if line.startswith("[[{{node") and index:
            return one_line(lines[index - 1])
    head = lines[0] if lines else "the graph rejected the input"
    return one_line(head.partition(" [Op:")[0].partition(" [[{{node")[0])
