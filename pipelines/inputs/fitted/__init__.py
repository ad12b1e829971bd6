"""What inputs learn from the training split, and how they encode, in the graph."""
