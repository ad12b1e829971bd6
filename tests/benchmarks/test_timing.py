import time

from benchmarks.timing import Timing, interleaved, milliseconds, table


def test_rivals_take_turns():
    turns = []
    rivals = {name: lambda name=name: turns.append(name) for name in "ab"}
    interleaved(rivals, rounds=2, warm=1)
    assert turns == list("ab" * 4)


def test_the_first_call_is_kept_apart_and_warm_rounds_are_not_counted():
    taken = iter([100.0, 50.0, 3.0, 1.0, 2.0, 5.0, 4.0])
    found = interleaved({"only": lambda: next(taken)}, 5, 1, measure=lambda call: call())
    assert found == {"only": Timing(first=100.0, best=1.0, low=1.5, median=3.0, high=4.5)}


def test_a_call_is_timed_in_milliseconds():
    assert 20 <= milliseconds(lambda: time.sleep(0.02)) < 2000


def test_a_timing_is_printed_with_its_spread():
    assert str(Timing(9, 1, 12.34, 23.45, 34.56)) == "23.4 (12.3-34.6)"
    assert str(Timing(9, 1, 1.234, 2.345, 3.456)) == "2.35 (1.23-3.46)"


def test_a_table_is_aligned_markdown():
    assert table(["cell", "T"], [["lstm", 1000], ["simple_rnn", 1]]).splitlines() == [
        "| cell       | T    |",
        "|------------|------|",
        "| lstm       | 1000 |",
        "| simple_rnn | 1    |",
    ]
