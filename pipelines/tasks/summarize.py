"""Summarize: the body of a mail -> its subject."""

from pipelines.problems.text_to_text import TextToText
from pipelines.task import Task

TASK = Task(
    name="summarize",
    mode="encoder_decoder",
    description="a mail's subject from its body, or the headline of an article",
    problem=TextToText(
        "summary",
        text_names=("document", "article", "body", "email_body", "maintext"),
        target_names=("summary", "highlights", "headline", "title", "subject", "subject_line"),
        shared=True,
    ),
    embedded="mail_subjects",
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
