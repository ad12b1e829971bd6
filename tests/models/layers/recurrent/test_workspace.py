"""Buffers: used again, lent once at a time, and gone with the layer."""

import subprocess
import sys

import numpy as np
import tensorflow as tf

from models.layers.recurrent.workspace import Workspace
from tests.models.layers.recurrent import pairs
from tests.models.layers.recurrent.pairs import differentiate


def trained_in_a_graph(layer):
    graph = tf.function(lambda x: differentiate(layer, x, training=True), autograph=False)
    sequence = tf.constant(pairs.sequences(batch=16, time=50))
    return lambda: graph(sequence)


def test_buffers_are_used_again_from_step_to_step():
    layer = pairs.pair("LSTM")[1]
    step = trained_in_a_graph(layer)
    step()
    held = {id(buffer) for buffer in layer.workspace._free}
    assert held
    for _ in range(3):
        step()
    assert {id(buffer) for buffer in layer.workspace._free} == held


LIFE = """
import gc, weakref
import tensorflow as tf
from models.layers import recurrent

def life():
    layer = recurrent.LSTM(4)
    graph = tf.function(lambda x: layer(x, training=True), autograph=False)
    for _ in range(2):
        graph(tf.ones((8, 20, 3)))
    return weakref.ref(layer.workspace)

space = life()
gc.collect()
assert space() is None, gc.get_referrers(space())
"""


def test_buffers_go_when_the_layer_goes():
    # In a process of its own: pytest keeps what a test before this one failed with.
    subprocess.run([sys.executable, "-c", LIFE], check=True, capture_output=True, timeout=120)


def test_a_buffer_is_lent_once_at_a_time_and_its_size_fits():
    space = Workspace()
    first, second = space.take(3, 5), space.take(3, 5)
    assert not np.shares_memory(first, second)
    assert first.ctypes.data % 64 == 0
    place = first.ctypes.data
    view = first[1:]
    del first
    third = space.take(15)
    assert third.ctypes.data != place  # a view still refers to the first
    del view
    larger = space.take(4, 4)
    assert larger.ctypes.data != place
    assert space.take(15).ctypes.data == place
