"""Evaluation reports, one file per kind of output."""
