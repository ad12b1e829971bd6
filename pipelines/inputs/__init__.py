"""Declarations of inputs, one file per kind; what they learn from data is in `fitted`.

Declarations import nothing heavy: TensorFlow is imported when an input is fitted or loaded.
"""
