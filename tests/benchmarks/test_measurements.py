"""The measurements without the waiting: what they measure, and that it is the same for all."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from benchmarks import buckets, contenders, decoding, exports, lengths, whole_models
from benchmarks import tasks as measured_tasks
from benchmarks.contenders import Row, keras_fit, ours, step_milliseconds
from benchmarks.timing import Timing
from pipelines import tasks
from pipelines.training.step import Step

TINY = Row("simple_rnn", 4, 6, batch=4, steps=2)


def timed(median):
    return Timing(median, median, median - 1, median, median + 1)


def test_words_are_frequent_and_none_is_padding():
    drawn = contenders.words(np.random.default_rng(0), 10_000)
    counts = np.bincount(drawn)
    assert drawn.min() == 2
    assert drawn.max() < contenders.VOCABULARY
    assert counts[2] > 5 * counts[20] > 0


def test_a_row_has_an_example_for_each_step_and_the_first():
    tokens, classes = TINY.data()
    assert tokens.shape == (12, 6)
    assert classes.shape == (12,)
    assert dataclasses.replace(TINY, each_step=True).data()[1].shape == (12, 6)


def test_the_first_step_of_a_turn_is_not_counted(monkeypatch):
    clock = iter([5.0, 5.5, 6.0])
    monkeypatch.setattr(contenders.time, "perf_counter", lambda: next(clock))
    assert step_milliseconds(lambda after_step: [after_step() for _ in range(3)]) == 500


@pytest.mark.parametrize(
    ("contender", "row"),
    [
        (ours, TINY),
        (ours, dataclasses.replace(TINY, cell="lstm", each_step=True, window=2)),
        (keras_fit, dataclasses.replace(TINY, each_step=True, bidirectional=True)),
    ],
    ids=["ours", "windows", "keras"],
)
def test_a_contender_trains_all_its_steps_each_time(contender, row):
    epoch, steps = contender(row), []
    epoch(lambda: steps.append(1))
    epoch(lambda: steps.append(1))
    assert len(steps) == 2 * 3


def test_a_line_of_whole_models_has_the_ratios_to_ours():
    times = {"ours": timed(10.0), "keras": timed(25.0), "pytorch": timed(12.0)}
    made = whole_models.line(Row("gru", 64, 200, bidirectional=True), times)
    assert made == ["gru", 2, 64, 200, *times.values(), "2.50x", "1.20x"]


def test_the_networks_of_whole_models_are_those_of_the_docs():
    rows = whole_models.networks()
    assert len({*rows}) == 3 * 2 * 2 * 2
    assert {(row.units, row.length) for row in rows} == {
        (64, 200),
        (64, 400),
        (128, 200),
        (128, 400),
    }


def test_reviews_are_as_long_as_they_should_be():
    drawn = buckets.review_lengths(100_000)
    assert drawn.min() >= 1
    assert drawn.max() == buckets.LONGEST
    np.testing.assert_allclose(np.percentile(drawn, (50, 95)), (166, 589), rtol=0.02)


def test_random_batches_hold_every_text_padded_to_the_longest():
    from pipelines.data.ragged import Ragged

    texts = Ragged(np.arange(2, 12, dtype=np.int32), np.array([0, 1, 5, 7, 10]))
    batches = list(buckets.batches(texts, np.arange(4), 2))
    assert sorted(label for _, labels in batches for label in labels.numpy()) == [0, 1, 2, 3]
    for tokens, labels in batches:
        assert tokens.shape[1] == texts.lengths[labels.numpy()].max()
    assert sum(np.count_nonzero(tokens) for tokens, _ in batches) == 10


def test_a_rate_counts_real_tokens_and_its_spread_is_in_order():
    made = buckets.line("ours", 4000, Timing(0, 0, 20.0, 40.0, 80.0), timed(400.0))
    assert made == ["ours", "100.0 (50.0-200.0)", "10.0x"]


def test_growth_is_told_for_each_doubling():
    assert lengths.time_growth([10.0, 20.0, 50.0]) == "2.00x, 2.50x"
    assert lengths.memory_growth([900.0, 950.4, 950.0]) == "+50, -0"


def test_the_ways_of_lengths_differ_in_nothing_else():
    base = Row("lstm", 64, 500, each_step=True)
    found = lengths.ways(base)
    assert [name for name, _ in found.values()] == ["ours", "ours", "ours", "keras"]
    for _, row in found.values():
        assert dataclasses.replace(row, time_checkpoint=0, window=0) == base


def test_the_best_continuations_are_those_of_all_beams():
    logits = np.log([[0.1, 0.1, 0.1, 0.1, 0.4, 0.2], [0.1, 0.1, 0.1, 0.1, 0.1, 0.5]])
    scores, beams, tokens = decoding.continuations(logits, np.log([0.5, 0.5]))
    np.testing.assert_array_equal(beams, [1, 0])
    np.testing.assert_array_equal(tokens, [5, 4])
    np.testing.assert_allclose(np.exp(scores), [0.25, 0.2])


@pytest.mark.slow
def test_all_ways_of_writing_write_the_same(tmp_path):
    network = decoding.Network(decoding.Sizes(32, 8, 5, 6))
    loaded = network.export(tmp_path)
    written = {}
    for strategy in ("greedy", "beam"):
        ways = decoding.contenders(network, loaded, strategy)
        _, compiled, loop = (ways[name] for name in ways)
        written[strategy] = compiled()
        np.testing.assert_array_equal(written[strategy], loop())
        assert written[strategy].shape == (6,)


def test_the_exports_of_ours_and_of_keras_answer_the_same(tmp_path):
    ours, theirs, model = exports.exports(Row("gru", 4, 8), tmp_path)
    tokens = contenders.words(np.random.default_rng(0), 16).reshape(2, 8)
    tokens[1, 5:] = 0
    tokens = tf.constant(tokens)
    expected = model(tokens).numpy()
    assert expected.std() > 0
    for answer in (ours, theirs):
        np.testing.assert_allclose(answer(tokens), expected, atol=1e-6)


def test_all_tasks_are_measured_but_the_variants_of_memory():
    variants = {"memory_copy", "memory_addition"}
    assert {*measured_tasks.TASKS} == {*tasks.names()} - variants


def test_the_steps_of_a_task_train_the_network_of_its_defaults(monkeypatch):
    seen = []
    monkeypatch.setattr(Step, "train", lambda step, batch: seen.append((step.model, batch)))
    assert measured_tasks.milliseconds("memory", 2) > 0
    (model, first), (_, second) = seen
    assert model.name == "many_to_one_gru"
    assert first is not second
