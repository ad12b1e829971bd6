"""Evaluation report of a tagger, and one answer in readable form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from seqeval.metrics.sequence_labeling import get_entities

from pipelines.data.conll import words_of
from pipelines.evaluation import figures
from pipelines.evaluation.markdown import shorten
from pipelines.evaluation.metrics.spans import evaluate
from pipelines.outputs.base import Answers, Evaluation, Reference
from pipelines.outputs.reports.common import comparison, decoded, tokens_of
from pipelines.outputs.tags import Tags

OUTSIDE = "O"
SHOWN = 20
"""Sentences with mistakes in the report; half as many without are added."""

LONGEST = 400


def report(answers: Answers, reference: Reference, baselines: Mapping[str, Answers]) -> Evaluation:
    """Evaluates tags on a split.

    Args:
        answers: `tags`, bytes `[n, words]`, padded with b"".
        reference: the split: `text`, one word per line, and `target`, their tags, separated by
            spaces.
        baselines: name -> `tags` of a simpler model.
    """
    truth = [target.split() for target in reference.columns["target"]]
    predicted = _tags(answers["tags"], truth)
    metrics = evaluate(truth, predicted)
    compared = {
        name: evaluate(truth, _tags(baseline["tags"], truth))
        for name, baseline in baselines.items()
    }
    types = {tag[2:] for tags in (*truth, *predicted) for tag in tags if tag != OUTSIDE}
    names = (OUTSIDE, *sorted(types))
    matrix = figures.confusion_matrix(_types(truth, names), _types(predicted, names), names)
    drawn = {"confusion_matrix.png": matrix, **comparison(metrics, compared, Tags.metrics)}
    texts = {"examples.md": _examples(reference.columns["text"].tolist(), truth, predicted)}
    return Evaluation(metrics, compared, drawn, texts)


def shown(text: str, answers: Answers) -> str:
    """One answer for a terminal.

    Args:
        text: of the request.
        answers: of the export for it: `tokens` and `tags`, optionally `score`.

    Returns:
        The sentence with its entities in brackets and its original spaces, the probability that
        all tags are right, and each entity with its type.
    """
    words, tags = tokens_of(answers["tokens"][0]), tokens_of(answers["tags"][0])
    probability = ""
    if "score" in answers:
        probability = f"  ({np.exp(answers['score'][0]):.1%} for all of it)"
    spans = get_entities(tags)
    wide = max([0, *(len(kind) for kind, _, _ in spans)])
    lines = [marked(words, tags, _gaps(text, words)) + probability]
    for kind, first, last in spans:
        lines.append(f"  {kind:<{wide}}  {' '.join(words[first : last + 1])}")
    return "\n".join(lines)


def marked(words: Sequence[str], tags: Sequence[str], gaps: Sequence[str] = ()) -> str:
    """A sentence with its entities in brackets, such as `[Ann Lee PER] lives in [Rome LOC] .`.

    Args:
        words: of the sentence.
        tags: of the words, in BIO.
        gaps: the text before each word; single spaces by default.
    """
    parts = list(words)
    for kind, first, last in get_entities(list(tags)):
        parts[first] = f"[{parts[first]}"
        parts[last] = f"{parts[last]} {kind}]"
    before = gaps or ["", *[" "] * (len(parts) - 1)]
    return "".join(gap + part for gap, part in zip(before, parts, strict=True))


def _gaps(text: str, words: Sequence[str]) -> list[str]:
    """For each word, a space if the original text has one before it, else nothing."""
    gaps = []
    end = 0
    for word in words:
        start = text.find(word, end)
        spaced = start < 0 or text[end:start].isspace()
        gaps.append(" " if spaced and gaps else "")
        end = end if start < 0 else start + len(word)
    return gaps


def _tags(predicted: np.ndarray, truth: Sequence[Sequence[str]]) -> list[list[str]]:
    """Tags of each sentence; words that were cut off are outside of entities."""
    return [
        [tag or OUTSIDE for tag in decoded(row[: len(tags)])]
        + [OUTSIDE] * max(0, len(tags) - len(row))
        for row, tags in zip(predicted, truth, strict=True)
    ]


def _types(tags: Sequence[Sequence[str]], names: Sequence[str]) -> np.ndarray:
    """The type of each word's tag as an index, int64 [words]."""
    index = {name: i for i, name in enumerate(names)}
    return np.array([index[OUTSIDE if t == OUTSIDE else t[2:]] for row in tags for t in row])


def _examples(
    texts: Sequence[str], truth: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]
) -> str:
    """Sentences with most mistakes, and right ones with most entities, as Markdown."""
    true_spans, spans = (
        [set(get_entities(list(tags))) for tags in side] for side in (truth, predicted)
    )
    mistakes = [len(true ^ claimed) for true, claimed in zip(true_spans, spans, strict=True)]
    worst = [row for row in np.argsort([-n for n in mistakes], kind="stable") if mistakes[row]]
    by_size = np.argsort([-len(true) for true in true_spans], kind="stable")
    right = [row for row in by_size if not mistakes[row] and true_spans[row]]

    def item(row: int) -> str:
        words = words_of(texts[row])
        lines = [f"- true:  {shorten(marked(words, truth[row]), LONGEST)}"]
        if mistakes[row]:
            lines.append(f"  found: {shorten(marked(words, predicted[row]), LONGEST)}")
        return "\n".join(lines)

    # At even steps, because the worst are long lists of names, all similar.
    wrong = worst[:: max(1, len(worst) // SHOWN)][:SHOWN]
    parts = [
        f"# Sentences and their entities\n\n{len(worst):,} of {len(mistakes):,} have a mistake.",
        "## Wrong, from many mistakes to one\n\n" + "\n".join(map(item, wrong)),
        "## Right, those with most entities\n\n" + "\n".join(map(item, right[: SHOWN // 2])),
    ]
    return "\n\n".join(parts) + "\n"
