"""Sentiment: a text -> negative or positive."""

from pipelines.inputs.words import Words
from pipelines.outputs.classes import Classes
from pipelines.task import Baselines, Task

TASK = Task(
    name="sentiment",
    mode="many_to_one",
    description="whether a text is positive or negative",
    input=Words(),
    output=Classes(strength="rating"),
    embedded="movie_sentences",
    formats=("table", "folders", "labelled_lines"),
    baselines=Baselines("text_classification", ("text", "label")),
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
