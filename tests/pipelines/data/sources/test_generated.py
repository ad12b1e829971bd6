import numpy as np
import pytest

from pipelines import tasks
from pipelines.config import DataSettings
from pipelines.data.sources import load
from pipelines.runtime.errors import UserError


@pytest.mark.parametrize("name", ["memory", "memory_copy", "memory_addition"])
def test_what_is_generated_ends_as_examples(name):
    examples = load(tasks.get(name), DataSettings(lag=8))
    assert examples.provenance.source == "embedded"
    assert examples.provenance.name.endswith("lag 8")
    assert not examples.provenance.removed
    assert examples.size("test") == 2000
    again = load(tasks.get(name), DataSettings(lag=8)).provenance.digest
    assert examples.provenance.digest == again
    assert load(tasks.get(name), DataSettings(lag=9)).provenance.digest != again


def test_steps_are_floats_with_their_lengths():
    test = load(tasks.get("memory"), DataSettings(lag=8)).splits["test"]
    assert test["steps"][0].shape == (2, 2)
    assert test["steps"][0].dtype == np.float32
    assert sorted(set(test["lengths"].tolist())) == [2, 4, 8, 16]


@pytest.mark.parametrize("given", [{"data": "a.csv"}, {"dataset": "mnist"}])
def test_other_data_are_refused_with_the_way_out(given):
    with pytest.raises(UserError, match=r"generated.*LAG=600"):
        load(tasks.get("memory_copy"), DataSettings(**given))
