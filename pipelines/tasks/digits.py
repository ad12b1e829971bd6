"""Digits: an image of a handwritten digit -> the digit."""

from pipelines.inputs.image import Image
from pipelines.outputs.classes import Classes
from pipelines.task import Baselines, Task

TASK = Task(
    name="digits",
    mode="one_to_one",
    description="which digit is written in an image",
    input=Image(height=28, width=28),
    output=Classes(),
    embedded="handwritten_digits",
    formats=("images",),
    baselines=Baselines("images", ("image", "label")),
    monitor="val_loss",
    metric="accuracy",
    thresholds={"accuracy": 0.95},
    defaults={
        "filters": 32,
        "units": 128,
        "augmentation": 1.0,
        "batch_size": 64,
        "learning_rate": 3e-3,
        "schedule": "cosine",
        "warmup": 0.1,
        "ema": 0.99,
        "epochs": 60,
        "patience": 60,
    },
)
