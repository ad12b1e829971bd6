"""What outputs learn from the training split, and how they decode, in the graph."""
