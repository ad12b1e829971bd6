"""Decoders: recurrences that write a sequence token by token."""
