import numpy as np
import pytest

from pipelines.evaluation.baselines.language_model import predict
from tests.pipelines.tasks.made_up_plays import play


def columns(*texts):
    values = np.empty(len(texts), object)
    values[:] = texts
    return {"text": values}


@pytest.fixture(scope="module")
def found():
    train = columns(*(play(seed) for seed in range(5)))
    return predict(train, columns(play(9), "ANNA.\nÜÜ €\n"), ())


def test_every_character_is_scored_and_nothing_else(found):
    for answer in found.values():
        sizes = answer["score_size"].astype(int)
        assert sizes.tolist() == [len(play(9)), len("ANNA.\nÜÜ €\n")]
        losses = answer["score_losses"]
        assert (losses[1, : sizes[1]] > 0).all()
        assert not losses[1, sizes[1] :].any()
        np.testing.assert_allclose(losses.sum(axis=1) / sizes, answer["score_loss"])


def test_the_past_helps(found):
    assert found["5-gram"]["score_loss"][0] < 0.5 * found["unigram"]["score_loss"][0]


def test_unknown_characters_are_dear_and_possible(found):
    losses = found["5-gram"]["score_losses"][1]
    assert losses[6] > 3
    assert np.isfinite(losses).all()
