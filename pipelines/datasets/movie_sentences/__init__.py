"""Sentences of movie reviews with the mean of what twenty people thought of each."""
