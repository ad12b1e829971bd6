"""The CMU Pronouncing Dictionary: words of American English and their phones."""
