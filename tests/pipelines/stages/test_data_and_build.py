"""`data` and `build`: what there is to learn and what would learn it; neither trains."""

import json
import re

import pytest

from tests.conftest import TINY
from tests.pipelines.stages.conftest import exports_of

pytestmark = pytest.mark.slow


def test_data_prints_the_card_and_keeps_it(stage, sentences, root):
    code, out, err = stage("data", "TASK=sentiment", f"DATA={sentences}")
    assert (code, err) == (0, "")
    assert "Data card: two.csv" in out
    (kept,) = re.findall(r"saved as (data/cards/sentiment-[0-9a-f]{16}\.json)\n", out)
    card = json.loads((root / kept).read_text("utf-8"))
    digest = kept.removesuffix(".json").rpartition("-")[2]
    assert digest in json.dumps(card)
    assert digest in out
    assert {"negative", "positive"} <= set(re.findall(r"\w+", json.dumps(card)))


def test_other_data_have_another_card(stage, sentences, root):
    other = root / "other.csv"
    other.write_text(sentences.read_text("utf-8").replace("film", "novel"), "utf-8")
    kept = [
        stage("data", "TASK=sentiment", f"DATA={file}")[1].splitlines()[-1]
        for file in (sentences, other)
    ]
    assert kept[0] != kept[1]


@pytest.mark.parametrize(
    ("content", "said"),
    [("", "empty"), ("text,label\nfine,good\n", "0 usable examples"), ("a,b\n1,2\n3,4\n", "text")],
)
def test_data_that_cannot_be_used_are_refused_in_one_line(stage, root, content, said):
    file = root / "unfit.csv"
    file.write_text(content, "utf-8")
    code, _, err = stage("data", "TASK=sentiment", f"DATA={file}")
    assert code == 2
    (line,) = err.splitlines()
    assert line.startswith("unrolled: ")
    assert said in line


@pytest.mark.parametrize("words", [[], ["CELL=gru", "ATTENTION=none"]])
def test_build_shows_measures_and_draws_and_trains_nothing(stage, sentences, root, words):
    runs = sorted((root / "mlruns").rglob("*")) if (root / "mlruns").exists() else []
    exports = exports_of(root)
    code, out, err = stage("build", "TASK=sentiment", f"DATA={sentences}", *TINY, *words)
    assert (code, err) == (0, "")
    assert re.search(r"^ \*units +4$", out, re.MULTILINE)  # starred: other than the default
    assert re.search(r"^  label_smoothing +0\.0$", out, re.MULTILINE)
    assert re.search(r"^embedding +Embedding +batch, time, 8 +\d+$", out, re.MULTILINE)
    assert re.search(r"^logits +Dense +batch, 2 +\d+$", out, re.MULTILINE)
    layers = re.findall(r"^\w+ +[A-Z]\w+ +batch.*? +([\d,]+)$", out, re.MULTILINE)
    (total,) = re.findall(r"^total +([\d,]+)$", out, re.MULTILINE)
    number = [int(each.replace(",", "")) for each in (*layers, total)]
    assert sum(number[:-1]) == number[-1]
    assert re.search(r"memory: weights \d+\.\d MiB", out)
    assert re.search(r"^ +4 +\d+\.\d +\d+$", out, re.MULTILINE)
    assert "estimated time per epoch" in out
    (drawing,) = re.findall(r"diagram: (build/\S+\.png)", out)
    assert (root / drawing).read_bytes().startswith(b"\x89PNG")
    assert exports_of(root) == exports
    assert (sorted((root / "mlruns").rglob("*")) if (root / "mlruns").exists() else []) == runs
