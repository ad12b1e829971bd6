import numpy as np

from pipelines.evaluation.baselines.tagging import predict


def columns(*sentences):
    texts, targets = zip(*sentences, strict=False)
    return {"text": np.array(texts, object), "target": np.array(targets, object)}


def test_a_word_gets_its_most_frequent_tag_and_an_unknown_one_that_of_all():
    train = columns(
        ("Ann\nsees\nRome\n", "B-PER O B-LOC"),
        ("Rome\nwins\n", "B-ORG O"),
        ("Rome\nis\nold\n", "B-ORG O O"),
        ("York\nYork\n", "B-LOC B-ORG"),
    )
    test = columns(("Rome\nsees\nBob\n", ""), ("rome\n", ""), ("York\nAnn\n", ""))
    found = predict(train, test, ())
    assert list(found) == ["most_frequent_tag"]
    assert found["most_frequent_tag"]["tags"].tolist() == [
        [b"B-ORG", b"O", b"O"],
        [b"O", b"", b""],
        [b"B-LOC", b"B-PER", b""],
    ]
