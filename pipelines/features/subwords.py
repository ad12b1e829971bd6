"""Subwords: pieces of words learned from the training split (Sennrich et al. 2016)."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import tensorflow as tf
import tensorflow_text
from tensorflow_text.python.ops.sentencepiece_tokenizer import gen_sentencepiece_tokenizer

from models.ids import END, PADDING, START, UNKNOWN

FEWEST = 30
"""Pieces beyond single characters and the special ids, so that small data have some too."""


class Subwords(tf.Module):
    """Byte-pair encoding by SentencePiece (Kudo & Richardson 2018), in the graph.

    Blanks are part of the pieces, so that decoding gives the text as it was, but for Unicode's
    NFKC normalisation and repeated blanks.

    Args:
        model: of SentencePiece, serialised.
    """

    requires: ClassVar[tuple[str, ...]] = ("tensorflow_text",)

    def __init__(self, model: bytes):
        super().__init__(name="subwords")
        self.model = model
        self.processor: Any = tensorflow_text.SentencepieceTokenizer(model)
        self.processor._model_resource = _Model(model)
        self.size = int(self.processor.vocab_size())

    @classmethod
    def fit(cls, texts: Sequence[str], size: int) -> Subwords:
        """Learns the pieces.

        Args:
            texts: of the training split.
            size: ids in all, the special ones included; fewer where the texts do not give more,
                more where they have more characters than that.
        """
        import sentencepiece

        characters = {character for text in texts for character in text}
        written = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(texts),
            model_writer=written,
            model_type="bpe",
            vocab_size=max(size, len(characters) + FEWEST),
            hard_vocab_limit=False,
            character_coverage=1.0,
            pad_id=PADDING,
            unk_id=UNKNOWN,
            bos_id=START,
            eos_id=END,
            minloglevel=2,
        )
        return cls(written.getvalue())

    @classmethod
    def load(cls, content: dict[str, Any]) -> Subwords:
        """From what `save` wrote."""
        return cls(base64.b64decode(content["model"]))

    def save(self, file: Path) -> None:
        """Writes the model as JSON."""
        content = {"kind": "subwords", "model": base64.b64encode(self.model).decode("ascii")}
        file.write_text(json.dumps(content), encoding="utf-8")

    def encode(self, text: tf.Tensor) -> tf.RaggedTensor:
        """Strings `[batch]` -> int32 ids `[batch, subwords]`."""
        text = tf.strings.unicode_transcode(text, "UTF-8", "UTF-8", errors="replace")
        return self.processor.tokenize(text)

    def decode(self, ids: tf.RaggedTensor) -> tf.Tensor:
        """Int32 ids `[batch, subwords]` -> strings `[batch]`."""
        return self.processor.detokenize(ids)

    def names(self, ids: tf.Tensor) -> tf.Tensor:
        """Int32 ids `[...]` -> strings `[...]`; a blank before a piece is shown as U+2581."""
        named = self.processor.id_to_string(ids)
        return tf.where(tf.equal(ids, PADDING), "", named)


class _Model(tf.saved_model.experimental.TrackableResource):
    """The model as a resource that stays.

    The library's own one belongs to the kernel that made it, and is gone as soon as TensorFlow
    drops its kernels, which seeding its generator does. With a name a resource belongs to the
    process; one model has one name, so that equal ones are there once.
    """

    def __init__(self, model: bytes):
        super().__init__()
        self._model = model
        self._digest = hashlib.sha256(model).hexdigest()
        _ = self.resource_handle  # made here, not in the first graph that uses it

    def _create_resource(self) -> tf.Tensor:
        make = gen_sentencepiece_tokenizer.sentencepiece_op
        return make(model=self._model, shared_name=f"subwords-{self._digest}")
