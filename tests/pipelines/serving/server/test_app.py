import asyncio
import base64
import json
import re
import shutil

import numpy as np
import pytest
import tensorflow as tf

from pipelines.serving.server.app import Limits

from .conftest import client_of, until
from .savedmodel import copy

PREDICT = "/v1/models/toy:predict"


def run(exports, steps, limits=None, ready=True):
    async def main():
        async with client_of(exports, limits, ready) as client:
            return await steps(client)

    return asyncio.run(main())


def asked(exports, *requests):
    """The answers to (method, path, body) in turn."""

    async def steps(client):
        return [
            await client.request(
                method, path, content=body if isinstance(body, bytes) else json.dumps(body)
            )
            for method, path, body in requests
        ]

    return run(exports, steps)


def test_predictions_in_rows_and_columns(exports):
    rows, columns, version, numbers = asked(
        exports,
        ("POST", PREDICT, {"instances": ["a good film", "x"]}),
        ("POST", PREDICT, {"inputs": {"text": ["a good film", "x"]}}),
        ("POST", "/v1/models/toy/versions/1:predict", {"instances": [{"text": "a good film"}]}),
        (
            "POST",
            PREDICT,
            {"signature_name": "numbers", "instances": [{"x": [-4, 2, 3], "n": 2}]},
        ),
    )
    assert rows.headers["content-type"] == "application/json"
    first, second = rows.json()["predictions"]
    assert first.keys() == {"label", "scores", "classes"}
    assert sum(first["scores"]) == pytest.approx(1)
    assert first["label"] == first["classes"][int(np.argmax(first["scores"]))]
    assert columns.json()["outputs"]["label"] == [first["label"], second["label"]]
    np.testing.assert_allclose(
        version.json()["predictions"][0]["scores"], first["scores"], atol=1e-6
    )
    assert re.search(r'"root":NaN', numbers.text)
    assert numbers.json()["predictions"][0]["y"] == [-8.0, 4.0, 6.0]


def test_bytes_in_and_out(exports):
    png = tf.io.encode_png(tf.fill([2, 2, 1], tf.constant(7, tf.uint8))).numpy()
    value = {"b64": base64.b64encode(png).decode()}
    good, bad = asked(
        exports,
        ("POST", PREDICT, {"signature_name": "picture", "instances": [value]}),
        ("POST", PREDICT, {"signature_name": "picture", "instances": ["no picture"]}),
    )
    assert good.json() == {"predictions": [{"grey": 7.0, "same_bytes": value}]}
    assert bad.status_code == 400
    assert "PNG" in bad.json()["error"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "part"),
    [
        ("POST", PREDICT, b"{", 400, "JSON parse error"),
        ("POST", PREDICT, {"instances": [3]}, 400, "must be a string"),
        ("POST", PREDICT, {"instances": []}, 400, "No values"),
        ("POST", PREDICT, {"instances": ["a"], "inputs": ["a"]}, 400, "not both"),
        ("POST", PREDICT, {"instances": [{"wrong": "a"}]}, 400, "missing input 'text'"),
        ("POST", PREDICT, {"signature_name": "no", "instances": [1]}, 400, "signature name 'no'"),
        ("POST", "/v1/models/other:predict", {"instances": ["a"]}, 404, "Latest(other)"),
        ("POST", "/v1/models/toy/versions/9:predict", {}, 404, "Specific(toy, 9)"),
        ("POST", "/v1/models/toy/versions/x:predict", {}, 400, "Malformed request"),
        ("POST", "/v1/models/toy:classify", {}, 400, ":predict"),
        ("POST", "/v1/models/../../etc:predict", {}, 404, "Malformed request"),
        ("GET", PREDICT, b"", 400, "Malformed request"),
        ("GET", "/v1/models/other", b"", 404, "Could not find any versions of model other"),
        ("GET", "/v1/models/toy/versions/9", b"", 404, "Could not find version 9 of model toy"),
        ("GET", "/v1/models/toy/versions/9/metadata", b"", 404, "Specific(toy, 9)"),
        ("GET", "/nowhere", b"", 404, "Malformed request"),
        ("DELETE", "/v1/models/toy", b"", 405, "Malformed request"),
    ],
)
def test_mistakes_have_tensorflow_servings_shape(exports, method, path, body, status, part):
    (answer,) = asked(exports, (method, path, body))
    assert answer.status_code == status
    assert answer.json().keys() == {"error"}
    assert part in answer.json()["error"]
    assert "\n" not in answer.json()["error"]
    assert "Traceback" not in answer.text


def test_a_body_that_is_too_large_is_refused_whatever_it_announces(exports):
    async def chunks():
        for _ in range(5):
            yield b" " * 100

    async def steps(client):
        announced = await client.post(PREDICT, content=b" " * 300)
        streamed = await client.post(PREDICT, content=chunks())
        fits = await client.post(PREDICT, content=b'{"instances": ["a"]}')
        return announced, streamed, fits

    announced, streamed, fits = run(exports, steps, Limits(body=200, poll=0.05))
    assert (announced.status_code, streamed.status_code, fits.status_code) == (413, 413, 200)
    assert "larger than 200 bytes" in streamed.json()["error"]


def test_the_bodies_of_all_requests_together_are_bounded(exports):
    slow = {"signature_name": "slow", "instances": [0.3] * 30}

    async def steps(client):
        asking = asyncio.create_task(client.post(PREDICT, json=slow))
        await asyncio.sleep(0.1)
        busy = await client.post(PREDICT, json={"instances": ["a" * 100]})
        first = await asking
        again = await client.post(PREDICT, json={"instances": ["a" * 100]})
        return busy, first, again

    busy, first, again = run(exports, steps, Limits(bodies=250, poll=0.05))
    assert [each.status_code for each in (busy, first, again)] == [503, 200, 200]


def test_a_large_body_is_answered_too(exports):
    body = {"instances": ["word " * 20_000] * 2}
    (answer,) = asked(exports, ("POST", PREDICT, body))
    assert len(answer.json()["predictions"]) == 2


def test_a_fault_is_one_generic_line_and_the_log_has_the_rest(exports, monkeypatch, caplog):
    from pipelines.serving.server.model import Signature

    def fail(*_):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(Signature, "cut", fail)
    (answer,) = asked(exports, ("POST", PREDICT, {"instances": ["a"]}))
    assert answer.status_code == 500
    assert answer.json() == {"error": "Internal error; see the server's log."}
    assert "secret detail" in caplog.text


def test_slow_requests_time_out_and_too_many_are_sent_away(exports):
    slow = {"signature_name": "slow", "instances": [1.5]}

    async def steps(client):
        asking = [asyncio.create_task(client.post(PREDICT, json=slow)) for _ in range(2)]
        await asyncio.sleep(0.1)
        busy = await client.post(PREDICT, json={"instances": ["a"]})
        return busy, await asyncio.gather(*asking)

    busy, late = run(exports, steps, Limits(requests=2, seconds=0.4, poll=0.05))
    assert busy.status_code == 503
    assert busy.headers["retry-after"] == "1"
    assert [answer.status_code for answer in late] == [504, 504]
    assert "within 0.4 seconds" in late[0].json()["error"]


def test_requests_at_the_same_time_are_merged_and_answered_as_if_alone(exports):
    texts = ["one", "one two three four five six", "", "one two", "good"] * 4
    attend = {"signature_name": "attend"}

    async def steps(client):
        async def ask(body):
            return (await client.post(PREDICT, json=body)).json()

        alone = [await ask({**attend, "instances": [text]}) for text in texts[:5]]
        lengths = await ask({"signature_name": "lengths", "instances": ["a bb ccc"]})
        before = (await client.get("/metrics")).text
        together = await asyncio.gather(
            *(ask({**attend, "instances": [text]}) for text in texts),
            ask({**attend, "instances": [3]}),
            *(ask({"signature_name": "lengths", "instances": [text]}) for text in texts),
        )
        return alone, together, before, (await client.get("/metrics")).text, lengths

    alone, together, before, after, lengths = run(exports, steps)
    assert lengths == {"predictions": [[1, 2, 3]]}
    merged, bad, unmerged = together[:20], together[20], together[21:]
    for got, expected in zip(merged, alone * 4, strict=True):
        (got,), (expected,) = got["predictions"], expected["predictions"]
        assert got["tokens"] == expected["tokens"]
        assert got["label"] == expected["label"]
        for name in ("scores", "attention"):
            np.testing.assert_allclose(got[name], expected[name], atol=1e-6)
    assert "error" in bad
    assert [len(answer["predictions"][0]) for answer in unmerged] == [
        len(text.split()) for text in texts
    ]

    def calls(metrics):
        return float(re.search(r'batch_rows_count{model="toy"} (\S+)', metrics)[1])

    assert calls(after) - calls(before) < 20 + 10  # the twenty of `lengths` ran alone


def test_a_new_version_takes_over_without_a_failed_request(exports, saved):
    async def steps(client):
        statuses, stop = [], asyncio.Event()

        async def knock():
            while not stop.is_set():
                answer = await client.post(PREDICT, json={"instances": ["good"]})
                statuses.append(answer.status_code)

        knocking = asyncio.create_task(knock())
        copy(saved, exports / "toy" / "2")
        await until(client, "/readyz", lambda answer: answer.text == "toy/2\n")
        shutil.rmtree(exports / "toy" / "1")
        await until(client, "/v1/models/toy/versions/1", lambda answer: answer.status_code == 404)
        stop.set()
        await knocking
        return statuses

    statuses = run(exports, steps)
    assert len(statuses) > 3
    assert set(statuses) == {200}


def test_health_and_readiness(exports, tmp_path):
    alive, ready = asked(exports, ("GET", "/healthz", b""), ("GET", "/readyz", b""))
    assert (alive.status_code, ready.status_code, ready.text) == (200, 200, "toy/1\n")

    (tmp_path / "none").mkdir()
    (tmp_path / "bad" / "broken" / "1").mkdir(parents=True)

    async def steps(client):
        return await client.get("/healthz"), await client.get("/readyz")

    for folder, line in (("none", "there are no models yet\n"), ("bad", "not loaded: broken\n")):
        alive, ready = run(tmp_path / folder, steps, ready=False)
        assert (alive.status_code, ready.status_code, ready.text) == (200, 503, line)


def test_metrics_count_by_model_version_and_code(exports):
    *_, metrics = asked(
        exports,
        ("POST", PREDICT, {"instances": ["a", "b"]}),
        ("POST", PREDICT, {"instances": [1]}),
        ("POST", "/v1/models/invented:predict", {}),
        ("GET", "/metrics", b""),
    )
    lines = metrics.text.splitlines()
    name = "unrolled_predict_requests_total"
    assert f'{name}{{code="200",model="toy",version="1"}} 1.0' in lines
    assert f'{name}{{code="400",model="toy",version="1"}} 1.0' in lines
    assert f'{name}{{code="404",model="",version=""}} 1.0' in lines
    assert 'unrolled_predict_seconds_count{model="toy"} 2.0' in lines
    assert 'unrolled_batch_rows_sum{model="toy"} 2.0' in lines
    assert "unrolled_versions_loaded 1.0" in lines
    assert "invented" not in metrics.text


def test_documentation_needs_nothing_from_elsewhere(exports):
    index, page, api = asked(
        exports, ("GET", "/", b""), ("GET", "/docs", b""), ("GET", "/openapi.json", b"")
    )
    assert "curl -d '{" in index.text
    assert "http://test/v1/models/toy:predict" in index.text
    assert page.headers["content-type"].startswith("text/html")
    assert not re.search(r"https?://|(src|@import)\s*=", page.text)
    document = api.json()
    assert document["openapi"].startswith("3.")
    predict = document["paths"]["/v1/models/{model}:predict"]["post"]
    example = predict["requestBody"]["content"]["application/json"]["examples"]["toy"]["value"]
    (answer,) = asked(exports, ("POST", PREDICT, example))
    assert answer.status_code == 200
    names = [each["operationId"] for path in document["paths"].values() for each in path.values()]
    assert len(names) == len(set(names))
