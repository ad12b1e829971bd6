"""Data sets that ship inside published packages, one TFDS builder package each."""
