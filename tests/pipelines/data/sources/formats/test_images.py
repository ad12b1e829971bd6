"""Images that the user brings, in folders of classes or named in a table."""

import csv

import pytest

from pipelines.data.examples import Column
from pipelines.runtime.errors import UserError
from tests.pipelines.data.datasets.fakes.images import jpeg, png

COLUMNS = (Column("image", "image", aliases=("file", "path")), Column("label", "label"))


@pytest.fixture
def task(make_task):
    return make_task(*COLUMNS, formats=("images",))


@pytest.fixture
def folder(tmp_path):
    """A folder of class folders, perhaps below splits, with 10 files each."""

    def make(*places):
        root = tmp_path / "pictures"
        for number, place in enumerate(places):
            (root / place).mkdir(parents=True)
            for i in range(10):
                encode, ending = (png, "png") if i % 2 else (jpeg, "JPG")
                (root / place / f"{i}.{ending}").write_bytes(encode(10 * number + i))
        return root

    return make


def table(path, rows, header=("file", "label")):
    path.mkdir(exist_ok=True)
    for i, row in enumerate(rows):
        (path / row[0]).write_bytes(png(i))
    with (path / "list.csv").open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path / "list.csv"


def refused(read, path, task, *parts):
    with pytest.raises(UserError) as caught:
        read(path, task)
    message = str(caught.value)
    assert "\n" not in message
    for part in parts:
        assert part in message, message


def test_a_folder_of_one_folder_a_class_of_images(read, task, folder):
    examples = read(folder("cat", "dog", "owl"), task)
    assert examples.labels == ("cat", "dog", "owl")
    assert sum(map(examples.size, examples.splits)) == 30
    classes = {encode(i): i // 10 for i in range(30) for encode in (png, jpeg)}
    for columns in examples.splits.values():
        assert set(columns) == {"image", "label"} and columns["image"].dtype == object
        for image, label in zip(columns["image"], columns["label"], strict=True):
            assert classes[image] == label


def test_images_in_folders_of_splits(read, task, folder):
    examples = read(folder("train/a", "train/b", "test/a", "test/b"), task)
    assert [examples.size(s) for s in ("train", "validation", "test")] == [18, 2, 20]


def test_files_that_are_no_images_by_name_are_counted(read, task, folder):
    root = folder("a", "b")
    (root / "a" / "notes.txt").write_text("no image")
    assert read(root, task).provenance.removed == {
        "not a .png or .jpg or .jpeg file in a class's folder": 1
    }


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"GIF89a", "neither a PNG nor a JPEG"), (png(7)[:-9], "truncated"), (b"", "neither")],
)
def test_a_broken_image_is_named(read, task, folder, content, reason):
    root = folder("a", "b")
    (root / "a" / "3.png").write_bytes(content)
    refused(read, root, task, "3.png", reason, "leave it out")


def test_a_table_names_image_files(read, task, tmp_path):
    rows = [(f"{i}.png", "ab"[i % 2]) for i in range(40)]
    examples = read(table(tmp_path / "mine", rows), task)
    assert sum(map(examples.size, examples.splits)) == 40
    assert examples.labels == ("a", "b")


def test_a_column_of_image_files_is_known_by_its_content(read, task, tmp_path):
    rows = [(f"{i}.png", "ab"[i % 2]) for i in range(40)]
    assert read(table(tmp_path / "mine", rows, ("picture", "class")), task).labels == ("a", "b")


def test_mistakes_of_a_table_of_images(read, task, tmp_path):
    path = table(tmp_path / "mine", [(f"{i}.png", "ab"[i % 2]) for i in range(40)])
    with path.open("a") as file:
        file.write(",a\n")
    assert read(path, task).provenance.removed == {"empty image": 1}
    (tmp_path / "mine" / "5.png").unlink()
    refused(read, path, task, "'5.png'", "list.csv", "not in")


def test_what_holds_no_images_is_refused_with_the_layout(read, task, tmp_path):
    (tmp_path / "a.txt").write_text("x")
    refused(read, tmp_path, task, "no examples", ".png or .jpg or .jpeg", "train/ and test/")
    refused(read, tmp_path / "a.txt", task, "folder with one folder a class")
