"""Recurrent layers over whole batches of sequences."""
