"""Recordings of single spoken digits joined into connected digits, as MFCC."""
