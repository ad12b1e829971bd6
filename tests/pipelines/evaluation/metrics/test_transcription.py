import pytest

from pipelines.evaluation.metrics.transcription import NOTHING, error, evaluate


def test_perfect_transcripts_have_no_error():
    found = evaluate(["3 1 4", "1"], ["3 1 4", "1"])
    assert (found.rate, found.sentences, not found.confusions) == (0.0, 0.0, True)


def test_each_kind_of_error_counts_once_over_all_symbols():
    # One digit taken for another, one made up, two missed, of eight.
    found = evaluate(["3 9 4", "1 2 7", "5"], ["3 1 4", "1 2", "5 6 6"])
    assert found.substitutions == pytest.approx(1 / 8)
    assert found.insertions == pytest.approx(1 / 8)
    assert found.deletions == pytest.approx(2 / 8)
    assert found.rate == pytest.approx(4 / 8)
    assert found.sentences == 1.0
    assert found.confusions == {("1", "9"): 1, (NOTHING, "7"): 1, ("6", NOTHING): 2}


def test_the_rate_is_over_all_symbols_and_not_the_mean_of_sentences():
    assert evaluate(["1", "2 3 4 5"], ["9", "2 3 4 5"]).rate == pytest.approx(1 / 5)


def test_nothing_written_is_all_missed():
    found = evaluate(["", "1"], ["1 2", "1"])
    assert (found.deletions, found.sentences) == (pytest.approx(2 / 3), 0.5)
    assert error("", "1 2") == 1.0
