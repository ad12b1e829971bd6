import json
from collections import Counter
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pipelines import tasks
from pipelines.data.card import data_card
from pipelines.data.card.text import WIDTH, render, training_lengths
from pipelines.data.examples import Examples, Provenance
from pipelines.inputs.base import Measured
from tests.given import column, settings


def columns(*pairs):
    return {
        "text": np.array([text for text, _ in pairs], dtype=object),
        "label": np.array([label for _, label in pairs], dtype=np.int64),
    }


def measured(columns, tokens=True):
    words = [text.split() for text in columns["text"]]
    counts = Counter(word for each in words for word in each)
    return Measured(np.array([len(each) for each in words], np.int64), counts if tokens else None)


def made(given, vocabulary: Any = (), max_length=3, buckets=2, targets=None, task="sentiment"):
    """The card of texts that are read by words between blanks."""
    input = SimpleNamespace(
        measure=measured if vocabulary is not None else lambda columns: measured(columns, False),
        vocabulary=vocabulary,
        max_length=max_length,
        unit="tokens",
    )
    output = SimpleNamespace(measure=targets or (lambda columns: None))
    preprocessing: Any = SimpleNamespace(input=input, output=output)
    return data_card(tasks.get(task), given, preprocessing, settings(task, buckets=buckets))


def examples(train, validation, test, labels=("bad", "good"), **origin):
    splits = {"train": train, "validation": validation, "test": test}
    return Examples(
        splits, labels, Provenance("yours", "mine.csv", "", "0123456789abcdef", **origin)
    )


@pytest.fixture
def small():
    return examples(
        columns(("a b c", 1), ("A  b C", 0), ("a", 0), ("a b c d e", 1)),
        columns(("a x", 1), ("a b c", 1)),
        columns(("x y z", 0), ("a", 1), ("a  x", 1)),
        licence="MIT",
        removed={"empty text": 3},
    )


@pytest.fixture
def card(small):
    return made(small, ["a", "b", "c"])


def test_splits_are_counted(card):
    train = card["splits"]["train"]
    assert (train["examples"], train["balance"], train["tokens"]) == (4, [2, 2], 12)
    assert train["lengths"] == {"shortest": 1, "median": 3, "p95": 5, "longest": 5, "mean": 3.0}
    assert train["truncated"] == 0.25
    assert card["splits"]["test"]["balance"] == [1, 2]
    assert card["splits"]["test"]["truncated"] == 0.0


def test_out_of_vocabulary_is_a_share_of_tokens(card):
    shares = [card["splits"][name]["out_of_vocabulary"] for name in ("train", "validation", "test")]
    # A and C (the tokeniser of this test keeps case), d, e; x; x, y, z, x.
    assert shares == pytest.approx([4 / 12, 1 / 5, 4 / 6])
    assert card["vocabulary"] == {"known": 3, "in_training_inputs": 7}


def test_duplicates_whatever_their_case_and_spaces(card):
    assert card["duplicates"] == {
        "inside": {"train": 1, "validation": 0, "test": 0},
        "across": {"train/validation": 1, "train/test": 1, "validation/test": 1},
        "conflicting": 2,  # "a b c" and "a"
    }


def test_buckets_are_suggested_for_the_training_texts(card):
    # Lengths 3, 3, 1 and 5 cut to 3.
    assert card["buckets"]["edges"] == [1, 3]
    assert card["buckets"]["padding"] == 0.0
    assert card["buckets"]["one"] == pytest.approx(2 / 12)
    assert training_lengths(card).tolist() == [1, 3, 3, 5]


def test_the_card_survives_json(card):
    assert json.loads(json.dumps(card)) == card
    assert render(json.loads(json.dumps(card))) == render(card)


def test_rendered_it_says_what_was_found(card):
    text = render(card)
    assert "mine.csv" in text
    assert "source: yours · digest: 0123456789abcdef · licence: MIT" in text
    assert "left out: empty text: 3" in text
    assert "  good" in text
    assert "1 inside train, 1 of validation also in train" in text
    assert "inputs that occur with different labels: 2" in text
    assert "bucket edges 1 3: 0.0 % padding (one bucket: 16.7 %)" in text


def test_empty_splits_one_example_and_an_empty_text():
    given = examples(columns(("", 0)), columns(), columns())
    card = made(given, [], 5, 4)
    assert card["splits"]["test"]["tokens"] == 0
    assert card["splits"]["test"]["lengths"]["median"] == 0
    assert card["splits"]["train"]["out_of_vocabulary"] == 0.0
    assert card["buckets"]["edges"] == [1]
    assert "duplicates: none" in render(card)


def test_it_stays_compact_with_many_classes_and_long_texts():
    rng = np.random.default_rng(0)
    names = tuple(f"class {i} with quite a long name that goes on and on" for i in range(77))
    pairs = [("w " * int(rng.lognormal(5, 1)), int(rng.integers(77))) for _ in range(500)]
    removed = {f"reason {i}": i for i in range(20)}
    given = examples(columns(*pairs), columns(*pairs), columns(*pairs), names, removed=removed)
    text = render(made(given, ["w"], 400, 8))
    assert "67 smaller classes" in text
    assert len(text.splitlines()) <= 48
    assert max(map(len, text.splitlines())) <= WIDTH


def test_targets_are_measured_beside_their_inputs(small):
    card = made(small, None, targets=lambda columns: np.arange(1, len(columns["text"]) + 1))
    assert card["splits"]["train"]["targets"]["longest"] == 4
    assert card["splits"]["validation"]["targets"]["median"] == 1
    assert "targets" not in made(small)["splits"]["train"]


def test_a_card_says_what_a_step_of_a_target_is_called(small):
    card = made(small, None, targets=lambda columns: np.ones(len(columns["text"])), task="speech")
    assert (card["unit"], card["target_unit"]) == ("tokens", "digits")
    assert "digits per target: minimum" in render(card)


def test_where_every_step_is_known_nothing_is_said_of_a_vocabulary(small):
    card = made(small, None)
    assert "vocabulary" not in card
    assert "out_of_vocabulary" not in card["splits"]["train"]
    assert "vocabulary" not in render(card)


def test_without_labels_there_is_no_balance():
    split = {"text": column("a b", "c")}
    given = Examples(
        dict.fromkeys(("train", "validation", "test"), split), (), Provenance("yours", "x", "", "0")
    )
    card = made(given, ["a"])
    assert "balance" not in card["splits"]["train"]
    assert card["duplicates"]["across"]["train/test"] == 2
    assert card["duplicates"]["conflicting"] == 0
    assert render(card)
