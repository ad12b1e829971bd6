"""A saved network is read in a new process, which has imported nothing but `models.build`."""

import shutil
import subprocess
import sys

import keras
import numpy as np
import pytest

from models.build import build
from models.inputs.category import CategoryInput
from models.inputs.features import FeatureInput
from models.inputs.frames import FrameInput
from models.inputs.image import ImageInput
from models.inputs.tokens import TokenInput
from models.outputs.labels import Labels
from models.outputs.quantiles import Quantiles
from models.outputs.tags import Tags
from models.outputs.tokens import Tokens
from models.outputs.transcript import Transcript
from models.spec import ModelSpec

SMALL = {"units": 4, "attention_heads": 2, "embedding_dim": 4, "filters": 2}
RANDOM = np.random.default_rng(0)
LENGTHS = np.array([3, 2], np.int32)
TOKENS = np.array([[4, 5, 6], [5, 4, 0]], np.int32)
FEATURES = {"features": RANDOM.normal(size=(2, 3, 2)).astype(np.float32), "lengths": LENGTHS}
FRAMES = {"frames": RANDOM.normal(size=(2, 3, 4, 4, 1)).astype(np.float32), "lengths": LENGTHS}
IMAGE = {"image": RANDOM.normal(size=(2, 8, 8, 1)).astype(np.float32)}
PREVIOUS = {"previous": np.array([[2, 4], [2, 0]], np.int32)}
CASES = {
    "forecast": (
        {"mode": "many_to_one", "input": "features", "head": "quantiles", "pooling": "mean"},
        *(FeatureInput(2, missing=True), Quantiles((0.1, 0.5)), FEATURES),
    ),
    "tagged": (
        {"mode": "many_to_many", "input": "frames", "head": "crf", "attention": "additive"},
        *(FrameInput(4, 4), Labels(3), FRAMES),
    ),
    "seen": (
        {"mode": "one_to_one", "input": "image", "head": "tags", "cell": "none"},
        *(ImageInput(8, 8), Tags(2), IMAGE),
    ),
    "described": (
        {"mode": "one_to_many", "input": "image", "head": "tokens", "attention": "dot"},
        *(ImageInput(8, 8), Tokens(7), IMAGE | PREVIOUS),
    ),
    "seeded": (
        {"mode": "one_to_many", "input": "category", "head": "tokens", "tie_embeddings": True},
        *(CategoryInput(3), Tokens(7), {"category": LENGTHS - 1} | PREVIOUS),
    ),
    "translated": (
        {"mode": "encoder_decoder", "head": "tokens", "cell": "transformer"}
        | {"attention": "multi_head", "token_dropout": 0.1, "ngrams": 3},
        *(TokenInput(7), Tokens(7), {"tokens": TOKENS} | PREVIOUS),
    ),
    "heard": (
        {"mode": "encoder_decoder", "input": "features", "head": "ctc", "bidirectional": True},
        *(FeatureInput(2), Transcript(5), FEATURES),
    ),
}
READER = """
import sys
from pathlib import Path
import numpy as np
from models.build import load
folder = Path(sys.argv[1])
for file in folder.glob("*.keras"):
    answers = load(file)(dict(np.load(file.with_suffix(".inputs.npz"))))
    np.savez(file.with_suffix(".answers.npz"), **answers)
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Answers by name of each network before it was saved, and the folder of those after."""
    folder = tmp_path_factory.mktemp("networks")
    before = {}
    for name, (changes, inputs, outputs, given) in CASES.items():
        keras.utils.set_random_seed(0)
        model = build(ModelSpec(**SMALL | changes), inputs, outputs)
        model.save(folder / f"{name}.keras")
        np.savez(folder / f"{name}.inputs.npz", **given)
        before[name] = {key: np.asarray(value) for key, value in model(given).items()}
    subprocess.run([sys.executable, "-c", READER, str(folder)], check=True)
    return before, folder


@pytest.mark.parametrize("name", CASES)
def test_a_network_answers_the_same_in_a_new_process(name, written):
    before, folder = written
    after = np.load(folder / f"{name}.answers.npz")
    assert set(after) == set(before[name])
    for key, value in before[name].items():
        np.testing.assert_array_equal(value, after[key])


WITHOUT_NUMBA = f"""
import sys
sys.modules["numba"] = None
{READER}
assert not {{"models.kernels.recurrent.sequence", "models.kernels.blas"}} & set(sys.modules)
"""


def test_networks_are_read_without_numba_and_no_kernel_is_compiled(written, tmp_path):
    before, folder = written
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    subprocess.run([sys.executable, "-c", WITHOUT_NUMBA, str(tmp_path)], check=True, timeout=120)
    for name in ("forecast", "heard"):  # recurrent, which compute as Keras's layers then
        after = np.load(tmp_path / f"{name}.answers.npz")
        for key, value in before[name].items():
            np.testing.assert_allclose(after[key], value, atol=1e-5)
