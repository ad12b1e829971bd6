import gzip

import pytest

from pipelines.data.sources import tables
from pipelines.data.sources.tables import read
from pipelines.runtime.errors import UserError


@pytest.fixture
def file(tmp_path):
    def make(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make


def refused(path, *parts):
    with pytest.raises(UserError) as caught:
        read(path)
    message = str(caught.value)
    assert "\n" not in message
    for part in (path.name, *parts):
        assert part in message


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_with_any_usual_separator(file, separator):
    content = (
        f'text{separator}label\r\n"a {separator} ""b""\nc"{separator}x\r\n\r\nd{separator}y\r\n'
    )
    table = read(file("t.csv", content))
    assert table == {"text": [f'a {separator} "b"\nc', "d"], "label": ["x", "y"]}


def test_cells_stay_as_they_are_written(file):
    table = read(file("t.csv", "text,label\nNA,007\nnull,1.0\n"))
    assert table == {"text": ["NA", "null"], "label": ["007", "1.0"]}


def test_tsv_with_and_without_quoting(file):
    assert read(file("a.tsv", 'text\tlabel\n"one ""two"""\tx\n'))["text"] == ['one "two"']
    assert read(file("b.tsv", 'text\tlabel\n"one" two\tx\n3" high\ty\n'))["text"] == [
        '"one" two',
        '3" high',
    ]


def test_a_byte_order_mark_is_no_part_of_a_name(file):
    assert list(read(file("t.csv", b"\xef\xbb\xbftext,label\na,b\n"))) == ["text", "label"]


@pytest.mark.parametrize("name", ["t.jsonl", "t.json", "t.ndjson"])
def test_json_lines(file, name):
    content = '{"text": "a\\u2028b", "label": 1}\n\n{"label": true, "text": null}\n'
    assert read(file(name, content)) == {"text": ["a\u2028b", ""], "label": ["1", "true"]}


def test_a_json_array_is_read_as_its_lines_would_be(file):
    content = '\n [{"text": "a", "label": 0.5}, {"text": "b", "label": "x"}]'
    assert read(file("t.json", content)) == {"text": ["a", "b"], "label": ["0.5", "x"]}


def test_a_key_that_some_lines_lack_is_blank_there(file):
    content = '{"text": "a"}\n{"text": "b", "label": "x"}\n{"label": "y"}\n'
    assert read(file("t.jsonl", content)) == {"text": ["a", "b", ""], "label": ["", "x", "y"]}


def test_half_of_a_surrogate_pair_is_replaced(file):
    content = '{"text": "a \\ud83d b", "smile": "\\ud83d\\ude00"}\n'
    assert read(file("t.jsonl", content)) == {"text": ["a ? b"], "smile": ["\U0001f600"]}


@pytest.mark.parametrize("name", ["t.csv.gz", "T.CSV.GZ"])
def test_gzipped(file, name):
    assert read(file(name, gzip.compress(b"text,label\na,b\n"))) == {"text": ["a"], "label": ["b"]}


def test_a_cell_may_be_very_long(file):
    assert len(read(file("t.csv", "text\n" + "a" * 300_000))["text"][0]) == 300_000


def test_an_empty_file(file):
    refused(file("t.csv", ""), "is empty")
    refused(file("u.csv", "\n\n"), "first line", "blank")


def test_a_table_is_known_by_its_ending(file):
    assert tables.is_table(file("t.csv.gz", "a")) and tables.is_table(file("t.JSONL", "a"))
    assert not tables.is_table(file("t.xlsx", "a")) and not tables.is_table(file("csv", "a"))


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"text,label\nfine,x\ncaf\xe9,y\n", "line 3, byte 4 is 0xe9"),
        (b"text,label\nfine,x\n" + b"a,b\n" * 50_000 + b"\x80,y", "line 50003, byte 1 is 0x80"),
        ("text,label\na,b\n".encode("utf-16"), "UTF-16"),
    ],
)
@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.jsonl"])
def test_another_encoding_is_named_with_its_place(file, content, place, name):
    if name == "t.jsonl":
        lines = content.split(b"\n")
        content = b"\n".join(b'{"a": 1}' if line.isascii() else line for line in lines)
        place = place if "UTF-16" not in place else "UTF-16"
    refused(file(name, gzip.compress(content) if name.endswith("gz") else content), place, "iconv")


def test_a_broken_gzip(file):
    whole = gzip.compress(b"text,label\n" + bytes(range(97, 120)) * 1000)
    refused(file("cut.csv.gz", whole[:-10]), "corrupt or truncated")
    refused(file("not.csv.gz", b"text,label\na,b\n"), "corrupt or truncated")
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 0xFF
    refused(file("damaged.csv.gz", bytes(damaged)), "corrupt or truncated")


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (
            'text,label\na,b\n"c\nd",e\nf,g,h\n',
            ["line 5", "3 cells", "text, label", "double quotes"],
        ),
        ("text,label\na\n", ["line 2", "1 cells"]),
        ('text,label\na,b\n"c" d,e\n', ["line 3", "inside a quoted text twice"]),
        ('text,label\na,b\n"c,d\n', ["line 3"]),
        ("text,text\na,b\n", ["'text' twice"]),
    ],
)
def test_csv_mistakes_are_named_with_their_line(file, content, parts):
    refused(file("t.csv", content), *parts)


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ('{"a": 1}\n\n{"a": \n', ["line 3", "not JSON"]),
        ('{"a": 1}\n[1, 2]\n', ["line 2", "expected an object"]),
        ('{"a": 1}\n{"a": [1]}\n', ["line 2", "'a' is a list"]),
        ('{"a": {"b": 1}}\n', ["line 1", "'a' is a object"]),
        ('{"a": ' + "9" * 5000 + "}\n", ["line 1", "not JSON"]),
        ("[" * 100_000, ["not JSON"]),
        ('[{"a": 1}, 2]', ["entry 2"]),
        ('[{"a": 1}', ["not JSON"]),
    ],
)
def test_json_mistakes_are_named_with_their_line(file, content, parts):
    refused(file("t.json", content), *parts)
