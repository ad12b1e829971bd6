"""Shakespeare: the text so far -> the next character."""

from pipelines.inputs.passages import Passages
from pipelines.outputs.next_token import NextToken
from pipelines.task import Baselines, Task

TASK = Task(
    name="shakespeare",
    mode="many_to_many",
    description="the continuation of a play, character by character",
    input=Passages(),
    output=NextToken(),
    embedded="shakespeare_plays",
    formats=("plain_text", "table"),
    baselines=Baselines("language_model", ("text",)),
    monitor="val_loss",
    metric="bits_per_character",
    thresholds={"bits_per_character": 2.2},
    example={"text": "MACBETH.\nIs this a dagger which I see before me,\n"},
    defaults={
        "head": "next_token",
        "cell": "lstm",
        "ngrams": 6,
        "units": 512,
        "dropout": 0.2,
        "passage": 2000,
        "truncate": 50,
        "batch_size": 64,
        "learning_rate": 3e-3,
        "schedule": "cosine",
        "warmup": 0.02,
        "ema": 0.99,
        "epochs": 2,
        "strategy": "sample",
        "temperature": 0.7,
        "max_tokens": 400,
    },
    best={
        "ngrams": 1,
        "units": 640,
        "dropout": 0.1,
        "truncate": 100,
        "batch_size": 32,
        "epochs": 4,
        "patience": 4,
    },
)
