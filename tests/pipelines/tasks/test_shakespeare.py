"""A whole run of a tiny language model, and what its export can do."""

import contextlib
import io

import numpy as np
import pytest
import tensorflow as tf

from pipelines import cli
from pipelines.serving import versions
from pipelines.serving.loaded import LoadedModel
from pipelines.tracking import runs
from tests.pipelines.tasks.made_up_plays import play

pytestmark = pytest.mark.slow

SETTINGS = (
    *("UNITS=16", "EMBEDDING_DIM=8", "CELL=gru", "PASSAGE=120", "TRUNCATE=50", "EPOCHS=2"),
    *("BATCH_SIZE=8", "LEARNING_RATE=0.02", "BUCKETS=2", "EMA=0", "MAX_TOKENS=30"),
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """What the run printed, its export loaded, and its record."""
    folder = tmp_path_factory.mktemp("root")
    plays = folder / "plays"
    plays.mkdir()
    for number in range(6):
        (plays / f"{number}.txt").write_text(play(number), encoding="utf-8")
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(said):
        patch.setenv("UNROLLED_ROOT", str(folder))
        assert cli.main(["train", "TASK=shakespeare", f"DATA={plays}", *SETTINGS]) == 0
        export = versions.get("shakespeare")
        record = runs.find("shakespeare", export.card["run_id"])
        yield said.getvalue(), LoadedModel(export.folder), record


def test_the_run_reports_bits_beside_the_n_grams(run):
    said, _, _ = run
    (line,) = (line for line in said.splitlines() if line.startswith("bits_per_character"))
    model, five, one = map(float, line.split()[1:])
    assert 0 < five < one
    assert 0 < model < np.log2(40)


def test_the_export_goes_on_with_a_text(run):
    _, loaded, _ = run
    answer = loaded.answer({"text": ["ANNA.\nthe cook ", ""]})
    assert [0 < len(text.decode()) <= 30 for text in answer["output"]] == [True, True]
    again = loaded.answer({"text": ["ANNA.\nthe cook ", ""]})
    assert answer["output"].tolist() == again["output"].tolist()


def test_score_is_the_mean_of_the_characters(run):
    _, loaded, _ = run
    texts = ["ANNA.\nthe king sings.\n", "CLARA.\n", "BRUNO.\nqqq qqq qqq"]
    found = loaded.answer({"text": texts}, "score")
    np.testing.assert_array_equal(found["size"], [len(text) for text in texts])
    for row, text in enumerate(texts):
        losses = found["losses"][row]
        assert not losses[len(text) :].any()
        np.testing.assert_allclose(losses[: len(text)].mean(), found["loss"][row], rtol=1e-5)
    assert found["loss"][2] > found["loss"][0]


def test_pieces_give_what_the_whole_gives(run):
    """The chain of next-character probabilities is the text's own score."""
    _, loaded, _ = run
    text = "BRUNO.\nmy aunt"
    whole = loaded.answer({"text": [text]}, "score")["losses"][0]
    signatures = loaded.module.signatures
    states = signatures["start"](batch_size=tf.constant(1))
    for place in range(len(text) - 1):
        found = signatures["step"](text=tf.constant([text[place]]), **states)
        states = {name: found[name] for name in states}
        names = [name.decode() for name in found["next"].numpy()[0]]
        probabilities = found["probabilities"].numpy()[0]
        assert abs(probabilities.sum() - 1) < 1e-5
        assert (np.diff(probabilities) <= 0).all()
        chance = probabilities[names.index(text[place + 1])]
        # The export gives the special ids a little, which is shared out here.
        np.testing.assert_allclose(-np.log(chance), whole[place + 1], atol=0.1)


def test_predict_shows_prompt_and_continuation(run, capsys):
    assert cli.main(["predict", "TASK=shakespeare", r"INPUT=ANNA.\nthe goose"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("ANNA.\nthe goose")
    assert len(said) > len("ANNA.\nthe goose\n")


def test_text_and_table_may_be_brought(run, tmp_path, capsys):
    (tmp_path / "one.txt").write_text(play(0, 100), encoding="utf-8")
    words = ["data", "TASK=shakespeare", "PASSAGE=100", f"DATA={tmp_path / 'one.txt'}"]
    assert cli.main(words) == 0
    card = capsys.readouterr().out
    assert "one.txt" in card
    assert "total characters" in card
