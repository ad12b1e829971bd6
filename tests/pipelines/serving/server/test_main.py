import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from urllib.request import Request, urlopen

import pytest

from pipelines.runtime.errors import UserError
from pipelines.serving.server import serve

START = (
    "import sys; from pathlib import Path; from pipelines.serving.server import serve;"
    "serve(Path(sys.argv[1]), None, '127.0.0.1', 0)"
)


def until_called(url, times):
    """Waits until the network was called that often: a request is in flight."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with urlopen(f"{url}/metrics", timeout=20) as answer:
            if f'unrolled_batch_rows_count{{model="toy"}} {times}.0' in answer.read().decode():
                return
        time.sleep(0.05)
    raise AssertionError("the request did not arrive")


@contextlib.contextmanager
def running(exports):
    """A real server on a free port: the process, its URL and what it printed."""
    process = subprocess.Popen(
        [sys.executable, "-c", START, str(exports)], stdout=subprocess.PIPE, text=True
    )
    try:
        lines = [process.stdout.readline(), process.stdout.readline()]
        yield process, lines[0].split(" on ")[1].split()[0], lines
    finally:
        process.kill()
        process.wait(10)
        process.stdout.close()


def test_a_server_announces_itself_answers_and_ends_cleanly_with_a_request_in_flight(exports):
    with running(exports) as (process, url, lines):
        assert lines[0].startswith("Serving toy on http://127.0.0.1:")
        assert lines[1].startswith("curl -d '{")
        answers = []

        def ask():
            body = json.dumps({"signature_name": "slow", "instances": [1.0]}).encode()
            with urlopen(Request(f"{url}/v1/models/toy:predict", body), timeout=20) as answer:
                answers.append((answer.status, json.load(answer)))

        # A request that comes while the model is loading waits for it.
        with urlopen(Request(f"{url}/v1/models/toy:predict", b'{"instances": ["a"]}')) as answer:
            assert answer.status == 200
        asking = threading.Thread(target=ask)
        asking.start()
        until_called(url, 2)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert time.monotonic() - began < 5
        asking.join(5)
        assert answers == [(200, {"predictions": [1.0]})]
        with pytest.raises(ProcessLookupError):
            os.kill(process.pid, 0)


def test_interrupting_ends_cleanly_while_a_request_will_not_end(exports):
    with running(exports) as (process, url, _):
        body = json.dumps({"signature_name": "slow", "instances": [25.0]}).encode()

        def ask():
            with contextlib.suppress(OSError):
                urlopen(Request(f"{url}/v1/models/toy:predict", body), timeout=20)

        threading.Thread(target=ask, daemon=True).start()
        until_called(url, 1)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        assert time.monotonic() - began < 5


def test_nothing_to_serve_is_one_line(tmp_path):
    for exports in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(UserError, match="no export yet: run make train TASK=sentiment"):
            serve(exports, None, "127.0.0.1", 0)
    (tmp_path / "toy" / "1").mkdir(parents=True)
    with pytest.raises(UserError, match=r"no export yet of 'tyo'.*Did you mean 'toy'"):
        serve(tmp_path, "tyo", "127.0.0.1", 0)


def test_a_busy_port_and_a_wrong_host_are_one_line(tmp_path):
    (tmp_path / "toy" / "1").mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"cannot serve on 127.0.0.1:{port}.*in use"):
            serve(tmp_path, None, "127.0.0.1", port)
    with pytest.raises(UserError, match="cannot serve on"):
        serve(tmp_path, None, "no.such.host.invalid", 0)


def test_importing_the_package_does_not_load_tensorflow():
    code = "import pipelines.serving.server, sys; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
