"""A decoder between an embedding and a projection: tokens in, scores of the next tokens out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import KerasTensor

from models.ids import PADDING, START
from models.layers.attention.cross import Shape
from models.layers.decoder.copying import Copying
from models.layers.decoder.decoder import make_decoder
from models.outputs.vocabulary import Logits, TiedEmbedding
from models.spec import ModelSpec

Answers = dict[str, KerasTensor]


@keras.saving.register_keras_serializable("unrolled")
class TokenDecoder(keras.layers.Layer):
    """Reads the token before each step and scores those that could come at it.

    With `tie_embeddings` the matrix that embeds tokens scores them as well (Press & Wolf 2017),
    after a projection to its width where the decoder's is another.

    With `teacher_forcing` below 1, training reads the network's own token in place of the true one
    at that share of the steps (scheduled sampling, Bengio et al. 2015), all steps at once (parallel
    scheduled sampling, Mihaylova & Martins 2019, section 3; Duckworth et al. 2019): a first pass
    reads the truth and draws a token from its scores at each step, a second pass reads the mixture.
    The first pass has no dropout and no gradient. An own token was so drawn after true ones, where
    the sequential form would have drawn it after a mixture; in exchange this serves every cell and
    keeps the recurrence fast.

    Args:
        core: what writes, of `models.layers.decoder.decoder.make_decoder`.
        vocabulary_size: number of ids.
        embedding_dim: width of the embedding.
        tie_embeddings: whether one matrix embeds and scores.
        dropout: of the embedded tokens and of what is scored.
        teacher_forcing: share of steps that read the true token in training.
        copy: whether tokens that the core attends to may be copied: see
            `models.layers.decoder.copying`.
        embedding: of the tokens, shared with another part of the network; None for an own one.
        seed: of the draws; from Keras's global seed where it is None.
    """

    def __init__(
        self,
        core: keras.layers.Layer,
        vocabulary_size: int,
        embedding_dim: int,
        tie_embeddings: bool = False,
        dropout: float = 0.0,
        teacher_forcing: float = 1.0,
        copy: bool = False,
        embedding: keras.layers.Layer | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.core = core
        self.vocabulary_size = vocabulary_size
        self.embedding_dim = embedding_dim
        self.tie_embeddings = tie_embeddings
        self.dropout = dropout
        self.teacher_forcing = teacher_forcing
        self.copy = copy
        self.seed = seed
        policy, layers = self.dtype_policy, keras.layers
        self.narrow: keras.layers.Dense | None = None
        self.shares = embedding is not None
        self.embedding = embedding or self._own_embedding()
        if tie_embeddings:
            if core.width != embedding_dim:
                self.narrow = layers.Dense(
                    embedding_dim, use_bias=False, dtype=policy, name="narrow"
                )
        else:
            self.logits = Logits(vocabulary_size, dtype="float32", name="logits")
        # The same features at every step of an example (Gal & Ghahramani 2016).
        self.embedding_dropout = layers.SpatialDropout1D(dropout, name="embedding_dropout")
        self.output_dropout = layers.Dropout(dropout, name="output_dropout")
        self.copying = Copying(dtype="float32", name="copying") if copy else None
        self.generator = keras.random.SeedGenerator(seed) if teacher_forcing < 1 else None

    @classmethod
    def from_spec(
        cls,
        spec: ModelSpec,
        vocabulary_size: int,
        name: str,
        embedding: keras.layers.Layer | None = None,
    ) -> TokenDecoder:
        """The decoder of a network, with an embedding of its own or that of what it reads."""
        return cls(
            make_decoder(spec, "core"),
            vocabulary_size,
            spec.embedding_dim,
            spec.tie_embeddings,
            spec.dropout,
            spec.teacher_forcing,
            spec.copy,
            embedding,
            name=name,
        )

    def build(self, previous_shape: Shape, memory_shape: Shape | None = None) -> None:
        """Creates the weights.

        Args:
            previous_shape: `[batch, time]`.
            memory_shape: `[batch, steps, features]`, where there is a memory.
        """
        steps = tuple(previous_shape)
        if not self.embedding.built:
            self.embedding.build(steps)
        if not self.core.built:
            self.core.build((*steps, self.embedding_dim), memory_shape)
        if self.narrow:
            self.narrow.build((*steps, self.core.width))
        if not self.tie_embeddings:
            self.logits.build((*steps, self.core.width))
        if self.copying:
            self.copying.build(steps, (*steps, self.core.width), (*steps, self.embedding_dim))

    def project(self, memory: KerasTensor) -> list[KerasTensor]:
        """Keys and values of a memory `[batch, steps, features]`, for `call`."""
        return self.core.project(memory)

    def call(
        self,
        previous: KerasTensor,
        states: Sequence[KerasTensor] | None = None,
        memory: KerasTensor | Sequence[KerasTensor] | None = None,
        memory_mask: KerasTensor | None = None,
        source: KerasTensor | None = None,
        training: bool = False,
    ) -> tuple[Answers, list[KerasTensor]]:
        """Writes.

        Args:
            previous: int32 `[batch, time]`, the token before each step; padding leaves the state
                as it is.
            states: to start from, or as returned for the steps before; None for the core's own.
            memory: float `[batch, steps, features]`, the encoder's outputs, or what `project` made
                of them; None where the core does not attend.
            memory_mask: bool `[batch, steps]`, true at real steps; None where all are.
            source: int32 `[batch, steps]`, the tokens that may be copied; not looked at where
                none may.
            training: whether dropout is drawn and own tokens are read.

        Returns:
            answers: `logits`, float32 `[batch, time, vocabulary_size]`; where the core attends,
                `attention`, float32 `[batch, time, steps]`; where tokens are copied, `copying`,
                float32 `[batch, time]`, how probable that is.
            states: see the core.
        """
        rest = (states, memory, memory_mask, source)
        if training and self.teacher_forcing < 1:
            answers, _ = self._written(previous, *rest, training=False)
            previous = self._mixed(previous, answers["logits"])
        return self._written(previous, *rest, training=training)

    def compute_output_spec(
        self,
        previous: KerasTensor,
        states: object = None,
        memory: KerasTensor | None = None,
        *_: object,
        **__: object,
    ) -> tuple[Answers, list[KerasTensor]]:
        """Shapes of `call`'s results, known without a trace of the recurrence."""
        sequence = KerasTensor((*previous.shape, self.embedding_dim), self.compute_dtype)
        _, attention, after = self.core.compute_output_spec(sequence, memory=memory)
        logits = KerasTensor((*previous.shape, self.vocabulary_size), "float32")
        copying = KerasTensor(previous.shape, "float32") if self.copying else None
        return _named(logits, attention, copying), after

    def compute_mask(self, *_: object, **__: object) -> None:
        """What is padding is said by the tokens that are read."""
        return

    def initial_states(self, batch_size: int | tf.Tensor) -> list[tf.Tensor]:
        """What `states=None` means."""
        return self.core.initial_states(batch_size)

    def state_specs(self) -> list[tf.TensorSpec]:
        """Shapes and types of the states, batch open."""
        return self.core.state_specs()

    def get_config(self) -> dict[str, Any]:
        """The arguments, for saving."""
        own = {field: getattr(self, field) for field in FIELDS}
        own["core"] = keras.saving.serialize_keras_object(self.core)
        if self.shares:
            own["embedding"] = keras.saving.serialize_keras_object(self.embedding)
        return super().get_config() | own

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> TokenDecoder:
        """Makes it again."""
        layers = {name: config[name] for name in ("core", "embedding") if name in config}
        made = {
            name: keras.saving.deserialize_keras_object(layer) for name, layer in layers.items()
        }
        return cls(**(config | made))

    def _own_embedding(self) -> keras.layers.Layer:
        layers, size = keras.layers, (self.vocabulary_size, self.embedding_dim)
        common = {"dtype": self.dtype_policy, "name": "embedding"}
        if self.tie_embeddings:
            return TiedEmbedding(*size, reverse_dtype="float32", **common)
        return layers.Embedding(*size, **common)

    def _written(
        self,
        previous: KerasTensor,
        states: Sequence[KerasTensor] | None,
        memory: KerasTensor | Sequence[KerasTensor] | None,
        memory_mask: KerasTensor | None,
        source: KerasTensor | None,
        training: bool,
    ) -> tuple[Answers, list[KerasTensor]]:
        sequence = self.embedding_dropout(self.embedding(previous), training=training)
        outputs, attention, after = self.core(
            sequence,
            mask=keras.ops.not_equal(previous, PADDING),
            states=states,
            memory=memory,
            memory_mask=memory_mask,
            training=training,
        )
        outputs = self.output_dropout(outputs, training=training)
        logits, copying = self._scored(outputs), None
        if self.copying:
            logits, copying = self.copying(logits, outputs, sequence, attention, source)
        return _named(logits, attention, copying), after

    def _scored(self, outputs: KerasTensor) -> KerasTensor:
        if not self.tie_embeddings:
            return self.logits(outputs)
        narrow = self.narrow(outputs) if self.narrow else outputs
        return self.embedding(narrow, reverse=True)

    def _mixed(self, previous: KerasTensor, logits: KerasTensor) -> KerasTensor:
        """What is read in training: the true tokens, and in part those that `logits` write.

        Args:
            previous: int32 `[batch, time]`, the truth; what begins and pads it stays.
            logits: float32 `[batch, time, vocabulary]`, of the pass that read it.
        """
        ops = keras.ops
        never = ops.sum(ops.one_hot([PADDING, START], self.vocabulary_size), axis=0) * -1e9
        flat = ops.reshape(logits + never, (-1, self.vocabulary_size))
        drawn = keras.random.categorical(flat, 1, dtype="int32", seed=self.generator)
        drawn = ops.reshape(drawn, ops.shape(previous))
        # What is written at a step is read at the next one.
        own = ops.concatenate([previous[:, :1], drawn[:, :-1]], axis=1)
        chance = keras.random.uniform(ops.shape(previous), seed=self.generator)
        real = ops.not_equal(previous, PADDING)
        return ops.where(ops.logical_and(real, chance >= self.teacher_forcing), own, previous)


def _named(
    logits: KerasTensor, attention: KerasTensor | None, copying: KerasTensor | None
) -> Answers:
    named = {"logits": logits, "attention": attention, "copying": copying}
    return {name: value for name, value in named.items() if value is not None}


FIELDS = (
    *("vocabulary_size", "embedding_dim", "tie_embeddings", "dropout", "teacher_forcing"),
    *("copy", "seed"),
)
"""The arguments of a `TokenDecoder` that are plain values."""
