import numpy as np
import pytest

from pipelines.evaluation.baselines.text_classification import linear, majority, predict


def texts(*values):
    return np.array(values, dtype=object)


TRAIN = texts("a good film", "good and funny", "a bad film", "bad and dull", "good", "bad")
LABELS = np.array([1, 1, 0, 0, 1, 0])


def test_majority_scores_are_the_frequencies_of_the_training_split():
    scores = majority(np.array([2, 0, 2, 2]), 4, 3)
    assert scores.tolist() == [[0.25, 0.0, 0.75, 0.0]] * 3


def test_linear_learns_which_words_matter():
    scores = linear(TRAIN, LABELS, texts("such a good story", "a bad story"), 2)
    assert scores.argmax(axis=1).tolist() == [1, 0]
    assert scores.sum(axis=1) == pytest.approx([1.0, 1.0], abs=1e-12)


def test_pairs_of_words_tell_what_single_words_cannot():
    train = texts(*["not good", "bad", "good", "not bad"] * 10)
    labels = np.array([0, 0, 1, 1] * 10)
    assert linear(train, labels, train[:4], 2).argmax(axis=1).tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("train", "test"),
    [
        (texts("这部电影很好看", "好看极了", "这部电影难看", "太难看了"), texts("好看", "难看")),
        (texts("😀", "😀 😀", "😡", "😡 😡"), texts("😀", "😡")),
        (texts("I", "I I", "a", "a a"), texts("I", "a")),
    ],
    ids=["without spaces", "emoji", "single letters"],
)
def test_texts_that_are_not_english_prose(train, test):
    scores = linear(train, np.array([1, 1, 0, 0]), test, 2)
    assert scores.argmax(axis=1).tolist() == [1, 0]


def test_a_class_without_a_training_example_gets_no_score():
    scores = linear(TRAIN, np.where(LABELS == 1, 3, 1), texts("good", "bad"), 4)
    assert scores.argmax(axis=1).tolist() == [3, 1]
    assert (scores[:, [0, 2]] == 0).all()


@pytest.mark.parametrize(
    ("train", "labels"),
    [(TRAIN, np.ones(6, dtype=np.int64)), (texts("!!!", "???", ""), np.array([1, 1, 0]))],
    ids=["one class only", "no words"],
)
def test_nothing_to_learn_is_the_majority(train, labels):
    assert np.array_equal(linear(train, labels, texts("good"), 2), majority(labels, 2, 1))


def test_many_texts_without_a_term_in_common_still_fit():
    train = texts(*(f"id{i}" for i in range(1200)))
    scores = linear(train, np.arange(1200) % 2, train[:2], 2)
    assert scores.argmax(axis=1).tolist() == [0, 1]


def test_one_unknown_text_and_no_text():
    assert np.isfinite(linear(TRAIN, LABELS, texts("entirely unknown"), 2)).all()
    assert linear(TRAIN, LABELS, texts(), 2).shape == (0, 2)


def test_all_baselines_by_name_and_the_same_each_time():
    train, test = {"text": TRAIN, "label": LABELS}, {"text": texts("good", "bad", "dull")}
    first, second = (predict(train, test, ("bad", "good")) for _ in range(2))
    assert list(first) == ["majority", "linear"]
    for name, answers in first.items():
        assert answers["scores"].shape == (3, 2)
        assert np.array_equal(answers["scores"], second[name]["scores"])
