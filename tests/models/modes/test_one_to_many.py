import numpy as np
import pytest
import tensorflow as tf

from models.inputs.category import CategoryInput
from models.inputs.image import ImageInput
from models.inputs.vector import VectorInput
from models.spec import ModelSpec
from tests.models.modes.decoder_networks import (
    OUTPUTS,
    PREVIOUS,
    answers,
    assert_same_at_real_steps,
    assert_writes_as_by_hand,
    built,
    greedy_by_hand,
    in_pieces,
    reloaded,
    step_once,
)


def normal(*shape):
    return tf.constant(np.random.default_rng(0).normal(size=shape), tf.float32)


KINDS = {
    "vector": (VectorInput(3), {"vector": normal(3, 3)}),
    "category": (CategoryInput(5), {"category": tf.constant([0, 4, 2])}),
    "image": (ImageInput(12, 12), {"image": normal(3, 12, 12, 1)}),
}
NETWORKS = {
    "vector": ("vector", {"cell": "gru", "layers": 2, "residual": True, "layer_norm": True}),
    "category": ("category", {"cell": "simple_rnn", "tie_embeddings": True}),
    "image": ("image", {"cell": "lstm"}),
    "image_attention": ("image", {"cell": "lstm", "attention": "additive"}),
    "image_fed": ("image", {"cell": "gru", "attention": "dot", "input_feeding": True}),
    "vector_transformer": ("vector", {"cell": "transformer", "attention": "multi_head"}),
    "image_transformer": ("image", {"cell": "transformer", "attention": "multi_head"}),
}


@pytest.fixture(scope="module", params=list(NETWORKS))
def network(request, tmp_path_factory):
    kind, changes = NETWORKS[request.param]
    shape = {"units": 6, "embedding_dim": 5, "attention_heads": 2, "dropout": 0.0, "filters": 4}
    spec = ModelSpec.of("one_to_many", **(shape | {"input": kind} | changes))
    reader, inputs = KINDS[kind]
    model = built(spec, reader)
    again = reloaded(model, tmp_path_factory.mktemp(request.param))
    return spec, model, again, inputs, model({**inputs, "previous": PREVIOUS})


def test_it_answers_with_logits_and_attention_where_there_is_one(network):
    spec, _, _, _, found = network
    assert found.keys() == {"logits"} | ({"attention"} if spec.attention != "none" else set())
    assert len(np.unique(found["logits"][:, 0])) == 3 * OUTPUTS.vocabulary_size
    if "attention" in found:
        weights = found["attention"].numpy()
        np.testing.assert_allclose(weights.sum(axis=2), 1, rtol=1e-5)
        assert weights.shape[2] > 1


def test_one_step_changes_every_weight(network):
    _, model, _, inputs, _ = network
    for path, (gradient, moved) in step_once(model, inputs).items():
        assert np.isfinite(gradient).all(), path
        assert moved > 0, path


def test_padding_of_what_is_written_changes_nothing(network):
    _, model, _, inputs, found = network
    wide = model({**inputs, "previous": tf.pad(PREVIOUS, [(0, 0), (0, 2)])})
    assert_same_at_real_steps({name: value[:, :4] for name, value in wide.items()}, found)


def test_a_saved_network_is_the_same_one(network):
    _, _, again, inputs, found = network
    for name, value in again({**inputs, "previous": PREVIOUS}).items():
        np.testing.assert_array_equal(value, found[name])


def test_pieces_give_exactly_what_the_whole_gives(network):
    spec, _, again, inputs, found = network
    assert_same_at_real_steps(in_pieces(spec, again, inputs, [0, 1, 3, 4]), found)


def test_it_writes_what_a_loop_around_the_model_writes(network):
    spec, model, again, inputs, _ = network
    found = answers(spec, again, inputs, max_tokens=5)
    assert_writes_as_by_hand(found, greedy_by_hand(model, inputs, 5))


@pytest.mark.parametrize("strategy", ["sample", "beam"])
def test_it_writes_in_every_way(strategy):
    reader, inputs = KINDS["image"]
    spec = ModelSpec.of("one_to_many", input="image", attention="dot", units=4, filters=4)
    model = built(spec, reader)
    drawn = [
        answers(
            spec, model, inputs, strategy=strategy, max_tokens=8, min_tokens=8, sampling_seed=seed
        )
        for seed in (0, 0, 1)
    ]
    np.testing.assert_array_equal(drawn[0]["tokens"], drawn[1]["tokens"])
    assert (drawn[0]["tokens"] != drawn[2]["tokens"]).any() == (strategy == "sample")
