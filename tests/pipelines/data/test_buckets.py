import itertools
import time

import numpy as np
import pytest

from pipelines.data.buckets import bucket_edges, padding_share


def steps(lengths, edges):
    return sum(min(edge for edge in edges if edge >= length) for length in lengths)


def cheapest(lengths, buckets, max_length):
    cut = [max(1, min(length, max_length)) for length in lengths]
    top = max(cut)
    return min(
        steps(cut, (*chosen, top))
        for count in range(buckets)
        for chosen in itertools.combinations(range(1, top), min(count, top - 1))
    )


@pytest.mark.parametrize("seed", range(30))
def test_no_choice_of_edges_pads_less(seed):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(0, 15, size=rng.integers(1, 25))
    buckets, max_length = int(rng.integers(1, 5)), int(rng.integers(1, 18))
    edges = bucket_edges(lengths, buckets, max_length)
    cut = np.clip(lengths, 1, max_length)
    assert len(edges) <= buckets
    assert list(edges) == sorted(set(edges))
    assert edges[-1] == cut.max()
    assert steps(cut, edges) == cheapest(lengths, buckets, max_length)


def test_an_edge_for_each_length_where_there_are_enough_buckets():
    assert bucket_edges(np.array([3, 9, 9, 3, 12]), 8, 100) == (3, 9, 12)


def test_one_bucket_is_as_wide_as_the_longest():
    assert bucket_edges(np.array([3, 9, 12]), 1, 100) == (12,)
    assert bucket_edges(np.array([3, 9, 12]), 1, 10) == (10,)


def test_one_example_and_an_empty_text():
    assert bucket_edges(np.array([7]), 4, 10) == (7,)
    assert bucket_edges(np.array([0]), 4, 10) == (1,)
    assert bucket_edges(np.array([0, 0, 5]), 4, 10) == (1, 5)


@pytest.mark.parametrize(("lengths", "buckets", "most"), [([], 1, 1), ([1], 0, 1), ([1], 1, 0)])
def test_nothing_to_place_is_refused(lengths, buckets, most):
    with pytest.raises(ValueError, match="at least one of each"):
        bucket_edges(np.array(lengths, dtype=np.int64), buckets, most)


def test_long_sequences_stay_quick_and_near_the_optimum():
    lengths = np.random.default_rng(0).lognormal(8, 1, size=50_000).astype(np.int64)
    start = time.perf_counter()
    edges = bucket_edges(lengths, 8, 60_000)
    assert time.perf_counter() - start < 2
    assert edges[-1] == min(60_000, lengths.max())
    quantiles = np.quantile(lengths, np.linspace(1 / 8, 1, 8)).astype(int).tolist()
    assert padding_share(lengths, edges) < 0.8 * padding_share(lengths, quantiles)


def test_padding_share_counts_what_is_not_data():
    # 2 -> 4, 4 -> 4, 7 -> 10, 12 cut to 10: 23 of 28 steps are data.
    assert padding_share(np.array([2, 4, 7, 12]), (4, 10)) == pytest.approx(5 / 28)
    assert padding_share(np.array([4, 10]), (4, 10)) == 0.0
    assert padding_share(np.array([], dtype=np.int64), (4,)) == 0.0
