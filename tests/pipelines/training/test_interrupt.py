import os
import signal
import threading

import pytest

from pipelines.training.interrupt import Interrupt

NUMBERS = [signal.SIGINT, signal.SIGTERM]


def ask(number):
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", NUMBERS)
def test_the_first_request_is_noted_and_the_second_raised(number):
    with Interrupt() as interrupt:
        assert not interrupt.requested
        ask(number)
        assert interrupt.requested
        with pytest.raises(KeyboardInterrupt):
            ask(number)


@pytest.mark.parametrize("number", NUMBERS)
def test_the_handler_of_before_is_back_after_the_end_and_after_an_error(number):
    asked = []
    before = signal.signal(number, lambda *_: asked.append(number))
    try:
        with Interrupt():
            pass
        with pytest.raises(ZeroDivisionError), Interrupt():
            raise ZeroDivisionError
        ask(number)
        assert asked == [number]
    finally:
        signal.signal(number, before)


def test_outside_the_main_thread_nothing_is_touched():
    before = [signal.getsignal(number) for number in NUMBERS]
    seen = []

    def work():
        with Interrupt() as interrupt:
            seen.append(interrupt.requested)
            seen.extend(signal.getsignal(number) for number in NUMBERS)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [False, *before]
