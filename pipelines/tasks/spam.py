"""Spam: a mail or a message -> ham or spam."""

from pipelines.problems.text_classification import TextClassification
from pipelines.task import Task

TASK = Task(
    name="spam",
    mode="many_to_one",
    description="whether a mail or a short message is one that nobody asked for",
    problem=TextClassification(positive="spam"),
    embedded="spam_assassin",
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
