"""Data sets that ship inside published packages, a TFDS builder package each, and generators."""
