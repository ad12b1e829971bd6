import json
import zipfile

import keras
import numpy as np
import pytest

from pipelines.training import checkpoint
from tests.pipelines.training import toys

PROGRESS = {"epoch": 2, "best": 0.1 + 0.2, "history": [{"loss": 1 / 3}], "seconds": 1.5}


def made(seed=0):
    model = toys.recurrent(seed)
    optimizer = keras.optimizers.Adam(0.01)
    optimizer.build(model.trainable_variables)
    return model, optimizer


def values(*things):
    return [np.array(variable) for thing in things for variable in thing.variables]


@pytest.fixture
def written(tmp_path):
    model, optimizer = made()
    random = np.random.default_rng(0)
    for variable in (*model.variables, *optimizer.variables):
        if str(variable.dtype) == "float32":
            variable.assign(random.normal(size=variable.shape))
    best = [random.normal(size=w.shape).astype(np.float32) for w in model.get_weights()]
    checkpoint.write(tmp_path / "deep" / "run", model, optimizer, best, PROGRESS)
    return tmp_path / "deep" / "run", values(model, optimizer), best


def test_everything_comes_back_to_the_bit(written):
    folder, expected, best = written
    model, optimizer = made(seed=5)
    restored = checkpoint.read(folder, model, optimizer)
    assert restored
    for a, b in zip(values(model, optimizer), expected, strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.dtype == b.dtype
    for a, b in zip(restored[0], best, strict=True):
        np.testing.assert_array_equal(a, b)
    assert restored[1] == PROGRESS


def test_the_random_state_of_dropout_is_part_of_it():
    model, _ = made()
    before = values(model)
    model({"tokens": np.array([[2, 3]])}, training=True)
    changed = [(a != b).any() for a, b in zip(values(model), before, strict=True)]
    assert sum(changed) == 3  # token dropout, embedding dropout, dropout before the head


def test_where_nothing_was_written_nothing_is_read_or_changed(tmp_path):
    model, optimizer = made()
    before = values(model, optimizer)
    assert checkpoint.read(tmp_path, model, optimizer) is None
    for a, b in zip(values(model, optimizer), before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_half_written_file_is_not_read(tmp_path):
    (tmp_path / f"{checkpoint.FILE}.part").write_bytes(b"half")
    assert checkpoint.read(tmp_path, *made()) is None


def test_a_write_that_is_killed_leaves_the_one_before(written, monkeypatch):
    folder, expected, _ = written
    whole = (folder / checkpoint.FILE).read_bytes()

    def torn(file, **_):
        file.write(whole[: len(whole) // 2])
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", torn)
    with pytest.raises(KeyboardInterrupt):
        checkpoint.write(folder, *made(seed=3), [], {})
    monkeypatch.undo()
    assert (folder / f"{checkpoint.FILE}.part").exists()
    model, optimizer = made(seed=5)
    restored = checkpoint.read(folder, model, optimizer)
    assert restored and restored[1] == PROGRESS
    for a, b in zip(values(model, optimizer), expected, strict=True):
        np.testing.assert_array_equal(a, b)
    checkpoint.write(folder, model, optimizer, [], PROGRESS)  # the leftover is no hindrance
    assert [file.name for file in folder.iterdir()] == [checkpoint.FILE]


def test_it_holds_arrays_and_json_and_no_pickle(written):
    folder, *_ = written
    with zipfile.ZipFile(folder / checkpoint.FILE) as archive:
        assert all(name.endswith(".npy") for name in archive.namelist())
    with np.load(folder / checkpoint.FILE, allow_pickle=False) as arrays:
        assert all(arrays[name].dtype != object for name in arrays.files)
        assert json.loads(str(arrays["progress"])) == PROGRESS


def test_a_file_with_a_pickle_is_refused(written):
    folder, *_ = written
    model, optimizer = made()
    with (folder / checkpoint.FILE).open("wb") as file:
        np.savez(file, **{"model/0": np.array([{}], dtype=object)})
    with pytest.raises(ValueError, match="allow_pickle"):
        checkpoint.read(folder, model, optimizer)
