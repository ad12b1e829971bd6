"""What the server answers when it cannot answer."""

from __future__ import annotations

LONGEST = 500


class ServingError(Exception):
    """A request that is refused: an HTTP status and one line for the client.

    Attributes:
        status: the HTTP status code.
        message: one line.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = one_line(message)


def one_line(text: str) -> str:
    """The text without line breaks and control characters, cut where it is very long."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= LONGEST else line[: LONGEST - 4] + " ..."


def graph_message(text: str) -> str:
    """The sentence of a TensorFlow error that says what is wrong with the input.

    TensorFlow wraps it in the place in the graph, and sometimes in the traceback of whoever built
    the model; the sentence is what comes just before the node's name in double brackets.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for index, line in enumerate(lines):
        if line.startswith("[[{{node") and index:
            return one_line(lines[index - 1])
    head = lines[0] if lines else "the graph refused the input"
    return one_line(head.partition(" [Op:")[0].partition(" [[{{node")[0])
