"""The Transformer, compact, as one more cell: it reads as a stack and writes as a decoder."""

from models.transformer.decoder import TransformerDecoder
from models.transformer.stack import TransformerStack

__all__ = ["TransformerDecoder", "TransformerStack"]
