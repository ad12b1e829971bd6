import threading

import pytest

from models.layers.recurrent import workers


def test_an_exception_in_a_job_reaches_the_caller_when_all_have_ended():
    done = threading.Event()

    def fails():
        raise RuntimeError("in the middle of a step")

    for jobs in ([fails, done.set], [lambda: None, fails]):
        with pytest.raises(RuntimeError, match="in the middle"):
            workers.run(jobs)
    assert done.is_set()
