import numpy as np

from pipelines.baselines import translation


def column(*texts):
    return np.array(texts, object)


def test_the_text_itself_and_the_translation_of_the_nearest_one():
    train = {
        "text": column("Der Hund bellt.", "Die Katze schläft.", "Ein Hund schläft nie."),
        "target": column("The dog barks.", "The cat sleeps.", "A dog never sleeps."),
    }
    test = {"text": column("Bellt der Hund?", "Schläft die Katze nie?", "Unbekanntes")}
    found = translation.predict(train, test)
    assert found["copy"] == test["text"].tolist()
    assert found["nearest"] == ["The dog barks.", "The cat sleeps.", "The dog barks."]
