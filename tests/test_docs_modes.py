"""The pages of the modes: each mode has one, its Python runs, its links and pictures are there."""

import re
import runpy
from pathlib import Path

import pytest

from models.spec import HEADS, MODES, ModelSpec
from models.spec.settings import SpecError
from pipelines.evaluation.figures.unrolled.docs import DRAWINGS

FOLDER = Path(__file__).parents[1] / "docs" / "modes"
PAGES = sorted(FOLDER.glob("*.md"))
PYTHON = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def name_of(page):
    return page.stem


def anchors(page):
    """As GitHub makes them of the headings."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in HEADING.findall(page.read_text("utf-8"))
    }


@pytest.mark.parametrize("mode", MODES)
def test_the_python_of_a_page_runs(mode, tmp_path):
    (snippet,) = PYTHON.findall((FOLDER / f"{mode}.md").read_text("utf-8"))
    assert "assert" in snippet or "np.testing" in snippet
    file = tmp_path / "snippet.py"
    file.write_text(snippet, "utf-8")
    runpy.run_path(str(file))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_and_pictures_lead_somewhere(page):
    for link in LINK.findall(page.read_text("utf-8")):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_file(), link
        if anchor:
            assert anchor in anchors(target), link


def test_every_drawing_is_shown():
    shown = {Path(link).stem for page in PAGES for link in LINK.findall(page.read_text("utf-8"))}
    assert set(DRAWINGS) <= shown


def test_every_mode_has_its_page_and_every_head_is_in_the_index():
    index = (FOLDER / "README.md").read_text("utf-8")
    assert {page.stem for page in PAGES} == {"README", *MODES}
    for word in (*MODES, *HEADS):
        assert f"`{word}`" in index or f"[{word}]" in index, word


def test_the_refusal_in_the_index_is_the_one_that_is_given():
    spec = ModelSpec.of("many_to_one", attention="multi_head", units=33, bidirectional=True)
    with pytest.raises(SpecError) as refusal:
        spec.validate()
    assert f"unrolled: {refusal.value}\n" in (FOLDER / "README.md").read_text("utf-8")
