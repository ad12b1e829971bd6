"""Memory: the two marked numbers of a long sequence -> their sum."""

from pipelines.inputs.steps import Steps
from pipelines.outputs.values import Value
from pipelines.task import Baselines, Task

TASK = Task(
    name="memory",
    mode="many_to_one",
    description="the sum of two marked numbers in a long sequence (the adding problem)",
    input=Steps(width=2),
    # An answer is right within 4 % of the range of answers (Hochreiter & Schmidhuber 1997, 5.4).
    output=Value(tolerance=0.08, lags=True),
    embedded="adding",
    baselines=Baselines("mean", ("value",)),
    monitor="val_loss",
    metric="solved_lag",
    thresholds={"solved_lag": 25},
    defaults={
        "head": "values",
        "cell": "gru",
        "units": 64,
        "dropout": 0.0,
        "lag": 200,
        "max_length": 10_000,
        "batch_size": 32,
        "learning_rate": 4e-3,
        "schedule": "cosine",
        "epochs": 6,
        "patience": 6,
    },
)
