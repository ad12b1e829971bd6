import numpy as np
import pytest
import tensorflow as tf

from models.build import answer, streaming
from models.inputs.tokens import TokenInput
from models.spec import ModelSpec
from models.spec.generation import Generation
from tests.models.modes.decoder_networks import (
    OUTPUTS,
    PREVIOUS,
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

READ = [5, 2, 4]
TOKENS = tf.constant([[4, 5, 6, 7, 4], [5, 6, 0, 0, 0], [7, 7, 4, 1, 0]])
INPUTS = {"tokens": TOKENS}
DEEP = {"layers": 2, "residual": True, "layer_norm": True}
NETWORKS = {
    "plain": {"cell": "simple_rnn"},
    "deep": {"cell": "lstm", "bidirectional": True, **DEEP},
    "dot": {"cell": "gru", "attention": "dot", "bidirectional": True, "tie_embeddings": True},
    "additive": {"cell": "lstm", "attention": "additive", **DEEP},
    "multi_head": {"cell": "gru", "attention": "multi_head", "tie_embeddings": True},
    "fed": {"cell": "gru", "attention": "dot", "input_feeding": True},
    "fed_deep": {
        "cell": "lstm",
        "attention": "additive",
        "input_feeding": True,
        "bidirectional": True,
        **DEEP,
    },
    "transformer": {"cell": "transformer", "attention": "multi_head", "layers": 2},
    "transformer_both": {
        "cell": "transformer",
        "attention": "multi_head",
        "bidirectional": True,
        "tie_embeddings": True,
    },
}


def spec_of(name, **more):
    shape = {"units": 6, "embedding_dim": 5, "attention_heads": 2, "dropout": 0.0}
    return ModelSpec.of("encoder_decoder", **(shape | NETWORKS[name] | more))


@pytest.fixture(scope="module", params=list(NETWORKS))
def network(request, tmp_path_factory):
    spec = spec_of(request.param)
    model = built(spec, TokenInput(8))
    again = reloaded(model, tmp_path_factory.mktemp(request.param))
    return spec, model, again, model({**INPUTS, "previous": PREVIOUS})


def test_it_answers_with_logits_and_attention_where_there_is_one(network):
    spec, _, _, found = network
    assert found.keys() == {"logits"} | ({"attention"} if spec.attention != "none" else set())
    assert found["logits"].shape == (3, 4, OUTPUTS.vocabulary_size)
    assert found["logits"].dtype == tf.float32
    assert len(np.unique(found["logits"][:, 0])) == 3 * OUTPUTS.vocabulary_size
    if "attention" in found:
        weights = found["attention"].numpy()
        assert weights.dtype == np.float32
        np.testing.assert_allclose(weights.sum(axis=2), 1, rtol=1e-5)
        for i, length in enumerate(READ):
            assert (weights[i, :, length:] == 0).all()


def test_one_step_changes_every_weight(network):
    spec, model, _, _ = network
    for path, (gradient, moved) in step_once(model, INPUTS).items():
        assert np.isfinite(gradient).all(), path
        assert moved > 0, path
    tied = [v for v in model.trainable_variables if OUTPUTS.vocabulary_size in v.shape]
    assert len(tied) == (1 if spec.tie_embeddings else 3)


def test_padding_of_what_is_read_and_written_changes_nothing(network):
    _, model, _, found = network
    wide = {
        "tokens": tf.pad(TOKENS, [(0, 0), (0, 3)]),
        "previous": tf.pad(PREVIOUS, [(0, 0), (0, 2)]),
    }
    padded = {name: value[:, :4] for name, value in model(wide).items()}
    if "attention" in padded:
        assert (padded["attention"][:, :, 5:].numpy() == 0).all()
        padded["attention"] = padded["attention"][:, :, :5]
    assert_same_at_real_steps(padded, found)
    for i, length in enumerate(READ):
        alone = rows({"tokens": TOKENS[:, :length], "previous": PREVIOUS}, i)
        real = int((PREVIOUS[i] != 0).numpy().sum())
        logits = model(alone)["logits"][0, :real]
        np.testing.assert_allclose(logits, found["logits"][i, :real], rtol=1e-4, atol=1e-5)


def test_a_saved_network_is_the_same_one(network):
    _, _, again, found = network
    for name, value in again({**INPUTS, "previous": PREVIOUS}).items():
        np.testing.assert_array_equal(value, found[name])


def test_pieces_give_exactly_what_the_whole_gives(network):
    spec, _, again, found = network
    assert_same_at_real_steps(in_pieces(spec, again, INPUTS, [0, 1, 3, 4]), found)


def test_it_writes_what_a_loop_around_the_model_writes(network):
    spec, model, again, _ = network
    found = answers(spec, again, INPUTS, max_tokens=6)
    assert_writes_as_by_hand(found, greedy_by_hand(model, INPUTS, 6))


@pytest.mark.parametrize("name", ["deep", "multi_head"])
def test_a_wide_beam_finds_the_best_of_all_sequences(name):
    spec = spec_of(name)
    model = built(spec, TokenInput(8))
    beam = {"strategy": "beam", "max_tokens": 4, "length_penalty": 0.8}
    found = answers(spec, model, INPUTS, beam_width=100, **beam)
    for i in range(3):
        tokens, score = best_by_hand(model, rows(INPUTS, i), 4, 0.8)
        assert found["tokens"][i, : found["lengths"][i]].tolist() == tokens
        assert found["scores"][i] == pytest.approx(score, rel=1e-4)


def test_the_width_of_the_beam_may_be_among_the_inputs():
    spec = spec_of("plain")
    model = built(spec, TokenInput(8))
    write = answer(spec, model, OUTPUTS, Generation("beam", max_tokens=5, length_penalty=0.0))
    found = write({**INPUTS, "beam_width": tf.constant(1)})
    for i, (tokens, _) in enumerate(greedy_by_hand(model, INPUTS, 5)):
        assert found["tokens"][i, : found["lengths"][i]].numpy().tolist() == tokens


def test_the_step_form_of_a_decoder_starts_from_inputs():
    spec = spec_of("plain")
    with pytest.raises(TypeError, match="starts from the inputs"):
        streaming(spec, built(spec, TokenInput(8)), OUTPUTS).start(3)


def test_a_setting_of_each_kind_reaches_its_layer(tmp_path):
    more = {"dropout": 0.3, "l2": 0.1, "variational": True, "teacher_forcing": 0.7}
    model = built(spec_of("fed_deep", **more), TokenInput(8))
    for each in (model, reloaded(model, tmp_path)):
        decoder = each.get_layer("decoder")
        stack = decoder.core.stack
        assert (decoder.dropout, decoder.teacher_forcing) == (0.3, 0.7)
        assert (stack.dropout, stack.l2, stack.variational) == (0.3, 0.1, True)
        assert (stack.residual, stack.layer_norm, stack.layers) == (True, True, 2)
        assert decoder.core.input_feeding
        assert len(each.losses) == 2 * 2 * (2 + 1)  # kernels of two layers, directions, decoder
