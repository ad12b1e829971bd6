"""Exports a trained network as a verified version in `exports/`."""
