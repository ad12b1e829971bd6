"""Losses over vocabularies and over label sequences."""
