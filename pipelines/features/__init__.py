"""Raw <-> tensors, in the graph: the same code in training, evaluation and export."""
