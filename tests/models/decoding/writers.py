"""A tiny network that writes, in TensorFlow step by step and in NumPy from the whole history."""

from __future__ import annotations

import functools
import itertools
import math

import numpy as np
import tensorflow as tf

from models.decoding import decode
from models.ids import END, PADDING, START

HIDDEN = 5
POSITIONS = 3


def log_softmax(logits):
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


class Writer:
    """Each logit and each attention weight depends on every token read and on the context.

    It carries a float state (a recurrence), a bool one (a parity) and an int32 one that grows (all
    that was read); a search that mixes up the rows of any of them computes something else.

    Args:
        rows: how many contexts there are.
        words: size of the vocabulary beyond the four special tokens.
        seed: of the weights.
        end: added to the logit of END.
    """

    def __init__(self, rows: int, words: int = 3, seed: int = 0, end: float = 0.0):
        random = np.random.default_rng(seed)
        self.vocabulary = 4 + words
        self.first = random.integers(4, self.vocabulary, rows).astype(np.int32)
        self.bias = random.normal(0, 1, (rows, self.vocabulary)).astype(np.float32)
        self.bias[:, END] += end
        self.memory = random.normal(0, 1, (rows, POSITIONS)).astype(np.float32)
        self.embedding = random.normal(0, 1, (self.vocabulary, HIDDEN)).astype(np.float32)
        self.recurrent = random.normal(0, 0.5, (HIDDEN, HIDDEN)).astype(np.float32)
        self.output = random.normal(0, 1, (HIDDEN, self.vocabulary)).astype(np.float32)
        self.flipped = random.normal(0, 1, self.vocabulary).astype(np.float32)
        self.places = random.normal(0, 1, (64, self.vocabulary)).astype(np.float32)
        self.query = random.normal(0, 1, (HIDDEN, POSITIONS)).astype(np.float32)
        self.steps = tf.Variable(0)
        self.functions = {}

    def inputs(self, rows=slice(None)):
        """First tokens and context of some rows."""
        return tf.constant(self.first[rows]), tf.constant(self.bias[rows]), self.memory[rows]

    def function(self, generation):
        """Writes for a batch of any size; traced once."""
        if generation not in self.functions:
            floats = [tf.TensorSpec([None, size], tf.float32) for size in (self.vocabulary, None)]
            signature = [tf.TensorSpec([None], tf.int32), *floats]
            call = functools.partial(self.call, generation)
            self.functions[generation] = tf.function(call, input_signature=signature)
        return self.functions[generation]

    def call(self, generation, first, *context, beam_width=None):
        batch = tf.shape(first)[0]
        states = [
            tf.zeros([batch, HIDDEN]),
            tf.zeros([batch], tf.bool),
            tf.zeros([batch, 0], tf.int32),
        ]
        return decode(self.step, states, first, generation, context, beam_width=beam_width)

    def write(self, generation, rows=slice(None)):
        """What `decode` writes for some rows, in a graph; counts the steps."""
        self.steps.assign(0)
        return self.function(generation)(*self.inputs(rows))

    def step(self, tokens, states, context):
        hidden, flipped, seen = states
        bias, memory = context
        self.steps.assign_add(1)
        hidden = tf.tanh(hidden @ self.recurrent + tf.gather(self.embedding, tokens))
        flipped = tf.math.logical_xor(flipped, tokens % 2 == 1)
        seen = tf.concat([seen, tokens[:, None]], axis=1)
        places = tf.range(tf.shape(seen)[1])
        history = tf.cast(seen[:, :, None], tf.float32) * tf.gather(self.places, places)
        logits = hidden @ self.output + bias + 0.2 * tf.reduce_sum(history, axis=1)
        logits += tf.where(flipped[:, None], self.flipped, 0.0)
        attention = tf.nn.softmax(hidden @ self.query + memory)
        return logits, {"attention": attention}, [hidden, flipped, seen]

    def look(self, row, history):
        """The same from the whole history, which begins with the first token.

        Returns:
            float64 log-probabilities `[vocabulary]` and attention `[POSITIONS]`.
        """
        hidden = np.zeros(HIDDEN)
        for token in history:
            hidden = np.tanh(hidden @ self.recurrent + self.embedding[token])
        logits = hidden @ self.output + self.bias[row]
        logits += 0.2 * sum(token * self.places[place] for place, token in enumerate(history))
        if sum(token % 2 for token in history) % 2:
            logits += self.flipped
        return log_softmax(logits), np.exp(log_softmax(hidden @ self.query + self.memory[row]))

    def log_p(self, row, tokens):
        """Logarithm of the probability of tokens, of which the last may be END."""
        history = [self.first[row], *tokens]
        return sum(
            self.look(row, history[:place])[0][token]
            for place, token in enumerate(history)
            if place
        )

    def attention(self, row, tokens):
        """What each of the tokens is written from, `[len(tokens), POSITIONS]`."""
        history = [self.first[row], *tokens]
        return np.array([self.look(row, history[: place + 1])[1] for place in range(len(tokens))])

    def words(self):
        """The tokens that may be written, but END."""
        return [token for token in range(self.vocabulary) if token not in (PADDING, START, END)]

    def greedy(self, row, min_tokens, max_tokens):
        """Tokens without END, the logarithm of their probability with END, and the steps taken."""
        tokens, total = [], 0.0
        while len(tokens) < max_tokens:
            log_p, _ = self.look(row, [self.first[row], *tokens])
            allowed = self.words() + [END] * (len(tokens) >= min_tokens)
            best = max(allowed, key=lambda token: log_p[token])
            total += log_p[best]
            if best == END:
                return tokens, total, len(tokens) + 1
            tokens.append(best)
        return tokens, total, max_tokens

    def best(self, row, alpha, min_tokens, max_tokens):
        """The best ended sequence of all, by its normalised score."""
        ended = (
            list(words)
            for length in range(min_tokens, max_tokens)
            for words in itertools.product(self.words(), repeat=length)
        )
        scored = ((self.log_p(row, [*t, END]) / penalty(len(t) + 1, alpha), t) for t in ended)
        return max(scored)[::-1]

    def beam(self, row, width, generation, stop_early=True):
        """Beam search with lists: tokens, score and the steps taken."""
        alpha, live, ended = generation.length_penalty, [(0.0, [])], []
        for time in range(generation.max_tokens):
            continued = []
            for total, tokens in live:
                log_p, _ = self.look(row, [self.first[row], *tokens])
                allowed = self.words() + [END] * (time >= generation.min_tokens)
                continued += [(total + log_p[token], [*tokens, token]) for token in allowed]
            continued.sort(key=lambda pair: -pair[0])
            new = [pair for pair in continued[:width] if pair[1][-1] == END]
            ended += [(total / penalty(time + 1, alpha), tokens[:-1]) for total, tokens in new]
            live = [pair for pair in continued if pair[1][-1] != END][:width]
            reachable = live[0][0] / penalty(generation.max_tokens, alpha)
            if len(ended) >= width or (stop_early and ended and reachable <= max(ended)[0]):
                break
        score, tokens = max(ended) if ended else (live[0][0] / penalty(time + 1, alpha), live[0][1])
        return tokens, score, time + 1


def penalty(length, alpha):
    return math.pow(5 + length, alpha) / math.pow(6, alpha)


def sequences(decoded):
    """The tokens of each row as a list."""
    pairs = zip(decoded.tokens.numpy(), decoded.lengths.numpy(), strict=True)
    return [tokens[:length].tolist() for tokens, length in pairs]
