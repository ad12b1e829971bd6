"""Synthetic problems with a known lag."""
