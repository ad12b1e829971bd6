"""German sentences and their English translations, of the dictionary of Ding."""
