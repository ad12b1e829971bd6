"""Hashed n-grams: each token with those before it, and nothing else."""

import keras
import numpy as np
import pytest

from models import build as networks
from models.ids import PADDING
from models.inputs.ngrams import ROWS, NGramEmbedding, ngrams
from models.inputs.tokens import TokenInput
from models.layers.recurrent import plain
from models.outputs.classes import Classes
from models.outputs.labels import Labels
from models.outputs.next_token import NextToken
from models.spec import ModelSpec

TOKENS = np.array([[4, 5, 6, 4, 5, 6], [2, 80_000, 4, 5, 0, 0]], np.int32)
CLOSE = {"rtol": 1e-5, "atol": 1e-6}
INPUTS = TokenInput(9)


@pytest.fixture(scope="module", autouse=True)
def plain_recurrence():
    """How a recurrence is computed is not the subject here, and this way nothing is compiled."""
    with plain():
        yield


def expected_row(row, time, length):
    """The hash of an n-gram by whole numbers of any size, from its last token to its first."""
    hashed = 0
    for back in range(length):
        token = int(row[time - back]) if time >= back else PADDING
        hashed = (hashed + token + 1) * 1_327_217_885 % (2**31 - 1)
    return hashed % ROWS + (length - 2) * ROWS


@pytest.mark.parametrize("longest", [2, 3, 8])
def test_each_ngram_has_the_row_of_its_hash(longest):
    found = np.asarray(ngrams(TOKENS, longest))
    assert found.shape == (2, 6, longest - 1)
    wanted = [
        [[expected_row(row, time, n) for n in range(2, longest + 1)] for time in range(6)]
        for row in TOKENS
    ]
    np.testing.assert_array_equal(found, wanted)


def test_equal_ngrams_have_equal_rows_and_other_ones_seldom():
    found = np.asarray(ngrams(TOKENS, 4))
    np.testing.assert_array_equal(found[0, 4, 0], found[0, 1, 0])  # 4 5
    np.testing.assert_array_equal(found[0, 4, 0], found[1, 3, 0])
    assert found[0, 4, 1] != found[0, 1, 1]  # 6 4 5, and 4 5 after the beginning


@pytest.mark.parametrize("length", [2, 3, 4])
def test_no_more_ngrams_fall_together_than_by_chance(length):
    texts = np.random.default_rng(0).integers(4, 80, (50, 200)).astype(np.int32)
    places = range(length - 1, 200)
    different = {tuple(row[t - length + 1 : t + 1]) for row in texts for t in places}
    rows = np.unique(np.asarray(ngrams(texts, length))[:, length - 1 :, -1])
    # Drawn by chance, n of them fill R (1 - (1 - 1/R)^n) of R rows.
    assert len(rows) > 0.97 * ROWS * (1 - (1 - 1 / ROWS) ** len(different))


def test_a_vector_is_the_sum_over_the_lengths():
    layer = NGramEmbedding(4, 3)
    found = np.asarray(layer(TOKENS))
    assert found.shape == (2, 6, 3)
    table, rows = np.asarray(layer.embedding.embeddings), np.asarray(ngrams(TOKENS, 4))
    assert table.shape == (3 * ROWS, 3)
    np.testing.assert_allclose(found, table[rows].sum(axis=2), **CLOSE)


def made(mode, ngrams, inputs=INPUTS, **changes):
    keras.utils.set_random_seed(0)
    spec = ModelSpec.of(mode, ngrams=ngrams, units=4, embedding_dim=5, **changes)
    outputs = {"many_to_one": Classes(3), "many_to_many": Labels(3)}.get(mode, NextToken(9))
    outputs = NextToken(9) if spec.head == "next_token" else outputs
    model = networks.build(spec, inputs, outputs)
    return spec, model, outputs


def test_a_step_sees_no_more_of_the_past_than_its_ngrams():
    _, model, _ = made("many_to_many", 3, cell="simple_rnn")
    stack = model.get_layer("stack").recurrent_layers[0].cell
    stack.recurrent_kernel.assign(np.zeros((4, 4)))  # no other way leads back
    text = np.array([[4, 5, 6, 7, 8, 4]], np.int32)
    other = text.copy()
    other[0, 2] = 8
    moved = np.asarray(model({"tokens": text})["logits"] - model({"tokens": other})["logits"])
    seen = np.abs(moved[0]).max(axis=1) > 1e-7
    np.testing.assert_array_equal(seen, [False, False, True, True, True, False])


def test_padding_behind_a_text_changes_nothing():
    _, model, _ = made("many_to_many", 4)
    text = np.array([[4, 5, 6]], np.int32)
    found = model({"tokens": np.pad(text, [[0, 0], [0, 3]])})["logits"][:, :3]
    np.testing.assert_allclose(found, model({"tokens": text})["logits"], **CLOSE)


def test_a_dropped_token_is_not_given_away_by_its_ngrams():
    keras.utils.set_random_seed(0)
    spec = ModelSpec.of("many_to_one", ngrams=3, token_dropout=0.999, dropout=0.0, embedding_dim=4)
    read = TokenInput(9).connect(spec)
    network = keras.Model(read.inputs, read.sequence)
    one, other = (network({"tokens": np.full((1, 4), t, np.int32)}, training=True) for t in (4, 5))
    np.testing.assert_array_equal(one, other)


def test_it_survives_a_file(tmp_path):
    _, model, _ = made("many_to_one", 5)
    model.save(tmp_path / "model.keras")
    given = {"tokens": np.array([[4, 5, 6, 7]], np.int32)}
    expected = model(given)["logits"]
    loaded = networks.load(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(given)["logits"], expected)
    loaded.get_layer("ngrams").embedding.embeddings.assign(np.zeros((4 * ROWS, 5)))
    assert np.abs(loaded(given)["logits"] - expected).max() > 0


def test_without_ngrams_a_network_is_as_it_was():
    _, model, _ = made("many_to_one", 1)
    assert "ngrams" not in [layer.name for layer in model.layers]


PIECES = ([[4, 5], [6, 0]], [[6, 7], [0, 0]], [[0], [7]], [[8, 4], [4, 8]])
WHOLE = ([4, 5, 6, 7, 8, 4], [6, 7, 4, 8])


@pytest.mark.parametrize("longest", [2, 3, 5])
@pytest.mark.parametrize("cell", ["gru", "transformer"])
def test_the_first_ngrams_of_a_piece_reach_into_the_one_before(cell, longest):
    spec, model, outputs = made(
        "many_to_many", longest, cell=cell, head="next_token", attention_heads=2
    )
    network = networks.streaming(spec, model, outputs)
    states, found = network.start(2), [[], []]
    for piece in PIECES:
        piece = np.array(piece, np.int32)
        answers, states = network.step({"tokens": piece}, states)
        for row, real in enumerate((piece > 0).sum(axis=1)):
            found[row] += list(np.asarray(answers["logits"])[row, :real])
    for row, text in enumerate(WHOLE):
        whole = np.asarray(model({"tokens": np.array([text], np.int32)})["logits"])[0]
        np.testing.assert_allclose(np.stack(found[row]), whole, **CLOSE)
    last = list(network.state_specs())[-1]
    kept = [np.pad(text, (longest, 0))[-(longest - 1) :] for text in WHOLE]
    np.testing.assert_array_equal(states[last], kept)


def test_pieces_may_have_characters_beside_the_tokens():
    inputs = TokenInput(9, characters=6)
    spec, model, outputs = made("many_to_one", 3, inputs, attention="dot", filters=2)
    tokens = np.array([[4, 5, 6, 7]], np.int32)
    characters = np.random.default_rng(0).integers(1, 6, (1, 4, 3)).astype(np.int32)
    network = networks.streaming(spec, model, outputs)
    states = network.start(1)
    for at in (0, 2):
        piece = {"tokens": tokens[:, at : at + 2], "characters": characters[:, at : at + 2]}
        answers, states = network.step(piece, states)
    whole = model({"tokens": tokens, "characters": characters})
    np.testing.assert_allclose(answers["logits"], whole["logits"], **CLOSE)
