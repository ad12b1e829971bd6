"""`python -m models.kernels`: compiles the kernels, if they are not there."""

import sys

from models.kernels.compiled import compile_all

if __name__ == "__main__":
    reason = compile_all()
    if reason:
        print(
            f"unrolled: {reason}; networks will compute with TensorFlow's own operations",
            file=sys.stderr,
        )
