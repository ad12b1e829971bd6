"""A SavedModel with MLflow's interface: `mlflow models serve`, `mlflow.pyfunc.load_model`.

Logged as code, without pickle. The serving process needs TensorFlow, pandas and MLflow, but nothing
of this project.
"""

import importlib
import json
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd


class RawSavedModel(mlflow.pyfunc.PythonModel):
    """Raw columns in, decoded columns out."""

    def load_context(self, context: mlflow.pyfunc.PythonModelContext) -> None:
        """Loads the SavedModel."""
        import tensorflow as tf

        self.tf = tf
        folder = Path(context.artifacts["saved_model"])
        card = json.loads((folder / "assets.extra" / "card.json").read_text("utf-8"))
        if "tensorflow_text" in card["requires"]:
            importlib.import_module("tensorflow_text")  # registers its operations
        self.loaded = tf.saved_model.load(str(folder))
        # If they are traced only when the model is freed, they can crash the process.
        for node in tf.train.TrackableView(self.loaded).descendants():
            destroyer = getattr(node, "_destroy_resource", None)
            if isinstance(destroyer, tf.types.experimental.PolymorphicFunction):
                destroyer.get_concrete_function()
        self.serve = self.loaded.signatures["serving_default"]
        self.specs = self.serve.structured_input_signature[1]

    def predict(
        self,
        context: mlflow.pyfunc.PythonModelContext,
        model_input: pd.DataFrame,
        params: dict[str, object] | None = None,
    ) -> pd.DataFrame:
        """Predictions for each row; strings as str, vectors as lists."""
        raw = {
            name: self._tensor(model_input[name].tolist(), spec)
            for name, spec in self.specs.items()
        }
        answers = {name: value.numpy() for name, value in self.serve(**raw).items()}
        return pd.DataFrame({name: _plain(array) for name, array in answers.items()})

    def _tensor(self, values: list, spec: Any) -> Any:
        """The values of an input; shorter sequences are padded with zeros."""
        tf, rank = self.tf, len(spec.shape)
        if rank < 2:
            return tf.constant(values, spec.dtype)
        return tf.ragged.constant(values, spec.dtype, ragged_rank=1).to_tensor()


def _plain(array: np.ndarray) -> list:
    """Nested lists; bytes become str."""
    if array.dtype == object:
        array = np.vectorize(lambda word: word.decode("utf-8", "replace"), [object])(array)
    return array.tolist()


mlflow.models.set_model(RawSavedModel())
