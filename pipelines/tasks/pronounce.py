"""Pronounce: the letters of a word -> its phones."""

from pipelines.inputs.tokens import Tokens
from pipelines.outputs.text import Text
from pipelines.task import Baselines, Task

TASK = Task(
    name="pronounce",
    mode="encoder_decoder",
    description="the pronunciation of an English word in ARPAbet phones",
    input=Tokens(("word", "letters", "grapheme", "graphemes")),
    output=Text(
        "pronunciation",
        aliases=("pronunciation", "phones", "phonemes", "ipa"),
        tokenizer="symbols",
    ),
    embedded="cmudict",
    formats=("table",),
    baselines=Baselines("pronunciation", ("text", "target")),
    monitor="val_loss",
    metric="word_error_rate",
    thresholds={"word_error_rate": 0.4},
    example={"text": "unrolled"},
    defaults={
        "tokenizer": "characters",
        "cell": "lstm",
        "bidirectional": True,
        "attention": "dot",
        "units": 192,
        "embedding_dim": 64,
        "ngrams": 4,
        "dropout": 0.3,
        "batch_size": 256,
        "learning_rate": 3e-3,
        "schedule": "cosine",
        "warmup": 0.05,
        "epochs": 9,
        "patience": 9,
        "ema": 0.99,
        "max_length": 40,
        "target_length": 40,
        "max_tokens": 40,
        "strategy": "beam",
        "beam_width": 4,
    },
    best={
        "units": 256,
        "label_smoothing": 0.1,
        "epochs": 8,
        "patience": 8,
    },
)
