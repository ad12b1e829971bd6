"""A layer of Keras and ours with the same weights, and how they are compared."""

import keras
import numpy as np
import tensorflow as tf

from models.layers import recurrent

CELLS = ("SimpleRNN", "LSTM", "GRU")
BATCH, TIME, FEATURES, UNITS = 5, 7, 3, 4


def random(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def sequences(batch=BATCH, time=TIME):
    return random(batch, time, FEATURES, seed=1)


def masks(time=TIME):
    """Right and left padding and holes; one row is all real, one not at all."""
    steps = np.arange(time)
    lengths = np.array([time, time // 2, 1, 0, time - 1])[:, None]
    holes = np.random.default_rng(2).random((BATCH, time)) < 0.5
    holes[0], holes[1] = True, False
    return {"none": None, "right": steps < lengths, "left": steps >= time - lengths, "holes": holes}


def states(cell, batch=BATCH):
    return [random(batch, UNITS, seed=3 + k) for k in range(2 if cell == "LSTM" else 1)]


def pair(cell, bidirectional=False, **settings):
    """Keras's layer and ours, built, with the same weights and the same seed of dropout."""
    made = []
    for home in (keras.layers, recurrent):
        layer = getattr(home, cell)(UNITS, seed=7, **settings)
        if bidirectional:
            both = recurrent.Bidirectional if home is recurrent else keras.layers.Bidirectional
            layer = both(layer)
        layer.build((BATCH, TIME, FEATURES))
        made.append(layer)
    theirs, ours = made
    weights = [random(*w.shape, seed=k) * 0.5 for k, w in enumerate(theirs.get_weights())]
    theirs.set_weights(weights)
    ours.set_weights(weights)
    return theirs, ours


def differentiate(layer, sequence, mask=None, initial_state=None, training=False):
    """Outputs, and gradients of a sum of sines of them: of weights, sequence and states."""
    sequence = tf.convert_to_tensor(sequence)
    start = [tf.convert_to_tensor(state) for state in initial_state or []]
    with tf.GradientTape() as tape:
        tape.watch([sequence, *start])
        outputs = layer(sequence, initial_state=start or None, mask=mask, training=training)
        outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
        loss = tf.add_n([tf.reduce_sum(tf.sin((k + 1) * o)) for k, o in enumerate(outputs)])
    watched = [v.value for v in layer.trainable_variables] + [sequence, *start]
    return outputs, tape.gradient(loss, watched, unconnected_gradients="zero")


def assert_same(theirs, ours, tolerance=4e-6):
    """Equal to a few roundings of the largest number of each tensor."""
    for values, expected in zip(ours, theirs, strict=True):
        for value, wanted in zip(values, expected, strict=True):
            wanted = np.asarray(wanted)
            scale = max(1.0, np.abs(wanted).max(initial=0.0))
            np.testing.assert_allclose(value, wanted, rtol=0, atol=tolerance * scale)
