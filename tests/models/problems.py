"""Small problems that a network solves only if it remembers, and a short way of training it."""

import keras
import numpy as np
import tensorflow as tf

from models.ids import END

DIGITS = 4  # id of the digit 0; the padding, unknown, start and end tokens come first
PLUS = DIGITS + 10
VOCABULARY = PLUS + 1


def adding(count, length, random):
    """Two of many numbers are marked; the answer is their sum (Hochreiter & Schmidhuber 1997).

    Features `[n, length, 2]` of values in [0, 1) and marks, one in each half; targets `[n, 1]`.
    Who always answers 1 has a squared error of 1/6.
    """
    values = random.random((count, length), np.float32)
    marks = np.zeros((count, length), np.float32)
    rows = np.arange(count)
    first = random.integers(0, length // 2, count)
    second = random.integers(length // 2, length, count)
    marks[rows, first] = marks[rows, second] = 1
    targets = (values[rows, first] + values[rows, second])[:, None]
    inputs = {
        "features": np.stack([values, marks], axis=2),
        "lengths": np.full(count, length, np.int32),
    }
    return inputs, targets


def copying(count, symbols, lag, kinds, random):
    """Symbols, a silence, and then a signal for each of them to be said again.

    Tokens `[n, symbols + lag + symbols]`; labels of the last part, -1 before it. Chance is 1/kinds.
    """
    said = random.integers(0, kinds, (count, symbols))
    silence, signal = kinds + 4, kinds + 5
    rest = np.full((count, lag), silence)
    tokens = np.concatenate([said + 4, rest, np.full_like(said, signal)], axis=1)
    labels = np.concatenate([np.full((count, symbols + lag), -1), said], axis=1)
    return {"tokens": tokens.astype(np.int32)}, labels.astype(np.int32)


def additions(numbers):
    """Sums written out, as `123+456` -> `579` (Zaremba & Sutskever 2014): tokens of characters.

    The question is read backwards, so that the digits to be used first come last.

    Args:
        numbers: int `[n, 2]`.
    """
    questions = [_characters(f"{a}+{b}")[::-1] for a, b in numbers.tolist()]
    answers = [[*_characters(str(a + b)), END] for a, b in numbers.tolist()]
    return {"tokens": _padded(questions, 7)}, _padded(answers, 5)


def pairs_of_numbers(random):
    """All pairs of three-digit numbers in mixed order, int `[405450, 2]`.

    A pair is there once, in one of its two orders: two parts of the list have none in common.
    """
    pairs = np.stack(np.triu_indices(900), axis=1) + 100
    return random.permuted(random.permutation(pairs), axis=1)


def reversing(count, shortest, longest, kinds, random):
    """Symbols to be written in the opposite order: easy for who can look back at each of them.

    Tokens `[n, longest]` of rows of all lengths; targets `[n, longest + 1]`.
    """
    lengths = random.integers(shortest, longest + 1, count)
    rows = [random.integers(4, kinds + 4, length).tolist() for length in lengths]
    targets = _padded([[*row[::-1], END] for row in rows], longest + 1)
    return {"tokens": _padded(rows, longest)}, targets


def naming(count, names, random):
    """A name among words, to be written after a greeting: who only generates must know the name.

    Tokens `[n, 8]`, targets `[n, 3]`.

    Args:
        count: of examples.
        names: ids of the names; those of words are 6 to 11, that of the greeting is 5.
        random: draws.
    """
    tokens = random.integers(6, 12, (count, 8))
    chosen = random.choice(names, count)
    tokens[np.arange(count), random.integers(0, 8, count)] = chosen
    targets = np.stack([np.full(count, 5), chosen, np.full(count, END)], axis=1)
    return {"tokens": tokens.astype(np.int32)}, targets.astype(np.int32)


def _characters(text):
    return [PLUS if c == "+" else DIGITS + int(c) for c in text]


def _padded(rows, width):
    array = np.zeros((len(rows), width), np.int32)
    for target, row in zip(array, rows, strict=True):
        target[: len(row)] = row
    return array


def train(model, outputs, sample, steps, rate):
    """Adam with clipping and a cosine down to nothing, on a fresh sample at each step.

    Args:
        model: of `models.build`.
        outputs: what it answers.
        sample: called without arguments for the inputs and targets of a batch, always of one shape.
        steps: how many.
        rate: of learning, at the first step.
    """
    schedule = keras.optimizers.schedules.CosineDecay(rate, steps)
    adam = keras.optimizers.Adam(schedule, global_clipnorm=1.0)

    @tf.function
    def step(inputs, targets):
        with tf.GradientTape() as tape:
            answer = model(inputs | outputs.teacher_inputs(targets), training=True)
            size = outputs.size(targets)
            loss = tf.reduce_sum(outputs.loss(answer, targets) * size) / tf.reduce_sum(size)
        variables = model.trainable_variables
        adam.apply(tape.gradient(loss, [v.value for v in variables]), variables)

    for _ in range(steps):
        inputs, targets = sample()
        step({name: tf.constant(v) for name, v in inputs.items()}, tf.constant(targets))
