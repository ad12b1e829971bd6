"""The drawings that docs/modes/ shows: networks that say the most about each mode."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl

from models.spec import ModelSpec
from pipelines.evaluation.figures.unrolled.diagram import unrolled_diagram

DRAWINGS = {
    "one_to_one": ModelSpec.of("one_to_one", layers=2),
    "one_to_one_image": ModelSpec.of("one_to_one", input="image"),
    "one_to_many": ModelSpec.of("one_to_many", input="category", cell="gru"),
    "one_to_many_image": ModelSpec.of("one_to_many", input="image", attention="additive"),
    "many_to_one": ModelSpec.of(
        "many_to_one", cell="gru", bidirectional=True, attention="additive"
    ),
    "many_to_one_last": ModelSpec.of("many_to_one", input="rows", layers=2, residual=True),
    "many_to_many": ModelSpec.of("many_to_many", bidirectional=True, head="crf"),
    "many_to_many_next_token": ModelSpec.of("many_to_many", head="next_token", layers=2),
    "many_to_many_transformer": ModelSpec.of(
        "many_to_many", head="next_token", cell="transformer", layers=2
    ),
    "encoder_decoder": ModelSpec.of("encoder_decoder", attention="dot", input_feeding=True),
    "encoder_decoder_bidirectional": ModelSpec.of(
        "encoder_decoder", cell="gru", bidirectional=True, attention="additive"
    ),
    "encoder_decoder_transformer": ModelSpec.of(
        "encoder_decoder", cell="transformer", attention="multi_head"
    ),
    "encoder_decoder_ctc": ModelSpec.of(
        "encoder_decoder", head="ctc", input="features", cell="gru", bidirectional=True
    ),
}
"""The network of each file, by its name without `.svg`."""


def write_drawings(folder: Path) -> list[Path]:
    """Writes all drawings; the same code gives the same files, byte for byte.

    Args:
        folder: for the files; it is made where it is missing.

    Returns:
        The files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    with mpl.rc_context({"svg.hashsalt": "unrolled", "svg.fonttype": "path"}):
        for name, spec in DRAWINGS.items():
            files.append(folder / f"{name}.svg")
            unrolled_diagram(spec).savefig(files[-1], metadata={"Date": None, "Creator": None})
    return files
