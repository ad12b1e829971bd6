import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from pipelines.serving.server import batcher
from pipelines.serving.server.batcher import Batcher
from pipelines.serving.server.errors import ServingError
from pipelines.serving.server.model import Model

from . import savedmodel


class Doubler:
    """Doubles numbers, refuses negative ones, and waits for `gate` where it is closed."""

    merges = True

    def __init__(self):
        self.calls = []
        self.gate = threading.Event()
        self.gate.set()

    def run(self, inputs):
        self.calls.append(len(next(iter(inputs.values()))))
        assert self.gate.wait(10)
        if "x" not in inputs:
            return {"size": np.array([len(text) for text in inputs["text"]])}
        if (inputs["x"] < 0).any():
            raise ServingError(400, "negative")
        if (inputs["x"] == 99).any():
            raise RuntimeError("a fault")
        return {"y": inputs["x"] * 2}

    def cut(self, outputs):
        return dict(outputs)


def numbers(*values):
    return {"x": np.array(values, np.float32)}


def together(signature, requests, rows=None):
    """The answers to requests that come while another is running."""

    async def ask():
        with ThreadPoolExecutor(4) as pool:
            queue = Batcher(signature, pool, 2, (rows if rows is not None else []).append)
            signature.gate.clear()
            first = asyncio.create_task(queue.submit(requests[0]))
            await asyncio.sleep(0.05)
            rest = [asyncio.create_task(queue.submit(request)) for request in requests[1:]]
            await asyncio.sleep(0.05)
            signature.gate.set()
            return await asyncio.gather(first, *rest, return_exceptions=True)

    return asyncio.run(ask())


def test_requests_that_wait_go_together_and_each_gets_its_own_rows():
    signature, rows = Doubler(), []
    answers = together(signature, [numbers(0), numbers(1, 2), numbers(3), numbers(4)], rows)
    assert [answer["y"].tolist() for answer in answers] == [[0], [2, 4], [6], [8]]
    assert signature.calls == [1, 4]
    assert rows == [1, 4]


def test_a_lone_request_does_not_wait():
    async def ask():
        with ThreadPoolExecutor(1) as pool:
            queue = Batcher(Doubler(), pool, 1, lambda rows: None)
            return await asyncio.wait_for(queue.submit(numbers(5)), 5)

    assert asyncio.run(ask())["y"].tolist() == [10]


def test_one_bad_request_in_a_batch_fails_alone():
    signature = Doubler()
    answers = together(signature, [numbers(0), numbers(1), numbers(-1), numbers(99), numbers(2)])
    assert [answer["y"].tolist() for answer in (answers[1], answers[4])] == [[2], [4]]
    assert isinstance(answers[2], ServingError)
    assert isinstance(answers[3], RuntimeError)
    assert signature.calls == [1, 4, 1, 1, 1, 1]


def test_a_signature_that_cannot_merge_runs_side_by_side():
    signature = Doubler()
    signature.merges = False
    answers = together(signature, [numbers(n) for n in range(4)])
    assert [answer["y"].tolist() for answer in answers] == [[0], [2], [4], [6]]
    assert signature.calls == [1, 1, 1, 1]


def test_a_batch_has_a_largest_size(monkeypatch):
    monkeypatch.setattr(batcher, "MOST_ROWS", 4)
    signature = Doubler()
    answers = together(signature, [numbers(n, n) for n in range(6)] + [numbers(*range(9))])
    assert [len(answer["y"]) for answer in answers] == [2] * 6 + [9]
    assert signature.calls == [2, 4, 4, 2, 9]


def test_short_texts_are_not_padded_to_a_very_long_one():
    signature = Doubler()
    long, short = np.array([b"x" * 50_000], object), np.array([b"x"], object)
    texts = [short, short, short, long, short]
    answers = together(signature, [{"text": text} for text in texts])
    assert [answer["size"].tolist() for answer in answers] == [[1], [1], [1], [50_000], [1]]
    assert signature.calls == [1, 3, 1]


def test_requests_of_other_shapes_are_not_merged():
    signature = Doubler()
    square, wide = {"x": np.ones((1, 2))}, {"x": np.ones((1, 3))}
    answers = together(signature, [square, square, wide, square, wide])
    assert [answer["y"].shape for answer in answers] == [(1, 2)] * 2 + [(1, 3), (1, 2), (1, 3)]
    assert signature.calls == [1, 2, 2]


def test_a_model_that_does_not_answer_row_by_row_is_asked_one_by_one():
    class Sum(Doubler):
        def run(self, inputs):
            return {"sum": super().run(inputs)["y"].sum(keepdims=True)}

    signature = Sum()
    answers = together(signature, [numbers(0), numbers(1, 2), numbers(3)])
    assert [answer["sum"].tolist() for answer in answers] == [[0], [6], [6]]


def test_who_gave_up_is_not_run():
    async def ask():
        signature = Doubler()
        with ThreadPoolExecutor(1) as pool:
            queue = Batcher(signature, pool, 1, lambda rows: None)
            signature.gate.clear()
            first = asyncio.create_task(queue.submit(numbers(1)))
            second = asyncio.create_task(queue.submit(numbers(2)))
            await asyncio.sleep(0.05)
            second.cancel()
            await asyncio.sleep(0)
            signature.gate.set()
            await first
            with pytest.raises(asyncio.CancelledError):
                await second
            await queue.submit(numbers(3))
        return signature.calls

    assert asyncio.run(ask()) == [1, 1]


class Gated:
    """A signature that waits for `gate` where it is closed."""

    merges = True

    def __init__(self, signature):
        assert signature.merges
        self.signature, self.calls = signature, []
        self.cut = signature.cut
        self.gate = threading.Event()

    def run(self, inputs):
        self.calls.append(len(inputs["text"]))
        assert self.gate.wait(10)
        return self.signature.run(inputs)


def test_merged_answers_equal_lone_answers_along_two_named_axes(saved, tmp_path):
    folder = savedmodel.copy(saved, tmp_path / "1")
    savedmodel.write_axes(folder, savedmodel.AXES)
    signature = Gated(Model(folder).signature("translate"))
    requests = [
        {"text": np.array(texts, object)}
        for texts in ([b"x"], [b"long b c"], [b"a b c d e", b"abc"], [b""], [b"extraordinary"])
    ]
    merged = together(signature, requests)
    assert signature.calls == [1, 5]
    lone = [signature.cut(signature.run(request)) for request in requests]
    assert [answer["attention"].shape for answer in merged] == [
        (1, 1, 1), (1, 4, 3), (2, 3, 5), (1, 0, 0), (1, 13, 1)
    ]  # fmt: skip
    for merged_answer, lone_answer in zip(merged, lone, strict=True):
        assert merged_answer.keys() == lone_answer.keys()
        for name, output in lone_answer.items():
            np.testing.assert_array_equal(merged_answer[name], output, err_msg=name)
