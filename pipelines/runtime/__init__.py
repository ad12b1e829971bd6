"""The process: paths, errors, memory, TensorFlow."""
