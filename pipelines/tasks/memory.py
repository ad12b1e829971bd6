"""Memory: the two marked numbers of a long sequence -> their sum."""

from pipelines.problems.sequence_to_value import SequenceToValue
from pipelines.task import Task

TASK = Task(
    name="memory",
    mode="many_to_one",
    description="the sum of two numbers that were marked long ago (the adding problem)",
    # An answer is right within 4 % of the range of answers (Hochreiter & Schmidhuber 1997, 5.4).
    problem=SequenceToValue(width=2, tolerance=0.08),
    embedded="adding",
    monitor="val_loss",
    metric="solved_lag",
    thresholds={"solved_lag": 25},
    example={},
    input="features",
    defaults={
        "head": "values",
        "cell": "gru",
        "units": 64,
        "dropout": 0.0,
        "lag": 200,
        "batch_size": 32,
        "learning_rate": 4e-3,
        "schedule": "cosine",
        "epochs": 6,
        "patience": 6,
    },
)
