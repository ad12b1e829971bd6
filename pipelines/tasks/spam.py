"""Spam: a mail or a message -> ham or spam."""

from pipelines.inputs.words import Words
from pipelines.outputs.classes import Classes
from pipelines.task import Baselines, Task

TASK = Task(
    name="spam",
    mode="many_to_one",
    description="whether an e-mail or a short message is spam",
    input=Words(),
    output=Classes(positive="spam"),
    embedded="spam_assassin",
    formats=("table", "folders", "labelled_lines"),
    baselines=Baselines("text_classification", ("text", "label")),
    monitor="val_loss",
    metric="f1",
    thresholds={"f1": 0.95},
    example={
        "text": "Re: meeting on Friday\nHi Ann, could we move it to ten? The room is free then."
    },
    defaults={
        "cell": "lstm",
        "bidirectional": True,
        "pooling": "max",
        "embedding_dim": 128,
        "max_length": 400,
        "dropout": 0.5,
        "token_dropout": 0.2,
        "learning_rate": 2e-3,
        "schedule": "cosine",
        "warmup": 0.1,
        "ema": 0.99,
        "batch_size": 32,
        "epochs": 8,
        "patience": 8,
    },
)
