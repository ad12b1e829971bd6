import json

from pipelines.serving.server.openapi import curl

BASE = "http://127.0.0.1:8501"


def test_the_line_sends_the_example():
    example = {"instances": [{"text": "it's fine"}]}
    line = curl(BASE, "any", example, "any/1/assets.extra/example.json")
    assert line.startswith("curl -d '{") and line.endswith(f"{BASE}/v1/models/any:predict")


def test_a_long_example_is_sent_from_its_file():
    example = {"instances": [{"audio": {"b64": "A" * 10_000}}]}
    assert len(json.dumps(example)) > 10_000
    line = curl(BASE, "any", example, "my exports/1/example.json")
    assert line == f"curl -d '@my exports/1/example.json' {BASE}/v1/models/any:predict"
