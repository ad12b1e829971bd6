import pytest

from pipelines.evaluation.metrics import translation

TEXT = "The dog sees a boat today."


def test_the_same_text_is_perfect_and_another_language_is_not():
    assert translation.evaluate([TEXT], [[TEXT]]) == pytest.approx({"bleu": 100, "chrf": 100})
    found = translation.evaluate(["Heute sieht der Hund ein Boot."], [[TEXT]])
    assert found["bleu"] < 10
    assert found["chrf"] < 30


def test_each_text_may_have_its_own_number_of_references():
    other = "A boat is seen by the dog today."
    written = [TEXT, other]
    one = translation.evaluate(written, [[TEXT], [TEXT]])
    more = translation.evaluate(written, [[TEXT], [TEXT, other]])
    assert one["bleu"] < more["bleu"] == pytest.approx(100)


def test_case_and_the_blank_before_a_full_stop_count():
    lower = translation.evaluate([TEXT.lower()], [[TEXT]])["bleu"]
    assert lower < 100
    # The tokeniser 13a parts a full stop by itself: BLEU does not see it, chrF ignores blanks.
    assert translation.evaluate([TEXT.replace(".", " .")], [[TEXT]])["bleu"] == pytest.approx(100)


def test_sentences_are_ranked():
    errors = [translation.error(text, [TEXT]) for text in (TEXT, "The dog sees it.", "Nobody.", "")]
    assert errors[0] == pytest.approx(0)
    assert errors == sorted(errors)


def test_the_signatures_are_told():
    said = translation.notes()
    assert "- BLEU: `nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:" in said
    assert "- chrF2: `nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:" in said
