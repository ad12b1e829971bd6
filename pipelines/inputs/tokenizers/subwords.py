"""Subwords: parts of words, learned from the training split (Sennrich et al. 2016)."""

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
"""Subwords beyond single characters and special ids that small data get too."""


class Subwords(tf.Module):
    """Byte-pair encoding by SentencePiece (Kudo & Richardson 2018), in the graph.

    Spaces are part of the subwords, so that decoding restores the text, except for Unicode's NFKC
    normalisation and repeated spaces.

    Args:
        model: serialised SentencePiece model.
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
        """Learns the subwords.

        Args:
            texts: of the training split.
            size: number of ids, the special ones included; fewer where the texts yield fewer,
                more where they have more different characters.
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
        """Int32 ids `[...]` -> strings `[...]`; a space before a subword is U+2581."""
        named = self.processor.id_to_string(ids)
        return tf.where(tf.equal(ids, PADDING), "", named)


class _Model(tf.saved_model.experimental.TrackableResource):
    """The model as a resource of the process.

    The library's resource belongs to the kernel that created it and is lost when TensorFlow drops
    its kernels, which seeding its random generator does. A named resource belongs to the process;
    the name is a hash of the model, so that equal models are stored once.
    """

    def __init__(self, model: bytes):
        super().__init__()
        self._model = model
        self._digest = hashlib.sha256(model).hexdigest()
        _ = self.resource_handle  # created here, not in the first graph that uses it

    def _create_resource(self) -> tf.Tensor:
        create = gen_sentencepiece_tokenizer.sentencepiece_op
        return create(model=self._model, shared_name=f"subwords-{self._digest}")
