"""Checks of PNG and JPEG files."""

from __future__ import annotations

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
SUFFIXES = (".png", ".jpg", ".jpeg")


def check(content: bytes) -> None:
    """Checks the beginning and the end of a file.

    Args:
        content: of the file.

    Raises:
        ValueError: it is not a PNG or JPEG file, or truncated.
    """
    if content.startswith(PNG):
        whole = b"IEND" in content[-1024:]
    elif content.startswith(JPEG):
        whole = b"\xff\xd9" in content[-1024:]
    else:
        raise ValueError("it is neither a PNG nor a JPEG file")
    if not whole:
        raise ValueError("it is truncated")
