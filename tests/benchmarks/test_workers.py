import pytest

from benchmarks.workers import Worker


def test_a_worker_answers_in_turn_and_what_it_prints_is_no_answer():
    with Worker("tests.benchmarks.echo", "word") as worker:
        assert worker.ask(number=2) == {"doubled": 4, "word": "word"}
        assert worker.ask(number=3)["doubled"] == 6


def test_of_a_worker_that_died_the_last_words_are_told():
    with Worker("tests.benchmarks.echo", "word") as worker:
        for _ in range(2):
            with pytest.raises(RuntimeError, match="it was negative"):
                worker.ask(number=-1)


def test_a_worker_goes_with_its_block():
    with Worker("tests.benchmarks.echo", "word") as worker:
        worker.ask(number=1)
    assert worker._process.returncode is not None
