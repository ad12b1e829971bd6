"""What of a mail its writer wrote, and what its subject says without the marks of mail programs."""

from __future__ import annotations

import re

REPLY = re.compile(r"(?i)(\[[^\]]*\]\s*)*(re|aw|sv)\s*(\[\d+\]|\^\d+)?\s*:")
BEFORE = re.compile(
    r"(?i)(re|aw|sv|fwd?|fw)\s*(\[\d+\]|\^\d+)?\s*:\s*|\[[^\]]*\]:?\s*|\(fwd\)\s*|\*+\s*"
)
"""What mail programs and mailing lists put before a subject."""
BEHIND = re.compile(r"(?i)\s*(\((fwd|was:?\b[^()]*)\)|\[[^\]]*\])$")

QUOTED = re.compile(r"[A-Za-z]{0,4}>|[|:}%] ")
ATTRIBUTION = re.compile(r"(?i).*\b(wrote|writes|said|says)\s*:$")
"""The line that says whom the next ones quote."""
HEADER = re.compile(
    r"(?i)(old-)?(url|date|from|to|cc|subject|sent|sender|message-id|reply-to|newsgroups"
    r"|user-agent|status): ?.*"
)
"""Of a mail within the mail; it may hold the subject."""
END = re.compile(
    r"(?i)--$|-{2,} ?original message|-{2,} ?(begin|end) |[-_=*]{8,}|to unsubscribe|_{3,}$"
)
"""Where a signature, the foot of a mailing list or a forwarded mail begins."""
PLACE = re.compile(r"<[^<>\s]*>|\w+://\S+|www\.\S+|\[(image|\d+)\]")
"""Link addresses, link numbers and pictures."""
WORD = re.compile(r"[^\W\d_]+")


def is_reply(subject: str) -> bool:
    """Whether the subject is that of a reply."""
    return bool(REPLY.match(subject))


def clean_subject(subject: str) -> str:
    """A subject in one line, without `Fwd:` and names of lists."""
    text = " ".join(subject.split())
    while mark := BEFORE.match(text):
        text = text[mark.end() :]
    while (shorter := BEHIND.sub("", text)) != text:
        text = shorter
    return text


def clean_body(body: str) -> str:
    """What the writer of a mail wrote, in one line.

    Left out are quoted lines and who is quoted, headers of mails within the mail, addresses of
    links, and all from a signature or the foot of a list on; of a rule or a forwarded mail that
    comes first, the mark alone.
    """
    kept: list[str] = []
    for line in map(str.strip, body.splitlines()):
        if END.match(line):
            if kept:
                break
        elif not (QUOTED.match(line) or ATTRIBUTION.fullmatch(line) or HEADER.fullmatch(line)):
            kept += PLACE.sub(" ", line).split()
    return " ".join(kept)


def words_of(text: str) -> list[str]:
    """The words of a text, of letters alone, in lower case."""
    return WORD.findall(text.casefold())
