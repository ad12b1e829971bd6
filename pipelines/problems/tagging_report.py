"""What an evaluation of a tagger shows, and how one answer is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from seqeval.metrics.sequence_labeling import get_entities

from pipelines import figures
from pipelines.conll import words_of
from pipelines.evaluation.mistakes import shorten
from pipelines.evaluation.spans import evaluate
from pipelines.examples import Columns
from pipelines.task import Evaluation, Outputs

OUTSIDE = "O"
SHOWN = 20
"""Wrong sentences in the report; of right ones half as many."""

LONGEST = 400


def report(outputs: Outputs, columns: Columns, baselines: Mapping[str, Outputs]) -> Evaluation:
    """Evaluates tags on a split.

    Args:
        outputs: `tags`, bytes `[n, words]`, padded with b"".
        columns: `text`, words on a line each, and `target`, their tags with blanks between.
        baselines: name -> `tags` of something simpler.
    """
    truth = [target.split() for target in columns["target"]]
    found = _tags(outputs["tags"], truth)
    metrics = evaluate(truth, found)
    others = {
        name: evaluate(truth, _tags(other["tags"], truth)) for name, other in baselines.items()
    }
    types = sorted({tag[2:] for tags in (*truth, *found) for tag in tags if tag != OUTSIDE})
    names = (OUTSIDE, *types)
    right, said = (_types(tags, names) for tags in (truth, found))
    shown = {"confusion_matrix.png": figures.confusion_matrix(right, said, names)}
    if others:
        shown["baselines.png"] = figures.comparison_with_baselines(metrics, others)
    texts = {"examples.md": _examples(columns["text"].tolist(), truth, found)}
    return Evaluation(metrics, others, shown, texts)


def shown(text: str, outputs: Outputs) -> str:
    """One answer for a terminal.

    Args:
        text: what was asked.
        outputs: of the export for it: `words` and `tags`, perhaps `score`.

    Returns:
        The sentence with its entities in brackets, spaced as it was written, the probability that
        all tags are right, and each entity with its type.
    """
    words = [word.decode("utf-8", "replace") for word in outputs["words"][0] if word]
    tags = [tag.decode() for tag in outputs["tags"][0] if tag]
    sure = f"  ({np.exp(outputs['score'][0]):.1%} for all of it)" if "score" in outputs else ""
    spans = get_entities(tags)
    wide = max([0, *(len(kind) for kind, _, _ in spans)])
    lines = [marked(words, tags, _gaps(text, words)) + sure]
    for kind, first, last in spans:
        lines.append(f"  {kind:<{wide}}  {' '.join(words[first : last + 1])}")
    return "\n".join(lines)


def marked(words: Sequence[str], tags: Sequence[str], gaps: Sequence[str] = ()) -> str:
    """A sentence with its entities in brackets, such as `[Ann Lee PER] lives in [Rome LOC] .`.

    Args:
        words: of the sentence.
        tags: of the words, in BIO.
        gaps: what is written before each word; blanks where it is not given.
    """
    parts = list(words)
    for kind, first, last in get_entities(list(tags)):
        parts[first] = f"[{parts[first]}"
        parts[last] = f"{parts[last]} {kind}]"
    before = gaps or ["", *[" "] * (len(parts) - 1)]
    return "".join(gap + part for gap, part in zip(before, parts, strict=True))


def _gaps(text: str, words: Sequence[str]) -> list[str]:
    """Whether there is a blank before each word in the text that it comes from."""
    gaps = []
    place = 0
    for word in words:
        at = text.find(word, place)
        blank = at < 0 or text[place:at].isspace()
        gaps.append(" " if blank and gaps else "")
        place = place if at < 0 else at + len(word)
    return gaps


def _tags(found: np.ndarray, truth: Sequence[Sequence[str]]) -> list[list[str]]:
    """Tags of each sentence; of words that were cut off, none."""
    return [
        [tag.decode() or OUTSIDE for tag in row[: len(tags)]]
        + [OUTSIDE] * max(0, len(tags) - len(row))
        for row, tags in zip(found, truth, strict=True)
    ]


def _types(tags: Sequence[Sequence[str]], names: Sequence[str]) -> np.ndarray:
    """The type of each word's tag as an index, int64 [words]."""
    index = {name: i for i, name in enumerate(names)}
    return np.array([index[OUTSIDE if t == OUTSIDE else t[2:]] for row in tags for t in row])


def _examples(
    texts: Sequence[str], truth: Sequence[Sequence[str]], found: Sequence[Sequence[str]]
) -> str:
    """Sentences with most mistakes, and right ones with most entities, as Markdown."""
    entities = [[set(get_entities(list(tags))) for tags in side] for side in (truth, found)]
    wrong = [len(right ^ said) for right, said in zip(*entities, strict=True)]
    worst = [row for row in np.argsort([-n for n in wrong], kind="stable") if wrong[row]]
    many = np.argsort([-len(right) for right in entities[0]], kind="stable")
    good = [row for row in many if not wrong[row] and entities[0][row]]

    def told(row: int) -> str:
        words = words_of(texts[row])
        lines = [f"- true:  {shorten(marked(words, truth[row]), LONGEST)}"]
        if wrong[row]:
            lines.append(f"  found: {shorten(marked(words, found[row]), LONGEST)}")
        return "\n".join(lines)

    # At even steps: the very worst are long lists of names, all alike.
    some = worst[:: max(1, len(worst) // SHOWN)][:SHOWN]
    parts = [
        f"# Sentences and their entities\n\n{len(worst):,} of {len(wrong):,} have a mistake.",
        "## Wrong, from many mistakes to one\n\n" + "\n".join(map(told, some)),
        "## Right, those with most entities\n\n" + "\n".join(map(told, good[: SHOWN // 2])),
    ]
    return "\n\n".join(parts) + "\n"
