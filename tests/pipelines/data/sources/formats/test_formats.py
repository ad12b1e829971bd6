from pathlib import Path

import pytest

from pipelines import tasks
from pipelines.data.sources import formats
from pipelines.data.sources.formats import FORMATS


def test_every_file_of_a_format_is_in_the_table():
    files = {file.stem for file in Path(formats.__file__).parent.glob("*.py")} - {"__init__"}
    assert files == FORMATS.keys()


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_has_all_its_parts(name, tmp_path):
    module = formats.get(name)
    assert module.EXPECTED.strip() and "\n" not in module.EXPECTED
    assert module.accepts([tmp_path / "none.bin"]) is False
    assert callable(module.read)


@pytest.mark.parametrize("name", tasks.names())
def test_the_formats_of_a_task_exist(name):
    assert set(tasks.get(name).formats) <= FORMATS.keys()
