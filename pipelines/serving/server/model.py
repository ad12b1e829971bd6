"""One loaded version of a model: its signatures, called with arrays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf import json_format
from tensorflow.core.protobuf import saved_model_pb2

from pipelines.runtime import saved_model
from pipelines.serving.server.axes import AxisNames, cut_axes, default_names, find_axes
from pipelines.serving.server.errors import BadRequest, ServingError, graph_message
from pipelines.serving.server.messages import (
    DEFAULT_SIGNATURE,
    Arrays,
    parse_document,
    to_arrays,
    to_json,
)
from pipelines.serving.server.tensors import Spec


class Signature:
    """One signature of a SavedModel.

    Requests may be merged into one call if each row has its own output: all inputs and outputs have
    the batch first, and every other size of an output is fixed or an axis along which responses are
    cut (`pipelines.serving.server.axes`), merged or not. Other signatures are neither merged nor
    cut.

    Args:
        name: of the signature.
        definition: its inputs and outputs, a `SignatureDef`.
        function: to be called.
        axis_names: of its outputs; None if the export has none.

    Attributes:
        inputs: specs by name.
        outputs: specs by name.
        merges: whether requests may be merged.
    """

    def __init__(
        self, name: str, definition: Any, function: Any, axis_names: AxisNames | None = None
    ) -> None:
        self.name = name
        self.inputs = {key: _spec(info) for key, info in sorted(definition.inputs.items())}
        self.outputs = {key: _spec(info) for key, info in sorted(definition.outputs.items())}
        self._function = function
        names = default_names(self.outputs) if axis_names is None else axis_names
        axes = find_axes(names, self.outputs)
        self._axes = axes or ()
        self.merges = axes is not None and all(map(_is_batched, self._specs()))

    def _specs(self) -> list[Spec]:
        return [*self.inputs.values(), *self.outputs.values()]

    def run(self, inputs: Arrays) -> dict[str, np.ndarray]:
        """Calls the signature.

        Raises:
            ServingError: the graph rejected a value.
        """
        tensors = {name: tf.constant(array) for name, array in inputs.items()}
        try:
            outputs = self._function(**tensors)
        except tf.errors.InvalidArgumentError as error:
            raise BadRequest(graph_message(error.message)) from error
        return {
            name: np.asarray(outputs[name].numpy(), spec.dtype)
            for name, spec in self.outputs.items()
        }

    def cut(self, outputs: Arrays) -> dict[str, np.ndarray]:
        """The outputs of one request without padding that is common to all rows."""
        return cut_axes(outputs, self._axes)


class Model:
    """A SavedModel in memory.

    Attributes:
        signatures: by name.
        metadata: the signature definitions as TensorFlow Serving prints them.
        example: a valid request: that of the export, or one of filler values.
    """

    def __init__(self, folder: Path) -> None:
        """Loads the model and sends its example through it.

        Args:
            folder: with saved_model.pb, and optionally a card and an example in assets.extra.

        Raises:
            Exception: TensorFlow cannot load the folder.
            ServingError: the model rejects its example.
        """
        definitions = _signature_definitions(folder / "saved_model.pb")
        # The SavedModel owns the variables; the signatures do not keep them alive.
        self._loaded = saved_model.load(folder)
        axis_names = saved_model.read_card(folder).get("axes")
        self.signatures = {
            name: Signature(
                name,
                definitions[name],
                function,
                None if axis_names is None else axis_names.get(name, {}),
            )
            for name, function in self._loaded.signatures.items()
        }
        self.metadata = {
            "signature_def": {
                name: _as_json(definition) for name, definition in sorted(definitions.items())
            }
        }
        self.example = self._read_example(folder / saved_model.EXAMPLE)

    def signature(self, name: str) -> Signature:
        """The signature of that name.

        Raises:
            ServingError: there is none.
        """
        if name not in self.signatures:
            choices = ", ".join(f"'{known}'" for known in sorted(self.signatures)) or "none"
            raise BadRequest(
                f"Serving signature name '{name}' not found in signature def; it has {choices}.",
            )
        return self.signatures[name]

    def _read_example(self, file: Path) -> dict[str, Any]:
        if not file.is_file():
            return self._filler_example()
        example = json.loads(file.read_text(encoding="utf-8"))
        try:
            request = parse_document(example)
            signature = self.signature(request.signature)
            to_json(signature.run(to_arrays(request, signature.inputs)), request.rows)
        except ServingError as error:
            raise ServingError(500, f"it rejects its own example.json: {error}") from error
        return example

    def _filler_example(self) -> dict[str, Any]:
        if not self.signatures:
            return {}
        name = DEFAULT_SIGNATURE if DEFAULT_SIGNATURE in self.signatures else min(self.signatures)
        values = {key: _filler(spec) for key, spec in self.signatures[name].inputs.items()}
        return {"signature_name": name, "inputs": values}


def _signature_definitions(file: Path) -> Mapping[str, Any]:
    """The signatures that a SavedModel describes for serving, as protocol buffers."""
    saved = saved_model_pb2.SavedModel()  # ty: ignore[missing-attribute]
    saved.ParseFromString(file.read_bytes())
    for graph in saved.meta_graphs:
        if tf.saved_model.SERVING in graph.meta_info_def.tags:
            return graph.signature_def
    raise ValueError(f"no graph with the tag '{tf.saved_model.SERVING}'")


def _as_json(definition: Any) -> dict[str, Any]:
    return json_format.MessageToDict(
        definition, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )


def _spec(info: Any) -> Spec:
    dtype = np.dtype(tf.dtypes.as_dtype(info.dtype).as_numpy_dtype)
    if info.tensor_shape.unknown_rank:
        return Spec(dtype, None)
    sizes = (dim.size for dim in info.tensor_shape.dim)
    return Spec(dtype, tuple(None if size < 0 else size for size in sizes))


def _is_batched(spec: Spec) -> bool:
    return bool(spec.shape) and spec.shape[0] is None


def _filler(spec: Spec) -> Any:
    """A minimal value of a spec, as nested lists."""
    shape = [1 if size is None else size for size in spec.shape or ()]
    if spec.dtype.kind == "O":
        return np.full(shape, "text").tolist()
    return np.zeros(shape, spec.dtype).tolist()
