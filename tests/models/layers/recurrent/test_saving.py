"""Saved with Keras, read by Keras, and served without Python."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from models.layers import recurrent
from tests.models.layers.recurrent import pairs
from tests.models.layers.recurrent.pairs import CELLS

ANOTHER_PROCESS = """
import sys, keras, numpy as np
import models.layers.recurrent
folder = sys.argv[1]
for cell in ("SimpleRNN", "LSTM", "GRU"):
    model = keras.saving.load_model(f"{folder}/{cell}.keras")
    layers = model.layers[-1].forward_layer, model.layers[-2]
    assert all(models.layers.recurrent.path_of(layer).name == "fast" for layer in layers)
    assert layers[1].time_checkpoint == 4
    np.save(f"{folder}/{cell}.npy", model.predict(np.load(f"{folder}/x.npy"), verbose=0))
"""


def model(cell):
    keras.utils.set_random_seed(4)
    kind = getattr(recurrent, cell)
    return keras.Sequential(
        [
            keras.Input((None, pairs.FEATURES)),
            kind(pairs.UNITS, return_sequences=True, time_checkpoint=4),
            recurrent.Bidirectional(kind(pairs.UNITS)),
        ]
    )


@pytest.mark.parametrize("cell", CELLS)
def test_configuration_and_weights_are_those_of_keras(cell):
    settings = {"units": 4, "dropout": 0.1, "go_backwards": True, "name": "it", "seed": 3}
    theirs, ours = getattr(keras.layers, cell)(**settings), getattr(recurrent, cell)(**settings)
    assert ours.get_config() == theirs.get_config()
    there = type(theirs).from_config(ours.get_config())
    back = type(ours).from_config(theirs.get_config())
    sequence = pairs.sequences()
    expected = ours(sequence)
    there.build(sequence.shape)
    there.set_weights(ours.get_weights())
    back.build(sequence.shape)
    back.set_weights(there.get_weights())
    np.testing.assert_allclose(there(sequence), expected, atol=1e-6)
    np.testing.assert_array_equal(back(sequence), expected)
    paths = [[v.path.removeprefix("it/") for v in layer.weights] for layer in (theirs, ours)]
    theirs.build(sequence.shape)
    assert paths[1] == [v.path.removeprefix("it/") for v in theirs.weights]


def test_weight_files_go_both_ways(tmp_path):
    def network(home):
        layer = keras.layers.Bidirectional(home.GRU(4, name="gru"), name="both")
        return keras.Sequential([keras.Input((None, pairs.FEATURES)), layer])

    theirs, ours = network(keras.layers), network(recurrent)
    theirs.save_weights(tmp_path / "a.weights.h5")
    ours.load_weights(tmp_path / "a.weights.h5")
    np.testing.assert_allclose(ours(pairs.sequences()), theirs(pairs.sequences()), atol=1e-6)
    ours.save_weights(tmp_path / "b.weights.h5")
    theirs.load_weights(tmp_path / "b.weights.h5")


def test_a_saved_network_answers_the_same_in_another_process(tmp_path):
    np.save(tmp_path / "x.npy", pairs.sequences())
    expected = {}
    for cell in CELLS:
        network = model(cell)
        network.save(tmp_path / f"{cell}.keras")
        expected[cell] = network.predict(pairs.sequences(), verbose=0)
    command = [sys.executable, "-c", ANOTHER_PROCESS, str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    for cell in CELLS:
        np.testing.assert_array_equal(np.load(tmp_path / f"{cell}.npy"), expected[cell])


def operations(graph):
    """The kinds of all nodes of a graph and of its functions."""
    nodes = [*graph.node, *(n for f in graph.library.function for n in f.node_def)]
    return {node.op for node in nodes}


def export(network, folder):
    archive = keras.export.ExportArchive()
    archive.track(network)
    signature = [tf.TensorSpec((None, None, pairs.FEATURES), tf.float32, "x")]
    archive.add_endpoint("serve", lambda x: network(x, training=False), input_signature=signature)
    archive.write_out(str(folder), verbose=False)


@pytest.mark.parametrize("cell", CELLS)
def test_an_export_calls_no_python_and_answers_the_same(cell, tmp_path):
    network = model(cell)
    expected = network(pairs.sequences())  # called on the fast path before
    with recurrent.plain():
        export(network, tmp_path / "plain")
    saved = SavedModel.FromString((tmp_path / "plain" / "saved_model.pb").read_bytes())
    found = operations(saved.meta_graphs[0].graph_def)
    assert "While" in found or "StatelessWhile" in found
    assert not [kind for kind in found if "PyFunc" in kind or "Xla" in kind]
    served = tf.saved_model.load(str(tmp_path / "plain"))
    np.testing.assert_allclose(served.serve(pairs.sequences()), expected, atol=1e-6)


def test_without_plain_the_graph_calls_the_kernels():
    network, shape = model("GRU"), (None, None, pairs.FEATURES)
    traced = tf.function(network, autograph=False).get_concrete_function(tf.TensorSpec(shape))
    assert any("PyFunc" in kind for kind in operations(traced.graph.as_graph_def()))
