"""Texts to tokens and back, in the graph."""
