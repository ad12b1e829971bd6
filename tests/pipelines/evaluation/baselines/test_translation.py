import numpy as np

from pipelines.evaluation.baselines import translation


def column(*texts):
    return np.array(texts, object)


def test_the_text_itself_and_the_translation_of_the_nearest_one():
    train = {
        "text": column("Der Hund bellt.", "Die Katze schläft.", "Ein Hund schläft nie."),
        "target": column("The dog barks.", "The cat sleeps.", "A dog never sleeps."),
    }
    test = {"text": column("Bellt der Hund?", "Schläft die Katze nie?", "Unbekanntes")}
    found = translation.predict(train, test, ())
    assert found["copy"]["output"].tolist() == [text.encode() for text in test["text"]]
    assert found["nearest"]["output"].tolist() == [
        b"The dog barks.",
        b"The cat sleeps.",
        b"The dog barks.",
    ]
