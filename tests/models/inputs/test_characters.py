"""Characters of words: what a filter sees, and that padding of any kind changes nothing."""

import keras
import numpy as np
import pytest

from models import build as networks
from models.inputs.characters import CharacterConvolution
from models.inputs.tokens import TokenInput
from models.outputs.labels import Labels
from models.spec import ModelSpec

TOKENS = np.array([[2, 3, 1], [4, 0, 0]], np.int32)
CHARACTERS = np.array(
    [[[2, 3, 4, 0], [5, 0, 0, 0], [1, 2, 0, 0]], [[3, 3, 0, 0], [0] * 4, [0] * 4]], np.int32
)
INPUTS = TokenInput(6, characters=7)


@pytest.fixture
def layer():
    keras.utils.set_random_seed(0)
    layer = CharacterConvolution(7, 5, 0.0)
    layer(CHARACTERS)
    layer.convolution.bias.assign(np.linspace(-1, 1, 5))
    return layer


def test_a_word_is_the_maximum_of_its_windows(layer):
    embedding, kernel, bias = (np.asarray(w) for w in layer.weights)
    # Windows of the first word, whose characters are 2, 3 and 4, with nothing beyond its ends.
    padded = np.concatenate([np.zeros((1, 30)), embedding[[2, 3, 4]], np.zeros((1, 30))])
    windows = [np.tensordot(padded[i : i + 3], kernel, 2) + bias for i in range(3)]
    found = np.asarray(layer(CHARACTERS))
    assert found.shape == (2, 3, 5)
    np.testing.assert_allclose(found[0, 0], np.max(windows, axis=0), rtol=0, atol=1e-5)


def test_a_step_without_characters_is_zero(layer):
    assert (np.asarray(layer(CHARACTERS))[1, 1:] == 0).all()


def test_padding_of_words_and_of_time_changes_nothing(layer):
    wider = np.pad(CHARACTERS, ((0, 0), (0, 2), (0, 3)))
    expected, found = np.asarray(layer(CHARACTERS)), np.asarray(layer(wider))
    np.testing.assert_allclose(found[:, :3], expected, rtol=0, atol=1e-6)
    assert (found[:, 3:] == 0).all()


def test_a_tagger_that_reads_characters_learns_from_them_and_survives_a_file(tmp_path):
    spec = ModelSpec.of("many_to_many", head="crf", units=3, embedding_dim=4, filters=5)
    model = networks.build(spec, INPUTS, Labels(3))
    given = {"tokens": TOKENS, "characters": CHARACTERS}
    expected = np.asarray(model(given)["logits"])
    other = np.asarray(model(given | {"characters": CHARACTERS[:, :, ::-1].copy()})["logits"])
    assert np.abs(expected - other).max() > 0
    model.save(tmp_path / "model.keras")
    loaded = networks.load(tmp_path / "model.keras")
    np.testing.assert_array_equal(np.asarray(loaded(given)["logits"]), expected)
    answer = networks.answer(spec, loaded, Labels(3), None)(given)
    np.testing.assert_array_equal(np.asarray(answer["tags"]) >= 0, TOKENS > 0)


def test_dropout_of_characters_acts_in_training_alone(layer):
    dropping = CharacterConvolution(7, 5, 0.5)
    calm = np.asarray(dropping(CHARACTERS))
    np.testing.assert_array_equal(calm, dropping(CHARACTERS, training=False))
    assert (np.asarray(dropping(CHARACTERS, training=True)) != calm).any()


def test_without_characters_a_network_of_tokens_is_as_it_was():
    read = TokenInput(6).connect(ModelSpec(embedding_dim=4))
    assert list(read.inputs) == ["tokens"]
    assert read.sequence.shape == (None, None, 4)
    both = INPUTS.connect(ModelSpec(embedding_dim=4, filters=5))
    assert list(both.inputs) == ["tokens", "characters"]
    assert both.sequence.shape == (None, None, 9)
