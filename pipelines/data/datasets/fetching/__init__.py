"""Fetches pinned files of published packages."""
