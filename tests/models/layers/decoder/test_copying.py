"""Decoders that may copy what they read."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models import build as networks
from models.ids import PADDING
from models.inputs.tokens import TokenInput
from models.layers.decoder.copying import Copying, spread
from models.outputs.tokens import Tokens
from models.spec import ModelSpec
from models.spec.settings import SpecError
from tests.models.modes.decoder_networks import (
    PREVIOUS,
    VOCABULARY,
    answers,
    assert_same_at_real_steps,
    assert_writes_as_by_hand,
    best_by_hand,
    built,
    greedy_by_hand,
    in_pieces,
    reloaded,
    rows,
    step_once,
)

SOURCE = tf.constant([[4, 5, 6, 1, 4], [5, 6, 0, 0, 0], [6, 6, 4, 1, 0]])
INPUTS = {"tokens": SOURCE}
READ = [5, 2, 4]
NETWORKS = {
    "both": {"cell": "lstm", "attention": "additive", "bidirectional": True},
    "fed": {"cell": "gru", "attention": "dot", "input_feeding": True, "tie_embeddings": True},
    "transformer": {"cell": "transformer", "attention": "multi_head", "attention_heads": 2},
}


def weights_of(random, time=3):
    """Attention over SOURCE, none of it at padding."""
    drawn = random.random((3, time, 5), np.float32) * (SOURCE.numpy() != PADDING)[:, None]
    return drawn / drawn.sum(axis=2, keepdims=True)


def test_weights_are_added_up_token_by_token():
    weights = weights_of(np.random.default_rng(0))
    one_hot = np.eye(VOCABULARY, dtype=np.float32)[SOURCE.numpy()]
    found = spread(tf.constant(weights), SOURCE, VOCABULARY).numpy()
    np.testing.assert_allclose(found, weights @ one_hot, rtol=1e-5)
    assert (found[:, :, PADDING] == 0).all()
    assert spread(tf.zeros([0, 1, 5]), tf.zeros([0, 5], tf.int32), 7).shape == (0, 1, 7)


def mixture(seed=0, scale=1.0):
    random = np.random.default_rng(seed)
    logits, states, embedded = (
        tf.constant(random.normal(0, scale, (3, 3, width)), tf.float32)
        for width in (VOCABULARY, 4, 2)
    )
    return logits, states, embedded, tf.constant(weights_of(random)), SOURCE


def test_it_is_equation_9_of_the_paper():
    keras.utils.set_random_seed(0)
    layer, given = Copying(), mixture()
    found, copying = layer(*given)
    logits, states, embedded, weights, _ = (np.asarray(each, np.float64) for each in given)
    kernel, bias = layer.switch.get_weights()
    read = np.concatenate([states, embedded], axis=2)
    p_gen = 1 / (1 + np.exp(-(read @ kernel + bias)))
    soft = np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)
    wanted = p_gen * soft + (1 - p_gen) * (weights @ np.eye(VOCABULARY)[SOURCE.numpy()])
    np.testing.assert_allclose(np.exp(found), wanted, rtol=1e-4)
    np.testing.assert_allclose(np.exp(found).sum(axis=2), 1, rtol=1e-5)
    np.testing.assert_allclose(copying, 1 - p_gen[:, :, 0], rtol=1e-4)


@pytest.mark.parametrize("scale", [1.0, 300.0])
def test_probabilities_near_0_have_finite_logarithms_and_gradients(scale):
    logits, states, embedded, weights, source = mixture(scale=scale)
    layer = Copying()
    with tf.GradientTape() as tape:
        tape.watch([logits, states, weights])
        found, _ = layer(logits, states, embedded, weights, source)
        loss = tf.reduce_sum(found[:, :, :4])  # padding is written nowhere in the source
    assert np.isfinite(found).all()
    for gradient in tape.gradient(loss, [logits, states, weights]):
        assert np.isfinite(gradient).all()


@pytest.fixture(scope="module", params=list(NETWORKS))
def network(request, tmp_path_factory):
    small = {"units": 6, "embedding_dim": 5, "dropout": 0.0}
    spec = ModelSpec.of("encoder_decoder", copy=True, **small, **NETWORKS[request.param])
    model = built(spec, TokenInput(VOCABULARY))
    again = reloaded(model, tmp_path_factory.mktemp(request.param))
    return spec, model, again, model({**INPUTS, "previous": PREVIOUS})


def test_training_form_pieces_and_a_saved_network_agree(network):
    spec, _, again, found = network
    assert found.keys() == {"logits", "attention", "copying"}
    np.testing.assert_allclose(np.exp(found["logits"]).sum(axis=2), 1, rtol=1e-5)
    for name, value in again({**INPUTS, "previous": PREVIOUS}).items():
        np.testing.assert_array_equal(value, found[name])
    assert_same_at_real_steps(in_pieces(spec, again, INPUTS, [0, 1, 3, 4]), found)


def test_what_is_read_and_what_is_written_share_one_embedding_for_good(network):
    spec, model, again, _ = network
    for each in (model, again):
        assert each.get_layer("decoder").embedding is each.get_layer("embedding")
        wide = [v for v in each.trainable_variables if VOCABULARY in v.shape]
        assert len(wide) == (1 if spec.tie_embeddings else 3)  # with kernel and bias of the logits


def test_one_step_changes_every_weight(network):
    for path, (gradient, moved) in step_once(network[1], INPUTS).items():
        assert np.isfinite(gradient).all(), path
        assert moved > 0, path


def test_padding_and_neighbours_change_nothing(network):
    _, model, _, found = network
    for i, length in enumerate(READ):
        alone = model(rows({"tokens": SOURCE[:, :length], "previous": PREVIOUS}, i))
        real = int((PREVIOUS[i] != 0).numpy().sum())
        for name in ("logits", "copying"):
            np.testing.assert_allclose(
                alone[name][0, :real], found[name][i, :real], rtol=1e-4, atol=1e-5
            )


def test_what_is_written_is_what_a_loop_and_a_search_of_all_find(network):
    spec, model, again, _ = network
    found = answers(spec, again, INPUTS, max_tokens=4)
    assert_writes_as_by_hand(found, greedy_by_hand(model, INPUTS, 4))
    assert found["copying"].shape == found["tokens"].shape
    real = found["tokens"] != PADDING
    assert ((found["copying"] > 0) == real).all()
    beam = {"strategy": "beam", "beam_width": 100, "max_tokens": 3, "length_penalty": 0.8}
    found = answers(spec, again, INPUTS, **beam)
    tokens, score = best_by_hand(model, rows(INPUTS, 0), 3, 0.8)
    assert found["tokens"][0, : found["lengths"][0]].tolist() == tokens
    assert found["scores"][0] == pytest.approx(score, rel=1e-4)


def test_tokens_of_another_vocabulary_are_not_copied():
    spec = ModelSpec.of("encoder_decoder", attention="dot", copy=True)
    with pytest.raises(SpecError, match=r"^copy: .* vocabularies of their own.*; set copy=0$"):
        networks.build(spec, TokenInput(9), Tokens(9))
