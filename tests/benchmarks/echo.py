"""A worker for the tests: doubles a number, speaks beside the point, and dies when asked to."""

import sys

from benchmarks.workers import serve


def doubled(number):
    print("not an answer")
    if number < 0:
        sys.exit("it was negative")
    return {"doubled": 2 * number, "word": sys.argv[1]}


serve(doubled)
