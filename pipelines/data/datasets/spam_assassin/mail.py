"""The raw bytes of an e-mail -> its subject and its body, as a mail program would show them.

Nothing here trusts a mail: what is declared wrongly is read as well as it can be, never refused,
because spam is full of it.
"""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from email.header import decode_header
from email.message import Message
from html.parser import HTMLParser

LIKELY = "cp1252"
"""What bytes are read as that are not what their mail says, nor UTF-8."""

HTML = re.compile(r"(?i)<(html|body|table)\b")
"""Mails that say they are plain and are not."""

BREAKING = re.compile("blockquote|br|center|div|h[1-6r]|li|ol|p|table|td|th|title|tr|ul")
"""Elements that begin a line."""

UNSEEN = ("script", "style")


def read_mail(content: bytes) -> tuple[str, str]:
    """Subject and body of a mail.

    Of a mail in several forms the plain one is taken; of one in HTML alone the text, with each
    link's address in `<>` before it and each picture as `[image]`, as programs show it that do
    not show HTML. Attached files are left out.

    Args:
        content: of the whole mail, headers first (RFC 5322).

    Returns:
        The subject in one line, and the body without blank lines; either may be empty.
    """
    message = email.message_from_bytes(content)
    parts = [part for part in message.walk() if _is_text(part)]
    plain = [_shown(part) for part in parts if part.get_content_subtype() != "html"]
    body = "\n".join(plain).strip() or "\n".join(map(_shown, parts))
    return _subject(message), "\n".join(_lines(body))


def _is_text(part: Message) -> bool:
    return part.get_content_maintype() == "text" and not part.get_filename()


def _shown(part: Message) -> str:
    content = part.get_payload(decode=True)
    text = _text(content if isinstance(content, bytes) else b"", part.get_content_charset())
    if part.get_content_subtype() != "html" and not HTML.search(text):
        return text
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return "".join(reader.parts)


def _subject(message: Message) -> str:
    # A `Header` where it holds bytes that are not ASCII; as text these would be lost.
    parts = decode_header(message.get("Subject", ""))
    texts = [_text(part, name) if isinstance(part, bytes) else part for part, name in parts]
    return " ".join("".join(texts).split())


def _text(content: bytes, charset: str | None) -> str:
    for name in (charset or "utf-8", "utf-8"):
        try:
            return content.decode(name)
        except (LookupError, ValueError):  # no such charset, or not in it
            continue
    return content.decode(LIKELY, "replace")


def _lines(text: str) -> Iterator[str]:
    for line in text.replace("\0", " ").splitlines():
        if words := " ".join(line.split()):
            yield words


class _Reader(HTMLParser):
    """Collects what a page shows."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called for each element."""
        self._unseen += tag in UNSEEN
        if BREAKING.fullmatch(tag):
            self.parts.append("\n")
        address = dict(attrs).get("href")
        if tag == "a" and address:
            self.parts.append(f" <{address}> ")
        elif tag == "img":
            self.parts.append(" [image] ")

    def handle_endtag(self, tag: str) -> None:
        """Called for each end of an element."""
        self._unseen = max(0, self._unseen - (tag in UNSEEN))
        if BREAKING.fullmatch(tag):
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        """Called for text between elements."""
        if not self._unseen:
            self.parts.append(data)
