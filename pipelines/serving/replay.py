"""Replays raw requests on a SavedModel in a process without Keras and this project.

Run as a script: `python -I replay.py SAVED_MODEL SIGNATURE REQUESTS.json ANSWERS.npz [LIBRARY
...]`. The requests are a list of batches, each a dictionary of raw input columns with bytes as
`{"b64": ...}`; the answers are arrays `<batch>/<output>`. Libraries are packages whose operations
TensorFlow Serving has built in; only their operations are loaded, not their Python code.
"""

import base64
import importlib.util
import json
import sys
from pathlib import Path

# An export must not need them.
for module in ("keras", "models", "pipelines"):
    sys.modules[module] = None  # ty: ignore[invalid-assignment]

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402


def main(saved_model: str, signature: str, requests: str, answers: str, *libraries: str) -> None:
    """Answers each batch with a signature."""
    for library in libraries:
        _load_operations(library)
    loaded = tf.saved_model.load(saved_model, tags=["serve"])
    serve = loaded.signatures[signature]
    specs = serve.structured_input_signature[1]
    with open(requests, encoding="utf-8") as file:  # noqa: PTH123
        batches = json.load(file, object_hook=_bytes)
    outputs = {}
    for index, batch in enumerate(batches):
        raw = {name: tf.constant(batch[name], spec.dtype) for name, spec in specs.items()}
        for name, value in serve(**raw).items():
            array = value.numpy()
            # Object arrays would need pickle; fixed-width bytes do not.
            outputs[f"{index}/{name}"] = array.astype("S") if array.dtype == object else array
    np.savez(answers, **outputs)


def _load_operations(library: str) -> None:
    """Registers the operations of a package without its Python code, which may need Keras."""
    spec = importlib.util.find_spec(library)
    folders = spec.submodule_search_locations if spec else None
    for folder in folders or ():
        for file in sorted(Path(folder, "python", "ops").glob("*.so")):
            tf.load_op_library(str(file))


def _bytes(value: dict) -> object:
    return base64.b64decode(value["b64"]) if value.keys() == {"b64"} else value


if __name__ == "__main__":
    main(*sys.argv[1:])
