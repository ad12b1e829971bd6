"""Recordings of a smartwatch during shoulder exercises."""
