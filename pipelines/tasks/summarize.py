"""Summarize: the body of a mail -> its subject."""

from pipelines.inputs.tokens import Tokens
from pipelines.outputs.text import Text
from pipelines.task import Baselines, Task

TASK = Task(
    name="summarize",
    mode="encoder_decoder",
    description="the subject of an e-mail from its body, or the headline of an article",
    input=Tokens(("document", "article", "body", "email_body", "maintext"), shared=True),
    output=Text(
        "summary",
        aliases=("summary", "highlights", "headline", "title", "subject", "subject_line"),
    ),
    embedded="mail_subjects",
    formats=("table",),
    baselines=Baselines("summary", ("text", "target")),
    monitor="val_loss",
    metric="rougeL",
    thresholds={"rougeL": 0.06},
    example={
        "text": "The meeting of the garden club moves from Friday to Monday, because Mrs. Okonkwo"
        " is away. Bring your seeds, and tell Anders if you cannot come."
    },
    defaults={
        "tokenizer": "subwords",
        "vocabulary": 2000,
        "cell": "lstm",
        "bidirectional": True,
        "attention": "dot",
        "input_feeding": True,
        "copy": True,
        "units": 96,
        "embedding_dim": 96,
        "tie_embeddings": True,
        "dropout": 0.4,
        "token_dropout": 0.2,
        "batch_size": 16,
        "learning_rate": 3e-3,
        "schedule": "cosine",
        "warmup": 0.05,
        "epochs": 12,
        "patience": 12,
        "ema": 0.99,
        "max_length": 80,
        "target_length": 24,
        "max_tokens": 24,
        "strategy": "beam",
        "beam_width": 4,
        "length_penalty": 3.0,
    },
)
