import re

import pytest

from pipelines.runtime.progress import timed


def test_what_is_timed_is_named_before_and_its_seconds_come_after(capsys):
    with timed("loading"):
        assert capsys.readouterr().out == "loading ... "
    assert re.fullmatch(r"\d+\.\d s\n", capsys.readouterr().out)


def test_an_error_is_raised_on_a_line_of_its_own(capsys):
    with pytest.raises(ValueError, match="broken"), timed("loading"):
        raise ValueError("broken")
    assert capsys.readouterr().out == "loading ... \n"
