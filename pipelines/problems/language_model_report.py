"""What an evaluation of a language model shows."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from pipelines import figures
from pipelines.examples import Columns
from pipelines.task import Evaluation, Outputs

SHOWN = 8
"""Continuations in the report."""

PROMPT = 300
"""Characters of a prompt that are shown: its end."""

WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")


def report(outputs: Outputs, columns: Columns, baselines: Mapping[str, Outputs]) -> Evaluation:
    """Judges how well a split was predicted, and what was written after its passages.

    Args:
        outputs: of the export: `output`, a continuation of each passage; `score_loss` in nats a
            character, `score_size` and `score_losses` of each character.
        columns: `text`.
        baselines: name -> the same `score_...` of something simpler.

    Returns:
        `bits_per_character` and `perplexity` of a character, means over all characters. Of what was
        written freely, `written_known_words`: the share of its words that the split holds;
        `real_known_words` is that of the passages themselves, of each in the others.
    """
    metrics = _predicted(outputs)
    texts = columns["text"].tolist()
    written = [text.decode("utf-8", "replace") for text in outputs["output"]]
    metrics |= _spelled(written, texts)
    others = {name: _predicted(one) for name, one in baselines.items()}
    drawn = {"this model": outputs}
    if others:
        strongest = min(others, key=lambda name: others[name]["bits_per_character"])
        drawn[strongest] = baselines[strongest]
    sizes = np.asarray(outputs["score_size"]).astype(int)
    bits = {name: one["score_losses"] / math.log(2) for name, one in drawn.items()}
    return Evaluation(
        metrics,
        others,
        {"positions.png": figures.bits_over_positions(bits, sizes)},
        {"examples.md": _examples(texts, written)},
    )


def _predicted(outputs: Outputs) -> dict[str, float]:
    sizes = np.asarray(outputs["score_size"], np.float64)
    loss = float((outputs["score_loss"] * sizes).sum() / sizes.sum())
    return {"bits_per_character": loss / math.log(2), "perplexity": math.exp(min(loss, 700.0))}


def _spelled(written: Sequence[str], texts: Sequence[str]) -> dict[str, float]:
    """How many of the words are words, as far as the split can tell."""
    own = [Counter(_words(text)) for text in texts]
    texts_with = Counter(word for words in own for word in words)
    # The last word of what was written may be cut off.
    invented = [word for text in written for word in _words(text)[:-1]]
    shared = sum(count for words in own for word, count in words.items() if texts_with[word] > 1)
    return {
        "written_known_words": sum(word in texts_with for word in invented) / max(len(invented), 1),
        "real_known_words": shared / max(sum(words.total() for words in own), 1),
    }


def _words(text: str) -> list[str]:
    return WORD.findall(text.casefold())


def _examples(texts: Sequence[str], written: Sequence[str]) -> str:
    rows = np.unique(np.linspace(0, len(texts) - 1, SHOWN).astype(int))
    parts = [
        f"## Passage {row + 1}\n\nIts end:\n\n{_block(texts[row][-PROMPT:])}\n\n"
        f"What was written:\n\n{_block(written[row])}"
        for row in rows
    ]
    return "# Continuations of passages of the split\n\n" + "\n\n".join(parts) + "\n"


def _block(text: str) -> str:
    """As Markdown shows text as it is: indented, whatever it holds."""
    return "\n".join(f"    {line}".rstrip() for line in text.strip("\n").split("\n"))
