"""A SavedModel behind MLflow's own interface: `mlflow models serve`, `mlflow.pyfunc.load_model`.

Logged as code, without pickle. The served process needs TensorFlow, pandas and MLflow, none of
this project.
"""

import mlflow
import numpy as np
import pandas as pd


class RawSavedModel(mlflow.pyfunc.PythonModel):
    """Raw columns in, decoded columns out."""

    def load_context(self, context: mlflow.pyfunc.PythonModelContext) -> None:
        """Loads the SavedModel."""
        import tensorflow as tf

        self.tf = tf
        self.loaded = tf.saved_model.load(context.artifacts["saved_model"])
        self.serve = self.loaded.signatures["serving_default"]
        self.specs = self.serve.structured_input_signature[1]

    def predict(
        self,
        context: mlflow.pyfunc.PythonModelContext,
        model_input: pd.DataFrame,
        params: dict[str, object] | None = None,
    ) -> pd.DataFrame:
        """Answers for each row; strings come out as str, vectors as lists."""
        raw = {
            name: self.tf.constant(model_input[name].tolist(), spec.dtype)
            for name, spec in self.specs.items()
        }
        answers = {name: value.numpy() for name, value in self.serve(**raw).items()}
        return pd.DataFrame({name: _plain(array) for name, array in answers.items()})


def _plain(array: np.ndarray) -> list:
    """Nested lists; bytes become str."""
    if array.dtype == object:
        array = np.vectorize(lambda word: word.decode("utf-8", "replace"), [object])(array)
    return array.tolist()


mlflow.models.set_model(RawSavedModel())
