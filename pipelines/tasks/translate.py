"""Translate: a German sentence -> the English one."""

from pipelines.inputs.tokens import Tokens
from pipelines.outputs.text import Text
from pipelines.task import Baselines, Task

TASK = Task(
    name="translate",
    mode="encoder_decoder",
    description="German sentences to English",
    input=Tokens(("de", "german", "source", "src")),
    output=Text("translation", aliases=("en", "english", "target", "translation", "tgt")),
    embedded="german_english",
    formats=("parallel", "table"),
    baselines=Baselines("translation", ("text", "target")),
    monitor="val_loss",
    metric="bleu",
    thresholds={"bleu": 5.0},
    example={"text": "Ich möchte morgen nach Hause fahren."},
    defaults={
        "tokenizer": "subwords",
        "vocabulary": 3000,
        "cell": "gru",
        "bidirectional": True,
        "attention": "dot",
        "units": 192,
        "embedding_dim": 128,
        "dropout": 0.3,
        "label_smoothing": 0.1,
        "batch_size": 32,
        "learning_rate": 2e-3,
        "schedule": "cosine",
        "warmup": 0.05,
        "epochs": 14,
        "patience": 14,
        "ema": 0.99,
        "max_length": 60,
        "target_length": 60,
        "max_tokens": 60,
        "strategy": "beam",
        "beam_width": 5,
    },
    best={
        "vocabulary": 4000,
        "units": 256,
        "embedding_dim": 256,
        "batch_size": 64,
        "epochs": 8,
        "validation_share": 0.035,
    },
)
