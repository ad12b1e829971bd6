"""Draws the pictures of docs/modes/: `python -m pipelines.evaluation.figures.unrolled FOLDER`."""

import sys
from pathlib import Path

from pipelines.evaluation.figures.unrolled.docs import write_drawings

if len(sys.argv) != 2:
    raise SystemExit("usage: python -m pipelines.evaluation.figures.unrolled FOLDER")
for file in write_drawings(Path(sys.argv[1])):
    print(file)
