"""Streaming in chunks, ragged ones too, gives what the whole sequence gives."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.build import build, load, streaming
from models.inputs.features import FeatureInput
from models.inputs.frames import FrameInput
from models.inputs.rows import RowInput
from models.inputs.tokens import TokenInput
from models.layers.recurrent import plain
from models.outputs.classes import Classes
from models.outputs.labels import Labels
from models.outputs.next_token import NextToken
from models.spec import ModelSpec
from models.spec.settings import SpecError

VOCABULARY, COUNT = 9, 3
TEXTS = [[4, 5, 6, 7, 8, 4, 4], [5, 4, 8], [6]]
PIECES = [[3, 1, 0], [1, 0, 1], [0, 2, 0], [3, 0, 0]]  # steps of each row in each piece
CLOSE = {"rtol": 1e-5, "atol": 2e-6}
OUTPUTS = {"many_to_one": Classes(COUNT), "many_to_many": Labels(COUNT)}
INPUTS = {
    "tokens": TokenInput(VOCABULARY),
    "features": FeatureInput(2, missing=True),
    "frames": FrameInput(8, 8),
    "rows": RowInput(6, 4),
}


@pytest.fixture(scope="module", autouse=True)
def plain_recurrence():
    """How a recurrence is computed is not the subject here, and this way nothing is compiled."""
    with plain():
        yield


def made(mode, input="tokens", **changes):
    keras.utils.set_random_seed(0)
    small = {"units": 4, "embedding_dim": 5, "attention_heads": 2, "filters": 2} | changes
    spec = ModelSpec.of(mode, input=input, **small)
    outputs = NextToken(VOCABULARY) if spec.head == "next_token" else OUTPUTS[mode]
    model = build(spec, INPUTS[input], outputs)
    noise = np.random.default_rng(0)
    model.set_weights([w + noise.normal(0, 0.2, w.shape) for w in model.get_weights()])
    return spec, model, outputs


def graph(network):
    """The step as one graph for all sizes, as an export has it."""
    specs = [network.input_specs(), network.state_specs()]
    return tf.function(network.step, input_signature=specs)


def padded(rows, width):
    first = np.asarray(rows[0])
    full = np.zeros((len(rows), width, *first.shape[1:]), first.dtype)
    for row, values in zip(full, rows, strict=True):
        row[: len(values)] = values
    return full


def ragged_pieces(rows):
    """For each piece the rows' next parts, padded, with their lengths."""
    at = np.zeros(len(rows), int)
    for counts in PIECES:
        parts = [row[a : a + n] for row, a, n in zip(rows, at, counts, strict=True)]
        yield padded(parts, max(counts)), np.array(counts, np.int32)
        at += counts
    assert (at == [len(row) for row in rows]).all()


def texts_as_arrays():
    return [np.array(text, np.int32) for text in TEXTS]


def assert_each_step_as_in_the_whole(rows, answers, name, whole):
    """Puts the real steps of the pieces' answers together again."""
    for row in range(len(rows)):
        steps = [a[name][row, : c[row]] for a, c in zip(answers, PIECES, strict=True)]
        together = np.concatenate(steps)
        np.testing.assert_allclose(together, whole[row, : len(together)], **CLOSE)


ONES = [(cell, "none", "last", 2) for cell in ("simple_rnn", "lstm", "gru", "transformer")]
ONES += [("gru", "none", pooling, 1) for pooling in ("mean", "max")]
ONES += [("lstm", attention, "last", 1) for attention in ("dot", "additive", "multi_head")]
ONES += [("transformer", "additive", "last", 1)]


@pytest.mark.parametrize(("cell", "attention", "pooling", "layers"), ONES)
def test_many_to_one_in_ragged_pieces(cell, attention, pooling, layers, tmp_path):
    options = {"residual": True, "layer_norm": True} if layers == 2 and cell == "gru" else {}
    spec, model, outputs = made(
        "many_to_one", cell=cell, attention=attention, pooling=pooling, layers=layers, **options
    )
    model.save(tmp_path / "model.keras")
    network = streaming(spec, load(tmp_path / "model.keras"), outputs)
    step = graph(network)
    rows = texts_as_arrays()
    states, read = network.start(len(rows)), np.zeros(len(rows), int)
    for tokens, counts in ragged_pieces(rows):
        answers, states = step({"tokens": tokens}, states)
        read += counts
        for row in np.flatnonzero(read):  # after each piece, about all that was read
            so_far = model({"tokens": rows[row][None, : read[row]]})
            np.testing.assert_allclose(answers["logits"][row], so_far["logits"][0], **CLOSE)
            if attention != "none" and counts[row]:
                own = so_far["attention"][0, -counts[row] :]
                np.testing.assert_allclose(answers["attention"][row, : counts[row]], own, **CLOSE)
    assert np.isfinite(answers["logits"]).all()
    assert answers.keys() == model.output.keys()


MANY = [(cell, "none", "labels") for cell in ("simple_rnn", "lstm", "gru", "transformer")]
MANY += [("gru", attention, "next_token") for attention in ("dot", "additive", "multi_head")]


@pytest.mark.parametrize(("cell", "attention", "head"), MANY)
def test_many_to_many_in_ragged_pieces(cell, attention, head):
    spec, model, outputs = made("many_to_many", cell=cell, attention=attention, head=head, layers=2)
    network = streaming(spec, model, outputs)
    step = graph(network)
    rows = texts_as_arrays()
    whole = model({"tokens": padded(rows, 7)})["logits"]
    states, found = network.start(tf.constant(len(rows))), []
    for tokens, _ in ragged_pieces(rows):
        answers, states = step({"tokens": tokens}, states)
        found.append(answers)
    assert_each_step_as_in_the_whole(rows, found, "logits", whole)
    if head == "labels":
        for answers, counts in zip(found, PIECES, strict=True):
            real = np.arange(max(counts)) < np.array(counts)[:, None]
            np.testing.assert_array_equal(answers["tags"].numpy() >= 0, real)
        assert_each_step_as_in_the_whole(rows, found, "tags", whole.numpy().argmax(axis=-1))
    assert step.experimental_get_tracing_count() == 1


@pytest.mark.parametrize("input", ["features", "frames"])
def test_sequences_with_lengths_in_ragged_pieces(input):
    spec, model, outputs = made("many_to_many", input, head="labels", cell="gru")
    network = streaming(spec, model, outputs)
    shape = {"features": (2,), "frames": (8, 8, 1)}[input]
    random = np.random.default_rng(0)
    rows = [random.normal(size=(len(text), *shape)).astype(np.float32) for text in TEXTS]
    if input == "features":
        rows[0][2] = np.nan  # known to be missing
    lengths = np.array([len(row) for row in rows], np.int32)
    inputs = {input: padded(rows, 7), "lengths": lengths}
    whole = model(inputs)["logits"]
    states, found = network.start(inputs), []
    for values, counts in ragged_pieces(rows):
        answers, states = network.step({input: values, "lengths": counts}, states)
        found.append(answers)
    assert_each_step_as_in_the_whole(rows, found, "logits", whole)


@pytest.mark.parametrize("cell", ["lstm", "transformer"])
def test_one_token_at_a_time(cell):
    spec, model, outputs = made("many_to_one", cell=cell, attention="dot")
    network = streaming(spec, model, outputs)
    step, states = graph(network), network.start(1)
    for token in TEXTS[0]:
        answers, states = step({"tokens": np.array([[token]], np.int32)}, states)
    whole = model({"tokens": np.array(TEXTS[:1], np.int32)})
    np.testing.assert_allclose(answers["logits"], whole["logits"], **CLOSE)


@pytest.mark.parametrize("mode", ["many_to_one", "many_to_many"])
def test_states_are_named_and_as_their_specs_say(mode):
    spec, model, outputs = made(mode, cell="lstm", attention="multi_head", layers=2)
    network = streaming(spec, model, outputs)
    states = network.start(2)
    _, after = network.step({"tokens": tf.constant([[4, 5], [6, 0]])}, states)
    specs = network.state_specs()
    assert list(specs) == [f"state_{i}" for i in range(7)]  # two layers' h and c, and three more
    assert specs.keys() == states.keys() == after.keys()
    for name, each in specs.items():
        assert each.name == name
        assert each.shape[0] is None
        assert each.is_compatible_with(states[name])
        assert each.is_compatible_with(after[name])
    assert network.input_specs()["tokens"].shape.as_list() == [None, None]


@pytest.mark.parametrize("mode", ["many_to_one", "many_to_many"])
@pytest.mark.parametrize("cell", ["gru", "transformer"])
def test_who_reads_backwards_is_refused(mode, cell):
    with pytest.raises(
        SpecError, match="a bidirectional network needs the end of the sequence"
    ) as refused:
        streaming(*made(mode, cell=cell, bidirectional=True))
    assert refused.value.field == "bidirectional"


def test_a_crf_is_refused():
    with pytest.raises(SpecError, match="a later step can change an earlier label") as refused:
        streaming(*made("many_to_many", head="crf"))
    assert refused.value.field == "head"


def test_an_image_is_refused():
    with pytest.raises(SpecError, match="has all its rows at once") as refused:
        streaming(*made("many_to_one", "rows"))
    assert refused.value.field == "input"


def test_a_convolution_that_looks_ahead_is_refused():
    with pytest.raises(SpecError, match=r"convolution: .* set convolution=0$"):
        streaming(*made("many_to_one", "features", convolution=1))
