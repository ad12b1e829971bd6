"""The format of CoNLL files and the schemes of tags."""

import pytest

from pipelines.data import conll

FILE = """\
-DOCSTART- -X- -X- O

Ann NNP B-NP B-PER
Lee NNP I-NP I-PER
sings VBZ B-VP O

Rome\tB-LOC
 \t
New York City\tx\tS-LOC
"""


def test_a_file_is_read_by_sentences_with_the_first_and_the_last_column():
    assert list(conll.read(FILE.splitlines(keepends=True))) == [
        (["Ann", "Lee", "sings"], ["B-PER", "I-PER", "O"]),
        (["Rome"], ["B-LOC"]),
        (["New York City"], ["B-LOC"]),
    ]


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("B-A I-A O B-A B-A", "B-A I-A O B-A B-A"),
        ("I-A I-A O I-B I-A B-A", "B-A I-A O B-B B-A B-A"),  # IOB1: B- only between neighbours
        ("S-A B-A E-A S-A O", "B-A B-A I-A B-A O"),  # BIOES
        ("U-A B-A I-A L-A I-A", "B-A B-A I-A I-A B-A"),  # BILOU
        ("O I-A O", "O B-A O"),  # IO
        ("B-A-B I-A-B", "B-A-B I-A-B"),
    ],
)
def test_tags_of_every_scheme_become_bio(given, wanted):
    assert conll.bio(given.split()) == wanted.split()
    assert conll.bio(wanted.split()) == wanted.split()


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["Ann B-PER", "sings"], "line 2: 'sings' has no tag"),
        (["Ann PERSON"], "line 1: 'PERSON' is not a valid tag of 'Ann'"),
        (["", "Ann B-"], "line 2: 'B-' is not a valid tag"),
        (["Ann\t"], "line 1: 'Ann' has no tag"),
    ],
)
def test_a_mistake_is_told_with_its_line(lines, said):
    with pytest.raises(conll.ConllError, match=said):
        list(conll.read(lines))


@pytest.mark.parametrize("words", [["Rome"], ["U.S.", "wins", "2-1"], ["New York", "!"]])
def test_words_come_back_from_their_text(words):
    assert conll.words_of(conll.as_text(words)) == words
