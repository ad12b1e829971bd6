import numpy as np

from pipelines.evaluation.baselines.exact import predict


def test_chance_is_the_most_frequent_character_of_each_place():
    train = {"target": np.array(["579", "512", "1572", "589"], object)}
    test = {"target": np.array(["1", "2"], object)}
    found = predict(train, test, ())
    assert list(found) == ["chance"]
    assert found["chance"]["output"].tolist() == [b"579", b"579"]
