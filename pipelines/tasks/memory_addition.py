"""Addition from memory: the characters of 123+456 and a delay -> those of 579."""

from pipelines.inputs.tokens import Questions
from pipelines.outputs.text import Text
from pipelines.task import Baselines, Task

TASK = Task(
    name="memory_addition",
    mode="encoder_decoder",
    description="the sum of two three-digit numbers, after a delay",
    input=Questions(generator="additions"),
    output=Text("exact", lags=True),
    embedded="additions",
    baselines=Baselines("exact", ("target",)),
    monitor="val_loss",
    metric="solved_lag",
    thresholds={"character_accuracy": 0.5},
    example={"text": "654+321________"},
    defaults={
        "cell": "gru",
        "attention": "none",
        "units": 128,
        "embedding_dim": 16,
        "dropout": 0.0,
        "tokenizer": "characters",
        "lag": 16,
        "max_length": 10_000,
        "target_length": 4,
        "max_tokens": 6,
        "batch_size": 128,
        "learning_rate": 4e-3,
        "schedule": "cosine",
        "epochs": 20,
        "patience": 20,
    },
)
