"""The Transformers in a saved network and in an export, each read by a process of its own."""

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.layers.transformer import TransformerDecoder, TransformerStack

PROJECT = Path(__file__).parents[4]
RANDOM = np.random.default_rng(0)
GIVEN = {
    "read": RANDOM.normal(size=(2, 5, 3)).astype(np.float32),
    "read_mask": np.arange(5) < np.array([5, 2])[:, None],
    "written": RANDOM.normal(size=(2, 4, 6)).astype(np.float32),
}
RELOAD = """
import sys, keras, numpy as np
import models.layers.transformer
model = keras.saving.load_model(sys.argv[1] + "/model.keras")
given = dict(np.load(sys.argv[1] + "/given.npz"))
np.savez(sys.argv[1] + "/reloaded.npz", **{k: np.asarray(v) for k, v in model(given).items()})
assert [w.path for w in model.weights] == open(sys.argv[1] + "/paths").read().split()
"""
SERVE = """
import sys, numpy as np, tensorflow as tf
served = tf.saved_model.load(sys.argv[1] + "/export").signatures["step"]
given = {k: tf.constant(v) for k, v in np.load(sys.argv[1] + "/piece.npz").items()}
np.savez(sys.argv[1] + "/served.npz", **{k: v.numpy() for k, v in served(**given).items()})
assert "models" not in sys.modules
"""


def run(code, folder):
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], cwd=PROJECT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.fixture(scope="module")
def network():
    """A network of three Transformers: two that read, one that writes."""
    keras.utils.set_random_seed(0)
    settings = {"units": 6, "layers": 2, "attention_heads": 2, "dropout": 0.2, "l2": 0.01}
    read, written = keras.Input((None, 3), name="read"), keras.Input((None, 6), name="written")
    mask = keras.Input((None,), dtype="bool", name="read_mask")
    seen, _ = TransformerStack(**settings, bidirectional=True, name="both")(read, mask=mask)
    memory, states = TransformerStack(**settings, name="stack")(seen, mask=mask)
    decoder = TransformerDecoder(**settings, embedded=True, name="decoder")
    outputs, attention, _ = decoder(written, memory=memory, memory_mask=mask)
    model = keras.Model(
        {"read": read, "read_mask": mask, "written": written},
        {"outputs": outputs, "attention": attention, "real": states[0], "keys": states[1]},
    )
    for weight in model.trainable_weights:
        weight.assign_add(RANDOM.normal(0, 0.1, weight.shape))
    return model


def same(file, expected):
    found = dict(np.load(file))
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=0, atol=1e-6)


def test_a_saved_network_says_the_same_in_another_process(network, tmp_path):
    network.save(tmp_path / "model.keras")
    np.savez(tmp_path / "given.npz", **GIVEN)
    (tmp_path / "paths").write_text("\n".join(w.path for w in network.weights))
    run(RELOAD, tmp_path)
    same(tmp_path / "reloaded.npz", network(GIVEN))


def test_an_export_steps_through_a_sequence_with_tensorflow_alone(network, tmp_path):
    stack, decoder = network.get_layer("stack"), network.get_layer("decoder")
    cache = {
        f"state_{i}": tf.TensorSpec(s.shape, s.dtype, f"state_{i}")
        for i, s in enumerate(decoder.state_specs())
    }

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, None, 6], name="written"),
            tf.TensorSpec([None, None, 6], name="read"),
            cache,
        ]
    )
    def step(written, read, states):
        memory, _ = stack(read)
        outputs, attention, after = decoder(written, states=[*states.values()], memory=memory)
        named = {f"state_{i}": state for i, state in enumerate(after)}
        return {"outputs": outputs, "attention": attention, **named}

    module = tf.Module()
    module.stack, module.decoder, module.step = stack, decoder, step
    tf.saved_model.save(module, str(tmp_path / "export"), {"step": step})
    graph = step.get_concrete_function().graph.as_graph_def()
    nodes = [*graph.node, *(node for f in graph.library.function for node in f.node_def)]
    assert not [n.op for n in nodes if "PyFunc" in n.op or "Xla" in n.op]
    assert not [n.name for n in nodes if n.attr["_XlaMustCompile"].b]

    written, read = GIVEN["written"], GIVEN["written"][:, ::-1].copy()
    states = dict(zip(cache, decoder.initial_states(2), strict=True))
    before = step(written[:, :3], read, states)
    kept = {name: np.asarray(before[name]) for name in cache}
    np.savez(tmp_path / "piece.npz", written=written[:, 3:], read=read, **kept)
    run(SERVE, tmp_path)
    whole = step(written, read, states)
    expected = {
        name: value[:, 3:] if name in ("outputs", "attention") else value
        for name, value in whole.items()
    }
    same(tmp_path / "served.npz", expected)
