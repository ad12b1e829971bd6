"""Kinds of problems: what tasks of one kind share. Light to import; the work is imported on use."""
