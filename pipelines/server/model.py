"""One loaded version of a model: its signatures, called with arrays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf import json_format
from tensorflow.core.protobuf import saved_model_pb2

from pipelines import saved_model
from pipelines.server.errors import ServingError, graph_message
from pipelines.server.messages import DEFAULT_SIGNATURE, Arrays, parse_document, to_arrays, to_json
from pipelines.server.tensors import Spec

WIDTH = "tokens"
WIDE = {WIDTH, "attention"}  # outputs whose last size is that of `tokens`


class Signature:
    """One signature of a SavedModel.

    Requests may be merged into one call (`merges`) when each row's answer is its own: all inputs
    and outputs have the batch first, and the outputs' other sizes are fixed. A free size, such as
    that of `attention` [batch, longest text], would show one client the padding of another's
    text. Those are merged only where the signature says how wide each row is, by the house's
    output `tokens`: strings [batch, width], empty after the end of a row, and nothing but
    `attention` [batch, ..., width] beside it is of free size. Each answer is then cut to its own
    longest row, whether it was merged or not. All other signatures run alone and uncut.
    """

    def __init__(self, name: str, definition: Any, function: Any) -> None:
        self.name = name
        self.inputs = {key: _spec(info) for key, info in sorted(definition.inputs.items())}
        self.outputs = {key: _spec(info) for key, info in sorted(definition.outputs.items())}
        self._function = function
        variable = [key for key, spec in self.outputs.items() if _inner_free(spec)]
        self._variable = variable if self._cuts(variable) else []
        self.merges = all(
            spec.shape and spec.shape[0] is None
            for spec in (*self.inputs.values(), *self.outputs.values())
        ) and len(self._variable) == len(variable)

    def _cuts(self, variable: list[str]) -> bool:
        width = self.outputs.get(WIDTH)
        if width is None or width.dtype.kind != "O" or width.shape != (None, None):
            return False
        if not WIDE.issuperset(variable):
            return False
        shapes = [self.outputs[key].shape or () for key in variable]
        return all(len(s) > 1 and None not in s[1:-1] and s[-1] is None for s in shapes)

    def run(self, inputs: Arrays) -> dict[str, np.ndarray]:
        """Calls the signature.

        Raises:
            ServingError: the graph refused a value.
        """
        try:
            outputs = self._function(**{key: tf.constant(array) for key, array in inputs.items()})
        except tf.errors.InvalidArgumentError as error:
            raise ServingError(400, graph_message(error.message)) from error
        return {key: np.asarray(outputs[key].numpy(), spec.dtype)
                for key, spec in self.outputs.items()}  # fmt: skip

    def cut(self, outputs: Arrays) -> dict[str, np.ndarray]:
        """The answer to one request without the columns that none of its rows reaches."""
        if not self._variable:
            return dict(outputs)
        reached = (outputs[WIDTH] != b"").any(axis=0)
        width = int(reached.nonzero()[0][-1]) + 1 if reached.any() else 0
        full = outputs[WIDTH].shape[1]
        return {
            key: array[..., :width] if key in self._variable and array.shape[-1] == full else array
            for key, array in outputs.items()
        }


class Model:
    """A SavedModel in memory.

    Attributes:
        signatures: by name.
        metadata: the signature definitions as TensorFlow Serving prints them.
        example: a request that it can answer: the one it was exported with, or a made-up one.
    """

    def __init__(self, folder: Path) -> None:
        """Loads the model and sends its example through it.

        Args:
            folder: with saved_model.pb, and maybe assets.extra/example.json.

        Raises:
            Exception: whatever TensorFlow finds wrong with the folder.
            ServingError: the model does not answer its own example.
        """
        graph = _serving_graph(folder / "saved_model.pb")
        # The SavedModel owns the variables; the signatures alone would not keep them alive.
        self._loaded = saved_model.load(folder)
        self.signatures = {
            name: Signature(name, graph.signature_def[name], function)
            for name, function in self._loaded.signatures.items()
        }
        self.metadata = {
            "signature_def": {
                name: json_format.MessageToDict(
                    definition,
                    preserving_proto_field_name=True,
                    always_print_fields_with_no_presence=True,
                )
                for name, definition in sorted(graph.signature_def.items())
            }
        }
        path = folder / "assets.extra" / "example.json"
        if path.is_file():
            self.example = json.loads(path.read_text(encoding="utf-8"))
            self._warm_up()
        else:
            self.example = self._made_up()

    def signature(self, name: str) -> Signature:
        """The signature of that name.

        Raises:
            ServingError: there is none.
        """
        if name not in self.signatures:
            choices = ", ".join(f"'{known}'" for known in sorted(self.signatures)) or "none"
            raise ServingError(
                400,
                f"Serving signature name '{name}' not found in signature def; it has {choices}.",
            )
        return self.signatures[name]

    def _warm_up(self) -> None:
        try:
            request = parse_document(self.example)
            signature = self.signature(request.signature)
            to_json(signature.run(to_arrays(request, signature.inputs)), request.rows)
        except ServingError as error:
            raise ServingError(500, f"it refuses its own example.json: {error}") from error

    def _made_up(self) -> dict[str, Any]:
        if not self.signatures:
            return {}
        name = min(self.signatures, key=lambda name: (name != DEFAULT_SIGNATURE, name))
        values = {key: _zeros(spec) for key, spec in self.signatures[name].inputs.items()}
        return {"signature_name": name, "inputs": values}


def _serving_graph(path: Path) -> Any:
    saved = saved_model_pb2.SavedModel()  # ty: ignore[missing-attribute]
    saved.ParseFromString(path.read_bytes())
    for graph in saved.meta_graphs:
        if tf.saved_model.SERVING in graph.meta_info_def.tags:
            return graph
    raise ValueError(f"no graph with the tag '{tf.saved_model.SERVING}'")


def _spec(info: Any) -> Spec:
    dtype = np.dtype(tf.dtypes.as_dtype(info.dtype).as_numpy_dtype)
    if info.tensor_shape.unknown_rank:
        return Spec(dtype, None)
    sizes = (dim.size for dim in info.tensor_shape.dim)
    return Spec(dtype, tuple(None if size < 0 else size for size in sizes))


def _inner_free(spec: Spec) -> bool:
    return spec.shape is None or None in spec.shape[1:]


def _zeros(spec: Spec) -> Any:
    shape = [1 if size is None else size for size in spec.shape or ()]
    if spec.dtype.kind == "O":
        return np.full(shape, "text").tolist()
    return np.zeros(shape, spec.dtype).tolist()
