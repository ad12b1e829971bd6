"""Training: steps, the loop, checkpoints and the progress display."""
