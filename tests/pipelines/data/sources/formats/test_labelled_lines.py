"""Files of a label, a tab and a text in each line, and the tables that hold the same."""

import pytest

from pipelines import tasks
from pipelines.config import DataSettings
from pipelines.data.sources import load
from pipelines.runtime.errors import UserError


def message(i):
    return f'He said "call {i}0{i} now", then {i} more'


def read(path):
    return load(tasks.get("spam"), DataSettings(data=str(path)), 0)


@pytest.mark.parametrize("name", ["SMSSpamCollection", "messages.txt"])
def test_lines_are_read_with_their_quotation_marks(name, tmp_path):
    lines = [f"{('ham', 'spam')[i % 2]}\t{message(i)}\n" for i in range(40)]
    (tmp_path / name).write_text("\n".join(lines))
    examples = read(tmp_path / name)
    assert examples.labels == ("ham", "spam")
    assert sum(examples.size(split) for split in examples.splits) == 40
    texts = {text for columns in examples.splits.values() for text in columns["text"]}
    assert texts == {message(i) for i in range(40)}


def test_the_table_of_messages_that_is_passed_around_needs_no_settings(tmp_path):
    said = [message(i).replace('"', '""') for i in range(40)]
    rows = [f'{("ham", "spam")[i % 2]},"{text}",,,' for i, text in enumerate(said)]
    rows[3] = rows[3].removesuffix(",,,") + ',"and so it went on",,'
    (tmp_path / "spam.csv").write_text("v1,v2,,,\n" + "\n".join(rows))
    examples = read(tmp_path / "spam.csv")
    assert examples.labels == ("ham", "spam")
    assert set(examples.splits["train"]) == {"text", "label"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"ham\tone\nspam two\n", "line 2: expected a label, a tab and a text"),
        (b"ham\tJ\xf6rg\n", "not UTF-8: line 1, byte 6"),
        (b"only a text\n", "spam cannot read .*expected: .*label, a tab and a text"),
    ],
)
def test_a_mistake_is_one_line(content, said, tmp_path):
    file = tmp_path / "messages"
    file.write_bytes(content)
    with pytest.raises(UserError, match=said):
        read(file)
