"""Sentences of movie reviews with the mean of twenty people's ratings."""
