"""Replays raw requests on a SavedModel in a process that has TensorFlow and nothing of ours.

Run as a script: `python -I replay.py SAVED_MODEL REQUESTS.json ANSWERS.npz`. The requests are a
list of batches, each a dictionary of raw input columns; the answers are arrays `<batch>/<output>`.
"""

import json
import sys

# What the export was made with must not be needed to run it.
for module in ("keras", "models", "pipelines"):
    sys.modules[module] = None  # ty: ignore[invalid-assignment]

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402


def main(saved_model: str, requests: str, answers: str) -> None:
    """Answers each batch with the signature `serving_default`."""
    loaded = tf.saved_model.load(saved_model, tags=["serve"])
    serve = loaded.signatures["serving_default"]
    specs = serve.structured_input_signature[1]
    with open(requests, encoding="utf-8") as file:  # noqa: PTH123
        batches = json.load(file)
    outputs = {}
    for index, batch in enumerate(batches):
        raw = {name: tf.constant(batch[name], spec.dtype) for name, spec in specs.items()}
        for name, value in serve(**raw).items():
            array = value.numpy()
            # Object arrays would need pickle; fixed-width bytes do not.
            outputs[f"{index}/{name}"] = array.astype("S") if array.dtype == object else array
    np.savez(answers, **outputs)


if __name__ == "__main__":
    main(*sys.argv[1:])
