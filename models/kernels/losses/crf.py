"""A linear-chain conditional random field: the recursions over the steps, and their gradients.

For the model see `models.layers.crf`. With x the logits and A the scores of moves,

    a_1[j] = start[j] + x_1[j]
    a_t[j] = x_t[j] + log sum_i exp(a_(t-1)[i] + A[i, j]),    log Z = log sum_j exp(a_n[j] + end[j])

Backward, with d_n[j] = exp(a_n[j] + end[j] - log Z), the probability that the last label is j,

    q_ij = d_t[j] exp(a_(t-1)[i] + A[i, j] + x_t[j] - a_t[j]),    d_(t-1)[i] = sum_j q_ij

d_t[j] is the probability of label j at step t, and q_ij that of the move from i to j at t: the
gradients of log Z. Of the score of given labels they are ones where these labels are.
"""

from __future__ import annotations

import numpy as np
from numba import njit, types
from numpy import ndarray

from models.kernels.machine import flush_denormals, restore
from models.kernels.options import CUBE, ENTRY, FLAT, INNER
from models.kernels.recurrent.activations import exp
from models.kernels.vectors import add, copy, total_of

f4 = np.float32
WORDS = types.int32[:, ::1]
COUNTS = types.int32[::1]


@njit(**INNER)
def _raise_to(number: np.float32, row: ndarray, top: ndarray) -> None:
    """Each of `top` becomes at least number + row."""
    for j in range(row.size):
        score = number + row[j]
        top[j] = score if score > top[j] else top[j]


@njit(**INNER)
def _add_exponentials(number: np.float32, row: ndarray, top: ndarray, to: ndarray) -> None:
    """Adds exp(number + row - top)."""
    for j in range(row.size):
        to[j] += exp(number + row[j] - top[j])


@njit(**INNER)
def _shares(
    before: np.float32, moves: ndarray, after: ndarray, x: ndarray, d: ndarray, share: ndarray
) -> None:
    """q_ij of one i, see above."""
    for j in range(share.size):
        share[j] = d[j] * exp(before + moves[j] + (x[j] - after[j]))


@njit(**INNER)
def _log_sum(row: ndarray, added: ndarray) -> np.float32:
    """The logarithm of the sum of exp(row + added)."""
    top, total = f4(-np.inf), f4(0)
    for j in range(row.size):
        top = row[j] + added[j] if row[j] + added[j] > top else top
    for j in range(row.size):
        total += exp(row[j] + added[j] - top)
    return top + np.log(total)


@njit(types.void(CUBE, CUBE, WORDS, COUNTS, CUBE, FLAT, FLAT), **ENTRY)
def forward(
    logits: ndarray,
    transitions: ndarray,
    tags: ndarray,
    lengths: ndarray,
    alphas: ndarray,
    partitions: ndarray,
    likelihoods: ndarray,
) -> None:
    """Log-probabilities of given labels.

    Args:
        logits: x, float32 `[n, time, labels]`.
        transitions: A, then the rows start and end, float32 `[n, labels + 2, labels]`.
        tags: the given labels, int32 `[n, time]`, anything at padding.
        lengths: int32 `[n]`, the number of real steps.
        alphas: float32 `[n, time, labels]`, becomes a at real steps.
        partitions: float32 `[n]`, becomes log Z; 0 of a row without a step.
        likelihoods: float32 `[n]`, becomes the log-probability; 0 of a row without a step.
    """
    mode = flush_denormals()
    labels = logits.shape[2]
    top, total = np.empty(labels, np.float32), np.empty(labels, np.float32)
    for row in range(lengths.size):
        partitions[row], likelihoods[row] = 0, 0
        if not lengths[row]:
            continue
        x, moves, alpha, tag = logits[row], transitions[row], alphas[row], tags[row]
        copy(x[0], alpha[0])
        add(moves[labels], alpha[0])
        score = alpha[0, tag[0]]
        for t in range(1, lengths[row]):
            top[:], total[:] = -np.inf, 0
            for i in range(labels):
                _raise_to(alpha[t - 1, i], moves[i], top)
            for i in range(labels):
                _add_exponentials(alpha[t - 1, i], moves[i], top, total)
            for j in range(labels):
                alpha[t, j] = x[t, j] + (top[j] + np.log(total[j]))
            score += x[t, tag[t]] + moves[tag[t - 1], tag[t]]
        last = lengths[row] - 1
        partitions[row] = _log_sum(alpha[last], moves[labels + 1])
        likelihoods[row] = score + moves[labels + 1, tag[last]] - partitions[row]
    restore(mode)


@njit(types.void(CUBE, CUBE, WORDS, COUNTS, CUBE, FLAT, FLAT, CUBE, CUBE), **ENTRY)
def backward(
    logits: ndarray,
    transitions: ndarray,
    tags: ndarray,
    lengths: ndarray,
    alphas: ndarray,
    partitions: ndarray,
    gradients: ndarray,
    d_logits: ndarray,
    d_transitions: ndarray,
) -> None:
    """Gradients of `forward`.

    Args:
        logits: as of `forward`.
        transitions: likewise.
        tags: likewise.
        lengths: likewise.
        alphas: of `forward`.
        partitions: of `forward`.
        gradients: of the log-probabilities, float32 `[n]`.
        d_logits: float32 `[n, time, labels]`, becomes the gradient.
        d_transitions: float32 `[n, labels + 2, labels]`, becomes the gradient.
    """
    mode = flush_denormals()
    labels = logits.shape[2]
    d, before = np.empty(labels, np.float32), np.empty(labels, np.float32)
    share = np.empty(labels, np.float32)
    for row in range(lengths.size):
        x, moves, alpha, tag = logits[row], transitions[row], alphas[row], tags[row]
        d_x, d_moves, gradient = d_logits[row], d_transitions[row], gradients[row]
        d_x[:], d_moves[:] = 0, 0
        if not lengths[row]:
            continue
        last = lengths[row] - 1
        for j in range(labels):
            reached = alpha[last, j] + moves[labels + 1, j] - partitions[row]
            d[j] = -gradient * exp(reached)
        copy(d, d_moves[labels + 1])
        d_moves[labels + 1, tag[last]] += gradient
        for t in range(last, 0, -1):
            copy(d, d_x[t])
            d_x[t, tag[t]] += gradient
            for i in range(labels):
                _shares(alpha[t - 1, i], moves[i], alpha[t], x[t], d, share)
                add(share, d_moves[i])
                before[i] = total_of(share)
            d_moves[tag[t - 1], tag[t]] += gradient
            copy(before, d)
        for to in (d_x[0], d_moves[labels]):
            copy(d, to)
            to[tag[0]] += gradient
    restore(mode)


@njit(types.void(CUBE, CUBE, COUNTS, WORDS), **ENTRY)
def best(logits: ndarray, transitions: ndarray, lengths: ndarray, tags: ndarray) -> None:
    """The most probable labels of each sequence (Viterbi 1967).

    Args:
        logits: as of `forward`.
        transitions: likewise.
        lengths: likewise.
        tags: int32 `[n, time]`, becomes the labels at real steps.
    """
    _, time, labels = logits.shape
    came_from = np.empty((time, labels), np.int32)
    reached, arriving = np.empty(labels, np.float32), np.empty(labels, np.float32)
    for row in range(lengths.size):
        if not lengths[row]:
            continue
        x, moves = logits[row], transitions[row]
        copy(x[0], reached)
        add(moves[labels], reached)
        for t in range(1, lengths[row]):
            for j in range(labels):
                arriving[j], came_from[t, j] = reached[0] + moves[0, j], 0
            for i in range(1, labels):
                for j in range(labels):
                    score = reached[i] + moves[i, j]
                    if score > arriving[j]:
                        arriving[j], came_from[t, j] = score, i
            copy(arriving, reached)
            add(x[t], reached)
        add(moves[labels + 1], reached)
        tag = np.argmax(reached)
        for t in range(lengths[row] - 1, -1, -1):
            tags[row, t] = tag
            tag = came_from[t, tag] if t else tag
