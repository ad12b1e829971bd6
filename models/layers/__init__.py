"""Keras layers that the modes share."""
