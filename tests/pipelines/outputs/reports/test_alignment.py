import numpy as np

from pipelines.outputs.reports.alignment import in_words


def test_subwords_become_words_and_marks_stay_apart():
    read = ["\u2581Der", "\u2581Hu", "nd", ",", "\u2581\u201e", "ja", "\u201c", "!"]
    written = ["\u2581The", "\u2581d", "og", "."]
    weights = np.zeros((4, 8), np.float32)
    weights[0, 0] = 1
    weights[1] = [0, 0.5, 0.25, 0.25, 0, 0, 0, 0]
    weights[2] = [0.5, 0, 0.5, 0, 0, 0, 0, 0]
    weights[3, 7] = 1
    sources, answers, found = in_words(read, written, weights)
    assert sources == ["Der", "Hund", ",", "\u201e", "ja", "\u201c", "!"]
    assert answers == ["The", "dog", "."]
    assert found[:, [0, 1, 2, 6]].tolist() == [[1, 0, 0, 0], [0.25, 0.625, 0.125, 0], [0, 0, 0, 1]]
    np.testing.assert_allclose(found.sum(axis=1), 1)


def test_apostrophes_and_hyphens_are_within_words():
    tokens = ["\u2581It", "'", "s", "\u2581well", "-", "known", ".", "\u2581"]
    assert in_words(tokens, ["a"], np.ones((1, 8)))[0] == ["It's", "well-known", ".", ""]


def test_a_blank_of_its_own_belongs_to_the_word_behind_it():
    assert in_words(["\u2581", "\u2581x", "\u2581", "yz"], ["a"], np.ones((1, 4)))[0][1:] == [
        "x",
        "yz",
    ]


def test_other_tokens_stay_as_they_are():
    read, written, weights = ["a", "b"], ["X1", "-"], np.array([[1.0, 0], [0.5, 0.5]])
    found = in_words(read, written, weights)
    assert found[:2] == (read, written)
    assert found[2].tolist() == weights.tolist()


def test_nothing_may_be_written():
    assert in_words(["\u2581a", "b"], [], np.zeros((0, 2)))[2].shape == (0, 1)
