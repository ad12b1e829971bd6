"""A pronunciation without a network: each letter as it is spoken most often."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from pipelines.data.examples import Columns
from pipelines.evaluation.baselines import Answers, written

ROUNDS = 3
MOST_WORDS = 20_000
"""Letters are few: more words would not change what they are spoken like most often."""

SILENT = ""


def predict(train: Columns, test: Columns, labels: tuple[str, ...]) -> dict[str, Answers]:
    """Spells out each word of the test split.

    Args:
        train: `text` and `target`.
        test: `text`.
        labels: not needed.

    Returns:
        `letters`: each letter's most frequent phone, or none where it is mostly silent.
    """
    del labels
    phone_of = letter_phones(train["text"].tolist(), train["target"].tolist())
    return written(
        {
            "letters": [
                " ".join(filter(None, (phone_of.get(letter, SILENT) for letter in word)))
                for word in test["text"]
            ]
        }
    )


def letter_phones(words: Sequence[str], pronunciations: Sequence[str]) -> dict[str, str]:
    """The most frequent phone of each letter.

    Letters and phones are aligned by hard expectation maximisation (Black et al. 1998, "Issues in
    building general letter to sound rules", section 2): begin with words that have as many letters
    as phones, then align every word by what is known, some rounds.

    Args:
        words: of the training split.
        pronunciations: theirs, phones with a blank between.
    """
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    step = -(-len(words) // MOST_WORDS)
    some = zip(words[::step], pronunciations[::step], strict=True)
    pairs = [(word, spoken.split()) for word, spoken in some]
    for word, phones in pairs:
        if len(word) == len(phones):
            for letter, phone in zip(word, phones, strict=True):
                counts[letter][phone] += 1
    for _ in range(ROUNDS):
        aligned: dict[str, Counter[str]] = defaultdict(Counter)
        for word, phones in pairs:
            if len(phones) <= len(word):
                for letter, phone in zip(word, _aligned(word, phones, counts), strict=True):
                    aligned[letter][phone] += 1
        counts = aligned
    return {letter: own.most_common(1)[0][0] for letter, own in counts.items()}


def _aligned(word: str, phones: list[str], counts: dict[str, Counter[str]]) -> Iterator[str]:
    """The phone of each letter, `SILENT` for some: the likeliest way in the same order."""
    letters, spoken = len(word), len(phones)
    # best[i][j]: score of the first i letters speaking the first j phones.
    best = [[-1.0] * (spoken + 1) for _ in range(letters + 1)]
    best[0][0] = 0.0
    for i in range(letters):
        own = counts[word[i]]
        for j in range(min(i, spoken) + 1):
            if best[i][j] < 0:
                continue
            best[i + 1][j] = max(best[i + 1][j], best[i][j])
            if j < spoken:
                share = own[phones[j]] / max(1, own.total())
                best[i + 1][j + 1] = max(best[i + 1][j + 1], best[i][j] + share)
    i, j, way = letters, spoken, []
    while i:
        own = counts[word[i - 1]]
        share = own[phones[j - 1]] / max(1, own.total()) if j else -1.0
        speaks = j > 0 and best[i - 1][j - 1] >= 0
        if speaks and best[i][j] == best[i - 1][j - 1] + share:
            way.append(phones[j - 1])
            j -= 1
        else:
            way.append(SILENT)
        i -= 1
    return reversed(way)
