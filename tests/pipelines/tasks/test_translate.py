"""The task translate, from two files of lines to a served answer."""

import contextlib
import io
import itertools
import random

import numpy as np
import pytest

from pipelines import cli
from pipelines.serving import versions
from pipelines.serving.loaded import LoadedModel

WHO = {"der hund": "the dog", "die katze": "the cat", "das kind": "the child", "er": "he"}
DOES = {"sieht": "sees", "sucht": "looks for", "mag": "likes", "hat": "has"}
WHAT = {"ein boot": "a boat", "den ball": "the ball", "einen baum": "a tree", "brot": "bread"}
WHEN = {"heute": "today", "jetzt": "now", "immer": "always"}
TINY = (
    *("BIDIRECTIONAL=0", "UNITS=32", "EMBEDDING_DIM=32", "VOCABULARY=90", "DROPOUT=0", "EMA=0"),
    *("LABEL_SMOOTHING=0", "EPOCHS=5", "BATCH_SIZE=16", "LEARNING_RATE=0.03", "BUCKETS=1"),
    *("WARMUP=0", "VALIDATION_SHARE=0.1", "MAX_TOKENS=20", "BEAM_WIDTH=2"),
)


def write_pairs(folder):
    """Sentences of a made-up corner of both languages, in two files for each of two splits."""
    rows = [
        (f"{a} {b} {d} {c}.".capitalize(), f"{who} {does} {what} {when}.".capitalize())
        for (a, who), (b, does), (c, what), (d, when) in itertools.product(
            WHO.items(), DOES.items(), WHAT.items(), WHEN.items()
        )
    ]
    random.Random(0).shuffle(rows)
    files = []
    for split, part in {"train": rows[30:], "test": rows[:30]}.items():
        for language, lines in zip(("de", "en"), zip(*part, strict=True), strict=True):
            files.append(folder / f"{split}.{language}")
            files[-1].write_text("\n".join(lines) + "\n", encoding="utf-8")
    return ",".join(map(str, files))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The project's folder, and what the training said."""
    folder = tmp_path_factory.mktemp("translate")
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(said):
        patch.setenv("UNROLLED_ROOT", str(folder))
        assert cli.main(["train", "TASK=translate", f"DATA={write_pairs(folder)}", *TINY]) == 0
        yield folder, said.getvalue()


def test_a_translation_is_learned_and_judged_beside_the_baselines(trained):
    _, said = trained
    rows = {line.split()[0]: line.split()[1:] for line in said.splitlines() if line}
    ours, copied, nearest = map(float, rows["bleu"])
    assert copied < ours
    assert copied < nearest
    assert {"chrf", "teacher_forced_bleu", "exposure_bias_gap_bleu"} <= rows.keys()


def test_the_report_tells_the_signatures_and_shows_an_alignment(trained):
    folder, _ = trained
    found = {
        file.name: file for file in folder.glob("mlruns/**/*") if file.suffix in (".md", ".png")
    }
    assert "BLEU: `nrefs:1|case:mixed|eff:no|tok:13a" in found["measure.md"].read_text()
    assert "- read:    " in found["examples.md"].read_text()
    assert found["attention.png"].stat().st_size > 10_000


def test_subwords_go_in_and_out_as_text_in_the_export():
    loaded = LoadedModel(versions.get("translate").folder)
    texts = ["Der hund sieht heute ein boot.", "  Er   mag \u00fcberhaupt brot ", ""]
    found = loaded.answer({"text": texts})
    assert found["output"].dtype == object
    assert b"\xe2\x96\x81" not in b"".join(found["output"])
    # The blank that a piece begins with is in its name, and no name is of padding.
    assert found["tokens"][0, 0].startswith("\u2581".encode())
    size = (found["tokens"][0] != b"").sum()
    np.testing.assert_allclose(found["attention"][0, 0, :size].sum(), 1, rtol=1e-5)
    scored = loaded.answer({"text": texts[:1], "target": ["The dog sees a boat today."]}, "score")
    assert scored["loss"].shape == (1,)
    assert {"serving_default", "beam", "score"} <= set(loaded.module.signatures)


def test_a_person_sees_words_and_not_pieces_of_them(capsys):
    assert cli.main(["predict", "TASK=translate", "INPUT=Der hund sieht heute ein boot."]) == 0
    said = capsys.readouterr().out
    assert "\u2581" not in said
    assert "log-probability" in said
    assert "  from  " in said
