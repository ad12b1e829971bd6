"""Named entities: a whole training on made-up sentences."""

import pytest

from pipelines import cli
from pipelines.serving import versions
from pipelines.serving.loaded import LoadedModel

PEOPLE = ("Ann", "Bob Lee", "Cleo", "Dan Orr", "Eve")
PLACES = ("Rome", "New York", "Oslo", "Bern", "Lima")
TINY = (
    *("UNITS=8", "EMBEDDING_DIM=8", "FILTERS=8", "BATCH_SIZE=16", "BUCKETS=1", "EPOCHS=6"),
    *("LEARNING_RATE=0.03", "DROPOUT=0.1", "TOKEN_DROPOUT=0", "EMA=0", "WARMUP=0"),
)


def tagged(name, kind):
    first, *others = name.split()
    return [f"{first} B-{kind}", *(f"{word} I-{kind}" for word in others)]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    lines = []
    for who in PEOPLE:
        for where in PLACES:
            for verb in ("likes", "left", "sees", "leaves", "met"):
                rest = [f"{verb} O", *tagged(where, "LOC"), ". O", ""]
                lines += [*tagged(who, "PER"), *rest]
    file = tmp_path_factory.mktemp("tagging") / "names.conll"
    file.write_text("\n".join(lines) + "\n")
    return file


def test_names_are_learned_exported_and_marked(corpus, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("UNROLLED_ROOT", str(tmp_path))
    assert cli.main(["train", "TASK=ner", f"DATA={corpus}", *TINY]) == 0
    said = capsys.readouterr().out
    assert "most_frequent_tag" in said
    capsys.readouterr()
    assert cli.main(["predict", "TASK=ner", "INPUT=Dan Orr left New York."]) == 0
    assert "[Dan Orr PER] left [New York LOC]." in capsys.readouterr().out
    answer = LoadedModel(versions.get("ner").folder).answer(
        {"text": ["Eve sees Oslo.", "Ann\nleft\n"]}
    )
    assert answer["tokens"].tolist() == [
        [b"Eve", b"sees", b"Oslo", b"."],
        [b"Ann", b"left", b"", b""],
    ]
    assert answer["entities"].tolist() == [[b"Eve", b"Oslo"], [b"Ann", b""]]
