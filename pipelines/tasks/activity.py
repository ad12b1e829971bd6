"""Activity: readings of a smartwatch -> the exercise that is being done."""

from pipelines.data.splits import Folds
from pipelines.inputs.steps import Steps
from pipelines.outputs.classes import Classes
from pipelines.task import Baselines, Task

TASK = Task(
    name="activity",
    mode="many_to_one",
    description="which shoulder exercise a person with a smartwatch is doing",
    input=Steps(column="readings", vectors=True),
    output=Classes(),
    split=Folds("subject", aliases=("person", "patient", "user")),
    embedded="physiotherapy_watch",
    formats=("readings",),
    baselines=Baselines("windows", ("steps", "label")),
    monitor="val_loss",
    metric="accuracy",
    thresholds={"accuracy": 0.75},
    defaults={
        "cell": "gru",
        "units": 48,
        "bidirectional": True,
        "pooling": "mean",
        "convolution": 2,
        "filters": 32,
        "augmentation": 1.0,
        "label_smoothing": 0.1,
        "batch_size": 64,
        "learning_rate": 4e-3,
        "schedule": "cosine",
        "warmup": 0.1,
        "ema": 0.99,
        "epochs": 40,
        "patience": 40,
    },
)
