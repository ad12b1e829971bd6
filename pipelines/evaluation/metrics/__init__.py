"""Metrics, one file per kind of output."""
