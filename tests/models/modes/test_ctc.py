"""Networks whose own steps spell the answer: all cells, both directions, every sequence input."""

import dataclasses
import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.build import answer, build, load, streaming
from models.export import signatures as serving
from models.inputs.features import FeatureInput
from models.inputs.tokens import TokenInput
from models.outputs.transcript import Transcript
from models.spec import ModelSpec
from models.spec.generation import Generation
from models.spec.settings import SpecError

WIDTH, IDS, TIME = 3, 5, 8
OUTPUTS = Transcript(IDS)
RANDOM = np.random.default_rng(0)
LENGTHS = np.array([8, 5, 6], np.int32)
FEATURES = RANDOM.normal(size=(3, TIME, WIDTH)).astype(np.float32)
FEATURES[np.arange(TIME) >= LENGTHS[:, None]] = np.nan
INPUTS = {"features": FEATURES, "lengths": LENGTHS}
TARGETS = np.array([[1, 2, 3], [4, 4, 0], [2, 0, 0]], np.int32)


def spec_of(cell, bidirectional=False, **changes):
    own = {"input": "features", "head": "ctc", "units": 6, "attention_heads": 2, "dropout": 0.0}
    return ModelSpec.of(
        "encoder_decoder", **own | {"cell": cell, "bidirectional": bidirectional} | changes
    )


def built(spec, inputs=None):
    keras.utils.set_random_seed(0)
    return build(spec, inputs or FeatureInput(WIDTH), OUTPUTS)


@pytest.fixture(
    scope="module",
    params=itertools.product(("simple_rnn", "lstm", "gru", "transformer"), (False, True)),
    ids=lambda p: f"{p[0]}-{'both' if p[1] else 'forward'}",
)
def network(request):
    spec = spec_of(*request.param)
    return spec, built(spec)


def test_it_answers_for_each_step_and_says_how_many_are_real(network):
    spec, model = network
    found = model(INPUTS)
    assert found.keys() == {"logits", "steps"}
    assert found["logits"].shape == (3, TIME, IDS)
    assert found["logits"].dtype == tf.float32
    np.testing.assert_array_equal(found["steps"], LENGTHS)
    asked = answer(spec, model, OUTPUTS)(INPUTS)
    assert asked.keys() == {"logits", "steps", "tokens", "lengths", "scores"}


def test_an_example_alone_and_in_a_padded_batch_give_the_same(network):
    spec, model = network
    ask = answer(spec, model, OUTPUTS, Generation(strategy="beam", beam_width=3))
    together = ask(INPUTS)
    for row, length in enumerate(LENGTHS):
        mine = {"features": FEATURES[row : row + 1, :length], "lengths": LENGTHS[row : row + 1]}
        alone = ask(mine)
        logits = together["logits"][row, :length]
        np.testing.assert_allclose(logits, alone["logits"][0], rtol=0, atol=1e-5)
        count = int(alone["lengths"][0])
        assert int(together["lengths"][row]) == count
        np.testing.assert_array_equal(together["tokens"][row, :count], alone["tokens"][0, :count])
        np.testing.assert_allclose(together["scores"][row], alone["scores"][0], atol=1e-5)


def test_a_step_changes_every_weight_and_a_file_none(network, tmp_path):
    _, model = network
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(OUTPUTS.loss(model(INPUTS, training=True), tf.constant(TARGETS)))
    assert np.isfinite(loss)
    variables = model.trainable_variables
    for variable, gradient in zip(
        variables, tape.gradient(loss, [v.value for v in variables]), strict=True
    ):
        assert np.isfinite(gradient).all(), variable.path
        assert np.abs(gradient).max() > 0, variable.path
    model.save(tmp_path / "model.keras")
    again = load(tmp_path / "model.keras")(INPUTS)
    np.testing.assert_array_equal(model(INPUTS)["logits"], again["logits"])


@pytest.mark.parametrize("cell", ["lstm", "transformer"])
def test_fed_in_pieces_it_says_what_it_says_of_the_whole(cell):
    spec = spec_of(cell, layers=2)
    model = built(spec)
    expected = np.asarray(model(INPUTS)["logits"])
    network = streaming(spec, model, OUTPUTS)
    states, found = network.start(3), []
    for start, stop in [(0, 3), (3, 4), (4, 8)]:
        real = np.clip(LENGTHS - start, 0, stop - start).astype(np.int32)
        piece = {"features": FEATURES[:, start:stop], "lengths": real}
        answers, states = network.step(piece, states)
        assert answers.keys() == {"logits"}
        found.append(answers["logits"])
    real = np.arange(TIME) < LENGTHS[:, None]
    np.testing.assert_allclose(np.concatenate(found, axis=1)[real], expected[real], atol=1e-5)


def test_who_reads_backwards_cannot_be_fed_in_pieces():
    spec = spec_of("gru", True)
    with pytest.raises(SpecError) as refused:
        streaming(spec, built(spec), OUTPUTS)
    assert refused.value.field == "bidirectional"


def test_transcripts_are_not_drawn():
    spec = spec_of("gru")
    with pytest.raises(SpecError, match="choose greedy, beam") as refused:
        answer(spec, built(spec), OUTPUTS, Generation(strategy="sample"))
    assert refused.value.field == "strategy"


@pytest.mark.parametrize(
    ("strategy", "op"), [("greedy", "CTCGreedyDecoder"), ("beam", "CTCBeamSearchDecoder")]
)
def test_an_export_searches_in_the_graph(strategy, op, tmp_path):
    spec = spec_of("simple_rnn")
    model = built(spec)
    ask = answer(spec, model, OUTPUTS, Generation(strategy=strategy, beam_width=2))
    specs = {
        "features": tf.TensorSpec([None, None, WIDTH]),
        "lengths": tf.TensorSpec([None], tf.int32),
    }
    graph = serving.signature(lambda *given: ask(dict(zip(specs, given, strict=True))), specs)
    serving.save(tmp_path / "export", {"serving_default": graph}, [model])
    served = tf.saved_model.load(tmp_path / "export").signatures["serving_default"]
    found = served(features=tf.constant(FEATURES), lengths=tf.constant(LENGTHS))
    for name, value in ask(INPUTS).items():
        np.testing.assert_allclose(found[name], value, rtol=1e-5, atol=1e-6)
    assert op in {node.op for node in graph.graph.as_graph_def().node}


def test_it_learns_to_leave_out_what_repeats():
    """Each token is heard for one to three steps; what was said is to be written."""
    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    targets = random.integers(1, IDS, (64, 3)).astype(np.int32)
    heard = np.zeros((64, 15), np.int32)
    for row, said in enumerate(targets):
        steps = [step for t in said for step in [t + 1] * random.integers(1, 4) + [IDS + 1]]
        heard[row, : len(steps)] = steps
    spec = dataclasses.replace(spec_of("gru"), input="tokens", units=16, embedding_dim=8)
    model = build(spec, TokenInput(IDS + 2), OUTPUTS)
    optimizer = keras.optimizers.Adam(0.03)
    optimizer.build(model.trainable_variables)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            found = model({"tokens": heard}, training=True)
            loss = tf.reduce_mean(OUTPUTS.loss(found, targets))
        variables = model.trainable_variables
        optimizer.apply(tape.gradient(loss, [v.value for v in variables]), variables)

    for _ in range(120):
        step()
    for strategy in ("greedy", "beam"):
        ask = answer(spec, model, OUTPUTS, Generation(strategy=strategy))
        found = ask({"tokens": heard})["tokens"].numpy()
        assert found.shape == targets.shape
        assert (found == targets).all(axis=1).mean() > 0.95
