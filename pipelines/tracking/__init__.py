"""Runs and the registry. The only package that imports MLflow."""
