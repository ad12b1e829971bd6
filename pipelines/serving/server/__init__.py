"""The local model server behind `make serve`: TensorFlow Serving's REST API on `exports/`.

Importing this package is light; TensorFlow is loaded when the server starts.
"""

from pipelines.serving.server.main import serve

__all__ = ["serve"]
