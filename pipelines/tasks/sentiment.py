"""Sentiment: a text -> negative or positive."""

from pipelines.problems.text_classification import TextClassification
from pipelines.task import Task

TASK = Task(
    name="sentiment",
    mode="many_to_one",
    description="whether a text speaks well or ill of what it is about",
    problem=TextClassification(strength="rating"),
    embedded="movie_sentences",
    monitor="val_accuracy",
    metric="accuracy",
    thresholds={"accuracy": 0.75},
    example={"text": "A quietly moving film, and funnier than it has any right to be."},
    defaults={
        "cell": "lstm",
        "bidirectional": True,
        "pooling": "max",
        "embedding_dim": 256,
        "dropout": 0.5,
        "token_dropout": 0.2,
        "learning_rate": 2e-3,
        "schedule": "cosine",
        "warmup": 0.1,
        "ema": 0.99,
        "embedding_update": "rows",
        "epochs": 5,
    },
)
