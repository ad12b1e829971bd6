import numpy as np

from pipelines.evaluation.baselines.summary import predict


def column(*texts):
    return np.array(texts, object)


def test_the_first_words_are_as_many_as_a_summary_has_and_the_nearest_has_one():
    train = {
        "text": column("the river rose by night", "a gate of stone was built"),
        "target": column("flood at last", "new gate opens today, we hear"),
    }
    test = {"text": column("stone by stone the gate fell again", "river", "")}
    found = {name: each["output"].tolist() for name, each in predict(train, test, ()).items()}
    # Summaries of three and six words: 4.5, to the even number as Python rounds.
    assert found["first_words"] == [b"stone by stone the", b"river", b""]
    nearest = [train["target"][1], train["target"][0], train["target"][0]]
    assert found["nearest"] == [text.encode() for text in nearest]
