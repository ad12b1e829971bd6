"""Speech: a recording of spoken digits -> the digits."""

from pipelines.problems.transcription import Transcription
from pipelines.task import Task

TASK = Task(
    name="speech",
    mode="encoder_decoder",
    input="features",
    description="which digits are spoken in a recording",
    problem=Transcription(unit="digit"),
    embedded="spoken_digits",
    monitor="val_loss",
    metric="digit_error_rate",
    thresholds={"digit_error_rate": 0.1},
    example={},
    defaults={
        "head": "ctc",
        "cell": "lstm",
        "bidirectional": True,
        "layers": 2,
        "units": 128,
        "dropout": 0.4,
        "learning_rate": 2e-3,
        "batch_size": 32,
        "schedule": "cosine",
        "warmup": 0.1,
        "ema": 0.99,
        "max_length": 3000,
        "epochs": 6,
    },
)
