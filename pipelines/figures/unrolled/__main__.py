"""Draws the pictures of docs/modes/ again: `python -m pipelines.figures.unrolled FOLDER`."""

import sys
from pathlib import Path

from pipelines.figures.unrolled.docs import write_drawings

if len(sys.argv) != 2:
    raise SystemExit("usage: python -m pipelines.figures.unrolled FOLDER")
for file in write_drawings(Path(sys.argv[1])):
    print(file)
