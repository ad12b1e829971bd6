"""Every legal combination of mode, cell, direction and attention, small enough to try them all.

Where the attention is not the subject, of two layers and of a CRF, the attentions take turns.
"""

import functools
import itertools
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from models import build as networks
from models.ids import END
from models.inputs.category import CategoryInput
from models.inputs.features import FeatureInput
from models.inputs.frames import FrameInput
from models.inputs.image import ImageInput
from models.inputs.rows import RowInput
from models.inputs.tokens import TokenInput
from models.inputs.vector import VectorInput
from models.outputs.classes import Classes
from models.outputs.labels import Labels
from models.outputs.next_token import NextToken
from models.outputs.quantiles import Quantiles
from models.outputs.tags import Tags
from models.outputs.tokens import Tokens
from models.outputs.transcript import Transcript
from models.outputs.values import Values
from models.spec import ATTENTIONS, CELLS, MODES, ModelSpec
from models.spec.generation import Generation
from models.spec.settings import SpecError

VOCABULARY, UNITS = 9, 4
LENGTHS = (5, 3, 1)
SINGLE = {"vector": ("vector", (3,)), "image": ("image", (4, 4, 1)), "rows": ("image", (4, 4, 1))}
"""Input and shape of what has no padding."""
STEPS = {"features": (3,), "frames": (4, 4, 1)}
"""Shape of a step."""
ANSWERS = (3, 2, 1)
"""Tokens of the answers of decoders, END included."""
CHOICES = {
    "input": {"one_to_one": ("vector", "image"), "one_to_many": ("vector", "image")},
    "head": {"many_to_many": ("labels", "crf", "next_token"), "encoder_decoder": ("tokens", "ctc")},
}
SMALL = {"units": UNITS, "embedding_dim": 4, "filters": 2, "attention_heads": 2, "dropout": 0.0}
COPYING = (
    {"cell": "lstm", "attention": "dot", "bidirectional": True},
    {"cell": "gru", "attention": "additive", "input_feeding": True},
    {"cell": "transformer", "attention": "multi_head", "layers": 2},
)
"""Of copying decoders these are tried."""
CONVOLVING = (
    {"mode": "many_to_one", "cell": "gru", "attention": "additive", "bidirectional": True},
    {"mode": "many_to_one", "cell": "transformer", "layers": 2, "pooling": "max"},
    {"mode": "encoder_decoder", "cell": "lstm", "attention": "dot", "head": "tokens"},
    {"mode": "encoder_decoder", "cell": "gru", "head": "ctc"},
)
"""Of convolutions over features these are tried, with augmentation."""
OTHERS = (
    {"mode": "one_to_one", "head": "tags"},
    {"mode": "one_to_many", "input": "category"},
    {"mode": "many_to_one", "input": "features", "head": "quantiles", "pooling": "mean"},
    {"mode": "many_to_one", "input": "frames", "head": "values", "pooling": "max"},
    {"mode": "many_to_one", "input": "rows"},
)
"""Inputs, heads and poolings that are no axis of the matrix, each tried once."""
INPUTS = {
    "tokens": TokenInput(VOCABULARY),
    "features": FeatureInput(3),
    "rows": RowInput(4, 4),
    "frames": FrameInput(4, 4),
    "vector": VectorInput(3),
    "category": CategoryInput(3),
    "image": ImageInput(4, 4),
}
OUTPUTS = {
    "classes": Classes(3),
    "tags": Tags(3),
    "values": Values(3),
    "quantiles": Quantiles((0.1, 0.5, 0.9), horizon=3),
    "labels": Labels(3),
    "crf": Labels(3),
    "next_token": NextToken(VOCABULARY),
    "tokens": Tokens(VOCABULARY, shared=True),
    "ctc": Transcript(VOCABULARY),
}
GENERATION = Generation(strategy="beam", beam_width=2, max_tokens=4)


@dataclass(frozen=True)
class Case:
    """A spec with what it reads and answers."""

    spec: ModelSpec

    @property
    def name(self):
        s = self.spec
        parts = (s.mode, s.input, s.head, s.cell, "both" if s.bidirectional else "forward")
        summary = s.pooling if s.attention == "none" and s.pooling != "last" else s.attention
        options = ("fed",) * s.input_feeding + ("copies",) * s.copy
        options += ("convolves",) * s.convolution
        return "-".join([*parts, summary, str(s.layers), *options])

    @property
    def inputs(self):
        return INPUTS[self.spec.input]

    @property
    def outputs(self):
        return OUTPUTS[self.spec.head]


def legal(spec):
    try:
        spec.validate()
    except SpecError:
        return False
    return True


def _of(mode, made, attentions):
    """The legal ones with these attentions, each with input feeding or without."""
    specs = [
        ModelSpec.of(mode, **made, attention=attention, input_feeding=feeding, **SMALL)
        for attention, feeding in attentions
    ]
    return [Case(spec) for spec in specs if legal(spec)]


def cases(modes=MODES):
    """All of some modes; with input feeding, once for each cell and attention."""
    found, turns = [], itertools.count()
    for mode, cell, both in itertools.product(modes, CELLS, (False, True)):
        inputs = CHOICES["input"].get(mode, ("tokens",))
        heads = CHOICES["head"].get(mode, (ModelSpec.of(mode).head,))
        for kind, head in itertools.product(inputs, heads):
            made = {"input": kind, "head": head, "cell": cell, "bidirectional": both}
            fed = (False, True) if mode == "encoder_decoder" and not both else (False,)
            one = _of(mode, made, itertools.product(ATTENTIONS, fed))
            found += [one[next(turns) % len(one)]] if one and head == "crf" else one
            deep = {"layers": 2, "residual": cell != "transformer"}
            two = _of(mode, made | deep, itertools.product(ATTENTIONS, (False,)))
            found += [two[next(turns) % len(two)]] if two else []
    if "encoder_decoder" in modes:
        specs = [
            ModelSpec.of("encoder_decoder", copy=True, **{**SMALL, **made}) for made in COPYING
        ]
        found += map(Case, specs)
    extra = {"input": "features", "convolution": 1, "augmentation": 0.5}
    others = [ModelSpec.of(**{**SMALL, **extra, **made}) for made in CONVOLVING]
    others += [ModelSpec.of(**{**SMALL, **made}) for made in OTHERS]
    return found + [Case(spec) for spec in others if spec.mode in modes]


@functools.cache
def network(case):
    """The case's model, no weight of which is at a special value; whoever changes it mends it."""
    keras.utils.set_random_seed(0)
    model = networks.build(case.spec, case.inputs, case.outputs)
    noise = np.random.default_rng(0)
    model.set_weights([w + noise.normal(0, 0.2, w.shape) for w in model.get_weights()])
    return model


def read(case, rows=slice(None), width=None):
    """The network's inputs, without what a teacher tells: some rows, padded to some width."""
    random, kind = np.random.default_rng(1), case.spec.input
    if kind == "category":
        return {"category": tf.constant(np.arange(3, dtype=np.int32)[rows])}
    if kind in SINGLE:
        name, shape = SINGLE[kind]
        return {name: tf.constant(random.normal(size=(3, *shape))[rows], tf.float32)}
    if kind in STEPS:
        lengths = np.array(LENGTHS, np.int32)[rows]
        steps = random.normal(size=(3, max(LENGTHS), *STEPS[kind]))[rows, : lengths.max()]
        ends = [[0, 0], [0, (width or lengths.max()) - lengths.max()], *[[0, 0]] * len(STEPS[kind])]
        return {
            kind: tf.constant(np.pad(steps, ends, constant_values=np.nan), tf.float32),
            "lengths": tf.constant(lengths),
        }
    texts = [random.integers(4, VOCABULARY, length) for length in LENGTHS]
    return {"tokens": _padded(texts[rows], width)}


def target(case, rows=slice(None), width=None):
    """What is right."""
    random = np.random.default_rng(2)
    head = case.spec.head
    if head in ("classes", "tags"):
        return tf.constant(np.eye(3, dtype=np.float32)[rows])
    if head in ("values", "quantiles"):
        return tf.constant(random.normal(size=(3, 3))[rows], tf.float32)
    if head in ("labels", "crf"):
        labels = [random.integers(0, 3, length) for length in LENGTHS]
        return _padded(labels[rows], width, -1)
    if head == "next_token":
        return _padded([random.integers(4, VOCABULARY, n) for n in LENGTHS][rows], width)
    answers = [random.integers(4, VOCABULARY, n - 1).tolist() for n in ANSWERS]
    ends = [] if head == "ctc" else [END]
    return _padded([np.array(answer + ends, int) for answer in answers][rows], width)


def _padded(rows, width=None, fill=0):
    array = np.full((len(rows), width or max(1, *map(len, rows))), fill, np.int32)
    for line, row in zip(array, rows, strict=True):
        line[: len(row)] = row
    return tf.constant(array)
