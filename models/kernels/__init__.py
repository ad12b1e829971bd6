"""Recurrent layers and cross-entropy, forward and backward, compiled by numba over BLAS."""
