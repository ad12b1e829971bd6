"""Digit rows: an image of a handwritten digit, read row by row -> the digit."""

from pipelines.inputs.image import Image
from pipelines.outputs.classes import Classes
from pipelines.task import Baselines, Task

TASK = Task(
    name="digit_rows",
    mode="many_to_one",
    description="which digit is written in an image, read row by row",
    input=Image(height=28, width=28),
    output=Classes(),
    embedded="handwritten_digits",
    formats=("images",),
    baselines=Baselines("images", ("image", "label")),
    monitor="val_loss",
    metric="accuracy",
    thresholds={"accuracy": 0.95},
    defaults={
        "cell": "gru",
        "units": 96,
        "bidirectional": True,
        "pooling": "max",
        "augmentation": 1.0,
        "batch_size": 64,
        "learning_rate": 4e-3,
        "schedule": "cosine",
        "warmup": 0.1,
        "epochs": 20,
        "patience": 20,
    },
)
