"""Evaluation report of a language model."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from pipelines.evaluation import figures
from pipelines.outputs.base import Answers, Evaluation, Reference
from pipelines.outputs.reports.common import decoded, evenly_spaced, loss_and_perplexity

SHOWN = 8
"""Continuations in the report."""

PROMPT = 300
"""Characters shown of the end of a prompt."""

WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")


def report(answers: Answers, reference: Reference, baselines: Mapping[str, Answers]) -> Evaluation:
    """Evaluates how well a split was predicted, and the continuations of its passages.

    Args:
        answers: of the export: `output`, a continuation of each passage; `score_loss` in nats a
            character, `score_size` and `score_losses` of each character.
        reference: the split, with the column `text`.
        baselines: name -> the same `score_...` of a simpler model.

    Returns:
        `bits_per_character` and `perplexity` of a character, means over all characters;
        `written_known_words`, the share of the words of continuations that occur in the split;
        and `real_known_words`, the share of the words of a passage that occur in another one.
    """
    texts, written = reference.columns["text"].tolist(), decoded(answers["output"])
    metrics = _losses(answers) | _known_words(written, texts)
    compared = {name: _losses(baseline) for name, baseline in baselines.items()}
    drawn = {"this model": answers}
    if compared:
        strongest = min(compared, key=lambda name: compared[name]["bits_per_character"])
        drawn[strongest] = baselines[strongest]
    sizes = np.asarray(answers["score_size"]).astype(int)
    bits = {name: model["score_losses"] / math.log(2) for name, model in drawn.items()}
    return Evaluation(
        metrics,
        compared,
        {"positions.png": figures.bits_over_positions(bits, sizes)},
        {"examples.md": _examples(texts, written)},
    )


def _losses(answers: Answers) -> dict[str, float]:
    loss, perplexity = loss_and_perplexity(answers)
    return {"bits_per_character": loss / math.log(2), "perplexity": perplexity}


def _known_words(written: Sequence[str], texts: Sequence[str]) -> dict[str, float]:
    """The shares of the words that are known from the split."""
    counts = [Counter(_words(text)) for text in texts]
    texts_with = Counter(word for words in counts for word in words)
    # The last word of a continuation may be cut off.
    generated = [word for text in written for word in _words(text)[:-1]]
    shared = sum(count for words in counts for word, count in words.items() if texts_with[word] > 1)
    known = sum(word in texts_with for word in generated)
    return {
        "written_known_words": known / max(len(generated), 1),
        "real_known_words": shared / max(sum(words.total() for words in counts), 1),
    }


def _words(text: str) -> list[str]:
    return WORD.findall(text.casefold())


def _examples(texts: Sequence[str], written: Sequence[str]) -> str:
    parts = [
        f"## Passage {row + 1}\n\nIts end:\n\n{_block(texts[row][-PROMPT:])}\n\n"
        f"What was written:\n\n{_block(written[row])}"
        for row in evenly_spaced(len(texts), SHOWN)
    ]
    return "# Continuations of passages of the split\n\n" + "\n\n".join(parts) + "\n"


def _block(text: str) -> str:
    """The text as a Markdown code block, indented."""
    return "\n".join(f"    {line}".rstrip() for line in text.strip("\n").split("\n"))
