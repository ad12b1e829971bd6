"""What the tests of both modes that write do with a network."""

import itertools

import keras
import numpy as np
import tensorflow as tf

from models import build as networks
from models.ids import END, PADDING, START
from models.outputs.tokens import Tokens
from models.spec.generation import Generation

VOCABULARY = 7  # 1, 4, 5, 6 and END can be written
OUTPUTS = Tokens(VOCABULARY, shared=True)
TARGETS = tf.constant([[4, 5, 6, END], [1, END, 0, 0], [6, 6, END, 0]])
LENGTHS = [4, 2, 3]
PREVIOUS = OUTPUTS.teacher_inputs(TARGETS)["previous"]


def built(spec, inputs):
    """A network with weights so large that its answers differ from each other."""
    keras.utils.set_random_seed(0)
    model = networks.build(spec, inputs, OUTPUTS)
    noise = np.random.default_rng(1)
    for weight in model.trainable_variables:
        weight.assign(weight + noise.normal(0, 0.7, weight.shape))
    return model


def rows(inputs, row):
    """One example alone."""
    return {name: value[row : row + 1] for name, value in inputs.items()}


def reloaded(model, folder):
    """The network after it was saved and loaded."""
    file = folder / "model.keras"
    model.save(file)
    return networks.load(file)


def log_probabilities(model, inputs, previous):
    """Of each next token, by the model as it is trained, float64 `[n, time, vocabulary]`."""
    found = model(inputs | {"previous": tf.constant(previous, tf.int32)})
    return tf.nn.log_softmax(tf.cast(found["logits"], tf.float64)).numpy()


def greedy_by_hand(model, inputs, max_tokens):
    """Tokens and score of each example, by a loop that asks the whole model anew for each token."""
    batch = range(len(next(iter(inputs.values()))))
    read = [[START] for _ in batch]
    scores = [0.0 for _ in batch]
    for _ in range(max_tokens):
        last = log_probabilities(model, inputs, read)[:, -1]
        last[:, [PADDING, START]] = -np.inf
        for row in batch:
            ended = read[row][-1] in (END, PADDING)
            best = int(last[row].argmax())
            scores[row] += 0 if ended else last[row, best]
            read[row].append(PADDING if ended else best)
    tokens = [[token for token in row[1:] if token not in (END, PADDING)] for row in read]
    return list(zip(tokens, scores, strict=True))


def best_by_hand(model, inputs, max_tokens, penalty):
    """The best of all sequences of one example that end within `max_tokens` steps."""
    found = []
    for length in range(max_tokens):
        for tokens in itertools.product([1, 4, 5, 6], repeat=length):
            found.append([*tokens, END])
    told = np.zeros((len(found), max_tokens), np.int32)
    for row, tokens in zip(told, found, strict=True):
        row[: len(tokens)] = [START, *tokens[:-1]]
    repeated = {name: tf.repeat(value, len(told), axis=0) for name, value in inputs.items()}
    known = log_probabilities(model, repeated, told)
    scores = [
        sum(known[i, t, token] for t, token in enumerate(tokens))
        / ((5 + len(tokens)) / 6) ** penalty
        for i, tokens in enumerate(found)
    ]
    best = int(np.argmax(scores))
    return found[best][:-1], scores[best]


def answers(spec, model, inputs, **generation):
    """What the network writes, in a graph, as NumPy."""
    write = tf.function(networks.answer(spec, model, OUTPUTS, Generation(**generation)))
    return {name: value.numpy() for name, value in write(inputs).items()}


def in_pieces(spec, model, inputs, cuts):
    """Answers of the step form to the pieces of PREVIOUS, joined."""
    streaming = networks.streaming(spec, model, OUTPUTS)
    states = streaming.start(inputs)
    for name, state in states.items():
        wanted = streaming.state_specs()[name]
        assert wanted.shape.is_compatible_with(state.shape)
        assert wanted.dtype == state.dtype
    found = []
    for begin, end in itertools.pairwise(cuts):
        piece = {"previous": PREVIOUS[:, begin:end]}
        said, states = streaming.step(piece, states)
        found.append(said)
    return {name: np.concatenate([said[name] for said in found], axis=1) for name in found[0]}


def assert_writes_as_by_hand(found, wanted):
    """Compares answers with those of `greedy_by_hand`."""
    for i, (tokens, score) in enumerate(wanted):
        length = found["lengths"][i]
        assert found["tokens"][i, :length].tolist() == tokens
        assert (found["tokens"][i, length:] == PADDING).all()
        np.testing.assert_allclose(found["scores"][i], score, rtol=1e-4)
        if "attention" in found:
            np.testing.assert_allclose(found["attention"][i, :length].sum(axis=1), 1, rtol=1e-5)
    assert len({score for _, score in wanted}) == len(wanted)  # each input has its own answer


def step_once(model, inputs):
    """Gradients of the loss, dense, by name of the weight, and how far a step moves each."""
    variables = model.trainable_variables

    @tf.function
    def gradients():
        with tf.GradientTape() as tape:
            found = model(inputs | {"previous": PREVIOUS}, training=True)
            loss = tf.reduce_mean(OUTPUTS.loss(found, TARGETS))
        return [tf.convert_to_tensor(g) for g in tape.gradient(loss, [v.value for v in variables])]

    given, before = gradients(), [v.numpy() for v in variables]
    keras.optimizers.SGD(1.0).apply(given, variables)
    moved = [np.abs(v.numpy() - b).max() for v, b in zip(variables, before, strict=True)]
    for variable, value in zip(variables, before, strict=True):
        variable.assign(value)
    return {v.path: (g.numpy(), m) for v, g, m in zip(variables, given, moved, strict=True)}


def assert_same_at_real_steps(found, wanted, atol=1e-5):
    """Compares answers `[batch, length, ...]` where the targets are scored."""
    assert found.keys() == wanted.keys()
    for name, value in found.items():
        for i, length in enumerate(LENGTHS):
            np.testing.assert_allclose(
                np.asarray(value)[i, :length],
                np.asarray(wanted[name])[i, :length],
                rtol=1e-4,
                atol=atol,
            )
