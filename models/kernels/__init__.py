"""Loops that numba compiles over the BLAS of SciPy, and the threads that they run on."""
