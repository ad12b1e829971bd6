"""Speech: a recording of spoken digits -> the digits."""

from pipelines.data.splits import ByGroup
from pipelines.inputs.audio import Audio
from pipelines.outputs.transcript import Transcript
from pipelines.task import Task

TASK = Task(
    name="speech",
    mode="encoder_decoder",
    description="the digits spoken in a recording",
    input=Audio(),
    output=Transcript("digit"),
    split=ByGroup("speaker", aliases=("speaker_id",)),
    embedded="spoken_digits",
    formats=("recordings",),
    monitor="val_loss",
    metric="digit_error_rate",
    thresholds={"digit_error_rate": 0.1},
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
