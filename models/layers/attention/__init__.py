"""Attention: each score once, for pooling, self-attention and cross-attention."""
