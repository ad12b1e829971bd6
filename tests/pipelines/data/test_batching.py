from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from models.export.preprocessing import Encoded as EncodedBatch
from pipelines.data import batching, raw
from pipelines.data.batching import Batches, Encoded
from pipelines.data.ragged import Ragged
from pipelines.inputs.fitted.base import FittedInput

COUNT = 53


def ragged(sequences, dtype=np.int32):
    lengths = [len(sequence) for sequence in sequences]
    return Ragged(
        np.concatenate([np.asarray(s, dtype) for s in sequences]), np.cumsum([0, *lengths])
    )


def encoded(lengths):
    """Examples that say who they are: example i holds the tokens i + 1, target 10 i, weight i."""
    n = len(lengths)
    return Encoded(
        {"tokens": ragged([[i + 1] * length for i, length in enumerate(lengths)])},
        np.stack([np.arange(n) * 10.0, np.arange(n) * -1.0], axis=1).astype(np.float32),
        np.arange(n, dtype=np.float32),
    )


@pytest.fixture
def lengths():
    return np.random.default_rng(0).integers(1, 13, COUNT)


def names(batches):
    return [batch.inputs["tokens"].numpy()[:, 0].tolist() for batch in batches]


@pytest.mark.parametrize("edges", [(12,), (4, 12), (2, 3, 7, 12, 40)])
@pytest.mark.parametrize("size", [1, 4, 53, 100])
def test_every_example_is_in_an_epoch_exactly_once(lengths, edges, size):
    batches = Batches(encoded(lengths), edges, size)
    for served in (list(batches.epoch(0, 0)), list(batches.once())):
        everyone = [name for batch in names(served) for name in batch]
        assert sorted(everyone) == list(range(1, COUNT + 1))
        assert len(served) == len(batches)
        sizes = sorted(len(batch.weights) for batch in served)
        assert sizes[1:] == [size] * (len(served) - 1)  # one may be smaller, none is dropped
        assert 0 < sizes[0] <= size


@pytest.mark.parametrize(("count", "size", "number"), [(8, 4, 2), (9, 4, 3), (1, 4, 1), (4, 1, 4)])
def test_the_number_of_batches_is_known_before(count, size, number):
    assert len(Batches(encoded([1] * count), (1,), size)) == number


def test_padding_is_on_the_right_and_up_to_an_edge(lengths):
    edges = (3, 7, 12)
    for batch in Batches(encoded(lengths), edges, 4).epoch(0, 0):
        tokens = batch.inputs["tokens"].numpy()
        assert tokens.shape[1] in edges
        assert tokens.dtype == np.int32
        steps = 0
        for row in tokens:
            length = lengths[row[0] - 1]
            assert (row[:length] == row[0]).all()
            assert (row[length:] == 0).all()
            steps += length
        assert batch.steps == steps


def test_no_batch_is_wider_than_its_longest_example_needs(lengths):
    for batch in Batches(encoded(lengths), (3, 7, 12), 4).once():
        tokens = batch.inputs["tokens"].numpy()
        longest = (tokens > 0).sum(axis=1).max()
        assert tokens.shape[1] == min(edge for edge in (3, 7, 12) if edge >= longest)


def test_targets_and_weights_stay_with_their_inputs(lengths):
    for batch in Batches(encoded(lengths), (5, 12), 8).epoch(3, 1):
        index = batch.inputs["tokens"].numpy()[:, 0] - 1
        np.testing.assert_array_equal(batch.targets, np.stack([index * 10.0, index * -1.0], axis=1))
        np.testing.assert_array_equal(batch.weights, index)
        assert batch.weights.dtype == tf.float32


def test_the_order_is_a_function_of_seed_and_epoch_alone(lengths):
    one, other = (Batches(encoded(lengths), (5, 12), 8) for _ in range(2))
    list(one.epoch(0, 0))
    list(one.epoch(0, 1))
    np.random.seed(5)
    tf.random.set_seed(5)
    assert names(one.epoch(0, 2)) == names(other.epoch(0, 2))


def test_epochs_and_seeds_differ(lengths):
    batches = Batches(encoded(lengths), (5, 12), 8)
    orders = [names(batches.epoch(*which)) for which in ((0, 0), (0, 1), (1, 0), (1, 1))]
    for i, order in enumerate(orders):
        assert order not in orders[:i]
    together = [{frozenset(batch) for batch in order} for order in orders]
    assert together[0] != together[1]  # the company changes, not only the order of batches


def test_batches_of_all_lengths_are_mixed(lengths):
    widths = [
        b.inputs["tokens"].shape[1] for b in Batches(encoded(lengths), (3, 7, 12), 4).epoch(0, 0)
    ]
    assert widths != sorted(widths)


def test_once_goes_from_short_to_long_and_always_the_same_way(lengths):
    batches = Batches(encoded(lengths), (3, 7, 12), 4)
    served = list(batches.once())
    widths = [batch.inputs["tokens"].shape[1] for batch in served]
    assert widths == sorted(widths)
    assert names(served) == names(batches.once())
    everyone = [name for batch in names(served) for name in batch]
    assert everyone == [i + 1 for i in sorted(range(COUNT), key=lambda i: (lengths[i], i))]


def test_an_example_longer_than_the_last_edge_is_refused_and_not_lost():
    with pytest.raises(ValueError, match="6 steps"):
        Batches(encoded([2, 6, 3]), (2, 5), 2)


def test_an_abandoned_epoch_leaves_the_next_one_as_it_is(lengths):
    batches = Batches(encoded(lengths), (12,), 4)
    whole = names(batches.epoch(0, 0))
    begun = batches.epoch(0, 0)
    next(begun)
    del begun
    assert names(batches.epoch(0, 0)) == whole


def test_ragged_pads_chosen_rows_in_their_order():
    sequences = ragged([[1, 2, 3], [4], [], [5, 6]])
    np.testing.assert_array_equal(sequences.lengths, [3, 1, 0, 2])
    found = sequences.pad(np.array([3, 0, 2, 3]), 4)
    np.testing.assert_array_equal(found, [[5, 6, 0, 0], [1, 2, 3, 0], [0] * 4, [5, 6, 0, 0]])
    assert found.dtype == np.int32


def test_ragged_pads_steps_of_more_than_one_number():
    random = np.random.default_rng(0)
    sequences = [random.normal(size=(length, 2, 3)) for length in (2, 0, 3)]
    found = ragged(sequences, np.float64).pad(np.array([2, 0]), 5)
    assert found.shape == (2, 5, 2, 3)
    np.testing.assert_array_equal(found[0, :3], sequences[2])
    np.testing.assert_array_equal(found[1, :2], sequences[0])
    assert not found[0, 3:].any()
    assert not found[1, 2:].any()


def test_inputs_of_a_fixed_shape_go_along_and_the_longest_sequence_decides():
    split = Encoded(
        {
            "a": ragged([[1], [2, 2], [3, 3, 3]]),
            "b": ragged([[1, 1, 1, 1], [2], [3]]),
            "c": np.arange(6, dtype=np.float32).reshape(3, 2),
        },
        np.arange(3),
        np.ones(3, np.float32),
    )
    np.testing.assert_array_equal(split.lengths, [4, 2, 3])
    (batch,) = Batches(split, (5,), 3).once()
    np.testing.assert_array_equal(batch.targets, [1, 2, 0])
    np.testing.assert_array_equal(batch.inputs["c"], [[2, 3], [4, 5], [0, 1]])
    assert batch.inputs["a"].shape == batch.inputs["b"].shape == (3, 5)


@pytest.mark.parametrize(
    ("lengths", "aligned", "widths"),
    [([1, 3, 2], True, {5}), ([1, 3, 2], False, {8}), ([1, 9, 2], False, {8, 16})],
)
def test_targets_that_are_sequences_are_padded_with_what_they_say(lengths, aligned, widths):
    tokens = ragged([[1], [2, 2, 2], [3, 3]])
    labels = ragged([[n] * length for n, length in enumerate(lengths)])
    targets = Ragged(labels.values, labels.splits, fill=-1)
    split = Encoded({"tokens": tokens}, targets, np.ones(3, np.float32), aligned)
    batches = list(Batches(split, (5,), 2).once())
    assert {batch.targets.shape[1] for batch in batches} == widths
    for batch in batches:
        for name, row in zip(batch.inputs["tokens"].numpy()[:, 0], batch.targets, strict=True):
            own = row.numpy().tolist()
            assert own == [name - 1] * lengths[name - 1] + [-1] * (len(own) - lengths[name - 1])


def test_examples_without_a_sequence_have_one_step():
    split = Encoded({"x": np.zeros((3, 2))}, np.zeros(3), np.ones(3, np.float32))
    assert split.lengths.tolist() == [1, 1, 1]
    assert [batch.steps for batch in Batches(split, (1,), 2).once()] == [2, 1]


class Codes(FittedInput):
    """An input in little: a text -> its code points, and a number -> its double."""

    def signature(self):
        return {"text": tf.TensorSpec([None], tf.string), "x": tf.TensorSpec([None], tf.float32)}

    def encode(self, raw):
        codes = tf.strings.unicode_decode(raw["text"], "UTF-8")
        return EncodedBatch({"tokens": codes, "x": raw["x"] * 2})

    def measure(self, columns):
        raise NotImplementedError


class Given:
    """An output in little: what a column holds, and as many targets as tokens."""

    def targets(self, columns, encoded):
        assert len(encoded["tokens"].lengths) == len(columns["y"])
        return columns["y"], np.ones(len(columns["y"]), np.float32)


@pytest.mark.parametrize("count", [1, 5, 6])
def test_encoding_in_portions_keeps_every_example_and_its_place(count, monkeypatch):
    monkeypatch.setattr(raw, "AT_A_TIME", 2)
    texts = ["a", "", "ccc", "é我", "ee", "f"][:count]
    columns = {
        "text": np.array(texts, object),
        "x": np.arange(count, dtype=np.float32),
        "y": np.arange(count),
    }
    preprocessing: Any = SimpleNamespace(
        input=Codes(), output=Given(), outputs=SimpleNamespace(aligned=False)
    )
    split = batching.encode(preprocessing, columns)
    assert len(split) == count
    tokens = split.inputs["tokens"]
    assert isinstance(tokens, Ragged)
    np.testing.assert_array_equal(tokens.lengths, [len(text) for text in texts])
    np.testing.assert_array_equal(tokens.values, [ord(letter) for text in texts for letter in text])
    np.testing.assert_array_equal(split.inputs["x"], np.arange(count) * 2)
    np.testing.assert_array_equal(split.targets, np.arange(count))
