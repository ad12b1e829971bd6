"""The Transformer, compact, as one more cell: it reads as a stack and writes as a decoder."""

from models.layers.transformer.decoder import TransformerDecoder
from models.layers.transformer.stack import TransformerStack

__all__ = ["TransformerDecoder", "TransformerStack"]
