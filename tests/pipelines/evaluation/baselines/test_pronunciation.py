import numpy as np

from pipelines.evaluation.baselines.pronunciation import letter_phones, predict

WORDS = ["cat", "act", "tac", "knit", "knot", "tin", "note"]
PHONES = ["K AE T", "AE K T", "T AE K", "N IH T", "N AO T", "T IH N", "N AO T"]


def test_each_letter_is_spoken_as_it_is_most_often():
    found = letter_phones(WORDS, PHONES)
    assert {letter: found[letter] for letter in "catni"} == {
        "c": "K",
        "a": "AE",
        "t": "T",
        "n": "N",
        "i": "IH",
    }
    assert found["k"] == found["e"] == ""  # silent wherever they are


def test_words_are_spelled_out_and_unknown_letters_left_out():
    train = {"text": np.array(WORDS, object), "target": np.array(PHONES, object)}
    test = {"text": np.array(["knac", "xin"], object)}
    found = predict(train, test, ())
    assert list(found) == ["letters"]
    assert found["letters"]["output"].tolist() == [b"N AE K", b"IH N"]
