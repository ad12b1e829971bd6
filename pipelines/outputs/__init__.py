"""Declarations of outputs, one file per kind: how they are predicted, evaluated and shown.

What outputs learn is in `fitted`, what an evaluation reports in `reports`. Declarations import
nothing heavy: TensorFlow, metrics and figures are imported when they are used.
"""
