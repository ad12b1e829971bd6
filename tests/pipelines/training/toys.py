"""Small networks and splits that are learned in a moment."""

import dataclasses

import keras
import numpy as np

from models.build import build
from models.inputs.tokens import TokenInput
from models.outputs.classes import Classes
from models.spec import ModelSpec
from pipelines.config import TrainingSettings
from pipelines.data.batching import Batches, Encoded
from pipelines.data.ragged import Ragged

VOCABULARY = 8
OUTPUTS = Classes(2)


def recurrent(seed=0):
    """A network with every kind of dropout, whose random state a resume has to keep."""
    keras.utils.set_random_seed(seed)
    spec = ModelSpec(
        cell="gru", attention="dot", units=4, embedding_dim=3, dropout=0.3, token_dropout=0.2
    )
    return build(spec, TokenInput(VOCABULARY), OUTPUTS)


def bag(seed=0, dropout=0.3, penalty=0.0):
    """A network without a recurrence: quick to trace. Logits are of the mean embedding."""
    keras.utils.set_random_seed(seed)
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    steps = keras.layers.Embedding(VOCABULARY, 3, name="embedding")(tokens)
    if dropout:
        steps = keras.layers.Dropout(dropout)(steps)
    pooled = keras.layers.GlobalAveragePooling1D()(steps)
    regularizer = keras.regularizers.L2(penalty) if penalty else None
    logits = keras.layers.Dense(2, kernel_regularizer=regularizer, name="logits")(pooled)
    return keras.Model({"tokens": tokens}, {"logits": logits})


def split(count=22, seed=0, noise=0.0):
    """Texts of 2 to 5 tokens; of the second class are those with more 2s than 3s."""
    random = np.random.default_rng(seed)
    texts = [random.integers(2, VOCABULARY, random.integers(2, 6)) for _ in range(count)]
    labels = np.array([(text == 2).sum() > (text == 3).sum() for text in texts], int)
    labels = np.where(random.random(count) < noise, 1 - labels, labels)
    values = np.concatenate(texts).astype(np.int32)
    splits = np.cumsum([0, *map(len, texts)])
    targets = np.eye(2, dtype=np.float32)[labels]
    return Encoded({"tokens": Ragged(values, splits)}, targets, np.ones(count, np.float32))


def batches(**options):
    return Batches(split(**options), (3, 5), 8)


def settings(**changes):
    quick = TrainingSettings(epochs=3, batch_size=8, learning_rate=0.05)
    return dataclasses.replace(quick, **changes)
