"""The token ids that mean the same in every vocabulary."""

PADDING = 0
"""Fills a sequence up on the right; nothing reads it."""

UNKNOWN = 1
"""What is not in the vocabulary."""

START = 2
"""What a decoder reads before its first token; only in vocabularies that are written."""

END = 3
"""What a decoder writes after its last token; only in vocabularies that are written."""
