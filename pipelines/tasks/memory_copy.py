"""Copy memory: ten symbols and a delay -> the symbols."""

from pipelines.inputs.tokens import Questions
from pipelines.outputs.text import Text
from pipelines.task import Baselines, Task

TASK = Task(
    name="memory_copy",
    mode="encoder_decoder",
    description="ten symbols, repeated after a delay (the copy problem)",
    input=Questions(generator="copying"),
    output=Text("exact", lags=True),
    embedded="copying",
    baselines=Baselines("exact", ("target",)),
    monitor="val_loss",
    metric="solved_lag",
    thresholds={"character_accuracy": 0.5},
    example={"text": "badcafegee__________>"},
    defaults={
        "cell": "gru",
        "attention": "none",
        "units": 128,
        "embedding_dim": 16,
        "dropout": 0.0,
        "tokenizer": "characters",
        "lag": 50,
        "max_length": 10_000,
        "target_length": 10,
        "max_tokens": 12,
        "batch_size": 64,
        "learning_rate": 4e-3,
        "schedule": "cosine",
        "epochs": 12,
        "patience": 12,
    },
)
