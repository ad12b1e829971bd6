import pytest

from pipelines.config import DataSettings
from pipelines.data.sources.columns import kinds_of, match
from pipelines.runtime.errors import UserError
from tests.pipelines.data.sources.conftest import COLUMNS, sentence

TEXTS = [sentence(i) for i in range(40)]


def matched(names, **settings):
    kinds = names if isinstance(names, dict) else {name: set() for name in names}
    return match(COLUMNS, kinds, DataSettings(**settings), "f.csv")


def test_by_the_tasks_own_name_before_an_alias():
    assert matched(["review", "Text ", "label"]) == {"text": "Text ", "label": "label"}


def test_by_an_alias():
    assert matched(["Review", "Sentiment", "rating"]) == {
        "text": "Review",
        "label": "Sentiment",
        "rating": "rating",
    }


def test_by_the_setting_before_any_name():
    found = matched(["text", "body", "label", "Kind"], text="body", label="kind")
    assert found == {"text": "body", "label": "Kind"}


def test_by_content_where_only_one_fits():
    assert matched({"id": set(), "said": {"text"}, "mood": {"label"}}) == {
        "text": "said",
        "label": "mood",
    }


@pytest.mark.parametrize(
    ("names", "settings", "parts"),
    [
        (["review", "sentence", "label"], {}, ["review and sentence", "text", "TEXT=name"]),
        ({"a": {"text"}, "b": {"text"}, "label": set()}, {}, ["a and b", "TEXT=name"]),
        ({"text": set(), "a": {"label"}, "b": {"label"}}, {}, ["a and b", "LABEL=name"]),
        (["text", "other"], {}, ["no column", "label", "text, other", "LABEL=name"]),
        (["text", "label"], {"text": "txt"}, ["'txt'", "TEXT=txt", "text, label"]),
        (["text", "label"], {"text": "label"}, ["both", "text, label"]),
        ([], {}, ["none"]),
    ],
)
def test_what_is_not_plain_is_refused_in_one_line(names, settings, parts):
    with pytest.raises(UserError) as caught:
        matched(names, **settings)
    message = str(caught.value)
    assert "\n" not in message and message.startswith("f.csv")
    for part in parts:
        assert part in message


def test_kinds_by_content():
    assert kinds_of(TEXTS) == {"text", "target", "document"}
    assert kinds_of(["good", "bad", ""] * 20) == {"label"}
    assert kinds_of(["same"] * 40) == set()
    assert kinds_of([str(i) for i in range(40)]) == set()
    assert kinds_of(["", " "]) == set()
    assert kinds_of([TEXTS[0] * 2, TEXTS[1] * 2] * 20) == set()
    assert kinds_of(["good"] * 100 + ["bad"] * 100) == {"label"}
