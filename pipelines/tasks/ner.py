"""Named entities: a sentence -> the people, places and organisations in it."""

from pipelines.inputs.sentences import Sentences
from pipelines.outputs.tags import Tags
from pipelines.task import Baselines, Task

TASK = Task(
    name="ner",
    mode="many_to_many",
    description="which words of a sentence name people, places and organisations",
    input=Sentences(),
    output=Tags(),
    embedded="conll2003_english",
    formats=("conll",),
    baselines=Baselines("tagging", ("text", "target")),
    monitor="val_accuracy",
    metric="f1",
    thresholds={"f1": 0.75},
    example={"text": "Angela Merkel visited Paris and met the head of Renault."},
    defaults={
        "head": "crf",
        "cell": "lstm",
        "bidirectional": True,
        "units": 128,
        "embedding_dim": 100,
        "filters": 100,
        "min_count": 1,
        "vocabulary": 30000,
        "dropout": 0.5,
        "token_dropout": 0.2,
        "batch_size": 32,
        "learning_rate": 2e-3,
        "schedule": "cosine",
        "warmup": 0.05,
        "ema": 0.99,
        "epochs": 10,
        "patience": 10,
    },
)
