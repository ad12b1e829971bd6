"""An export in this process: any split comes back in its own order."""

import numpy as np
import pytest
import tensorflow as tf

from pipelines.serving.loaded import BATCH, LoadedModel


class Words(tf.Module):
    @tf.function(
        input_signature=[
            tf.TensorSpec([None], tf.string, name="text"),
            tf.TensorSpec([None, 2], tf.float32, name="numbers"),
        ]
    )
    def serve(self, text, numbers):
        words = tf.strings.split(text)
        return {
            "tokens": words.to_tensor(""),
            "lengths": tf.strings.length(words).to_tensor(0),
            "pairs": tf.cast(tf.strings.length(words), tf.float32).to_tensor()[:, :, None]
            * numbers[:, None, :],
            "sum": tf.reduce_sum(numbers, axis=1),
            "text": text,
        }


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("words")
    module = Words()
    tf.saved_model.save(module, str(folder), {"serving_default": module.serve})
    return LoadedModel(folder)


@pytest.fixture(scope="module")
def columns():
    draw = np.random.default_rng(0)
    count = 2 * BATCH + 7
    texts = [" ".join("größe"[: n % 5 + 1] for n in range(k)) for k in draw.integers(1, 9, count)]
    return {
        "label": draw.integers(0, 2, count),
        "numbers": draw.normal(size=(count, 2)).astype(np.float32),
        "text": np.array(texts, object),
    }


def test_a_split_comes_back_in_its_own_order(loaded, columns):
    found = loaded.answer_all(columns)
    assert [text.decode() for text in found["text"]] == columns["text"].tolist()
    np.testing.assert_allclose(found["sum"], columns["numbers"].sum(axis=1), rtol=1e-6)


def test_each_answer_is_that_of_the_example_alone_padded_to_the_longest(loaded, columns):
    found = loaded.answer_all(columns)
    longest = max(len(text.split()) for text in columns["text"])
    assert found["tokens"].shape == found["lengths"].shape == (len(columns["text"]), longest)
    assert found["pairs"].shape == (len(columns["text"]), longest, 2)
    for row in range(0, len(columns["text"]), 29):
        alone = loaded.answer({name: columns[name][row : row + 1] for name in loaded.specs})
        size = alone["tokens"].shape[1]
        for name in ("tokens", "lengths", "pairs"):
            assert np.array_equal(found[name][row][:size], alone[name][0]), name
        assert found["tokens"][row][size:].tolist() == [b""] * (longest - size)
        assert not found["lengths"][row][size:].any()
        assert not found["pairs"][row][size:].any()


@pytest.mark.parametrize("count", [1, BATCH, BATCH + 1])
def test_any_number_of_examples(loaded, columns, count):
    some = {name: values[:count] for name, values in columns.items()}
    found = loaded.answer_all(some)
    assert {len(values) for values in found.values()} == {count}
    assert [text.decode() for text in found["text"]] == some["text"].tolist()


def test_values_take_the_types_of_the_signature(loaded):
    found = loaded.answer({"text": ["a b"], "numbers": [[1, 2]]})
    assert found["sum"].dtype == np.float32
    assert found["tokens"].tolist() == [[b"a", b"b"]]


class Older(tf.Module):
    """An export from before steps were called steps, and their names tokens."""

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, None, 2], tf.float32, name="features"),
            tf.TensorSpec([None], tf.int32, name="lengths"),
        ]
    )
    def serve(self, features, lengths):
        names = tf.strings.as_string(lengths)[:, None]
        return {"value": tf.reduce_sum(features, axis=[1, 2]), "source_tokens": names}


def test_an_older_export_is_asked_and_answers_by_the_names_of_now(tmp_path):
    module = Older()
    tf.saved_model.save(module, str(tmp_path), {"serving_default": module.serve})
    older = LoadedModel(tmp_path)
    assert older.specs.keys() == {"steps", "lengths"}
    steps = np.empty(2, object)
    steps[:] = [np.ones((1, 2), np.float32), np.ones((3, 2), np.float32)]
    found = older.answer_all({"steps": steps, "lengths": np.array([1, 3], np.int32)})
    assert found["value"].tolist() == [2, 6]
    assert found["tokens"].tolist() == [[b"1"], [b"3"]]
    assert not older.scores


@pytest.mark.slow
def test_a_real_export_answers_a_split_as_it_answers_each_text(trained, sentences):
    import csv

    with sentences.open(encoding="utf-8") as file:
        texts = [row["text"] for row in csv.DictReader(file)][:150]
    texts[3] = "longer than all others in this split of the sentences by far"
    loaded = LoadedModel(trained.folder)
    found = loaded.answer_all({"text": np.array(texts, object)})
    for row in (0, 3, 77, 149):
        alone = loaded.answer({"text": [texts[row]]})
        assert found["label"][row] == alone["label"][0]
        np.testing.assert_allclose(found["scores"][row], alone["scores"][0], atol=1e-6)
        size = alone["attention"].shape[1]
        np.testing.assert_allclose(found["attention"][row][:size], alone["attention"][0], atol=1e-6)
        assert not found["attention"][row][size:].any()
        assert found["tokens"][row][:size].tolist() == texts[row].encode().split()
