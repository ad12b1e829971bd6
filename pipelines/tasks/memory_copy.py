"""Copy memory: ten symbols and a silence -> the symbols."""

from pipelines.problems.text_after_silence import TextAfterSilence
from pipelines.task import Task

TASK = Task(
    name="memory_copy",
    mode="encoder_decoder",
    description="ten symbols, said again after a silence (the copy problem)",
    problem=TextAfterSilence(generated="copying"),
    embedded="copying",
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
