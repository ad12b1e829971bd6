"""How good a model is on a split: metrics with intervals, calibration, its mistakes."""
