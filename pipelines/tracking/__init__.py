"""Runs and the model registry. The only package that imports MLflow."""
