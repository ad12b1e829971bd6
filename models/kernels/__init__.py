"""Recurrent layers forward and backward on arrays, compiled by numba over BLAS."""
