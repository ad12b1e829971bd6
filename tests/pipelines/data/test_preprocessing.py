"""An input and an output as one: nothing is read twice, and decoding encodes nothing."""

import functools
from collections import Counter

import numpy as np
import pytest
import tensorflow as tf

from models.export.signatures import raw_function, score_function
from models.ids import END
from pipelines import tasks
from pipelines.data import batching
from pipelines.data.card import data_card
from pipelines.data.examples import SPLITS
from pipelines.data.preprocessing import Preprocessing
from pipelines.inputs.fitted import sentences, words
from pipelines.inputs.tokenizers.subwords import Subwords
from pipelines.inputs.tokenizers.symbols import Symbols
from tests.given import column, constant, examples, settings


def texts(task):
    """Splits of texts that no two examples share, inputs and targets alike."""

    def split(name):
        if task == "ner":
            return {
                "text": column(f"Ann\n{name}\n", f"it\n{name}s\n"),
                "target": column("B-PER O", "O O"),
            }
        made = {"text": column(f"{name} one", f"{name} two")}
        if task == "sentiment":
            return made | {"label": np.arange(2)}
        return made | {"target": column(f"said {name}", f"{name} said")}

    splits = {name: split(name) for name in SPLITS}
    labels = ("bad", "good") if task == "sentiment" else ()
    return examples(splits["train"], labels, **splits)


@pytest.fixture
def read(monkeypatch):
    """How often each text was split or tokenised, in whatever graph."""
    counts = Counter()

    def keep(values):
        counts.update(value.decode() for value in values.ravel())
        return np.int64(0)

    def counted(text):
        with tf.control_dependencies([tf.numpy_function(keep, [text], tf.int64)]):
            return tf.identity(text)

    for module, name in ((words, "split_words"), (sentences, "split_sentence")):
        split = getattr(module, name)
        monkeypatch.setattr(module, name, lambda text, split=split: split(counted(text)))
    for kind in (Symbols, Subwords):
        encode = kind.encode
        monkeypatch.setattr(
            kind,
            "encode",
            functools.wraps(encode)(lambda self, text, of=encode: of(self, counted(text))),
        )
    return counts


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("sentiment", {"min_count": 1}),
        ("ner", {}),
        ("translate", {"vocabulary": 60}),
        ("translate", {"tokenizer": "characters"}),
        ("summarize", {"vocabulary": 60}),
    ],
    ids=["words", "sentences", "subwords", "characters", "shared subwords"],
)
def test_learning_card_and_encoding_read_each_text_once(name, changes, read):
    task, config, given = tasks.get(name), settings(name, **changes), texts(name)
    preprocessing = Preprocessing.fit(task, given, config)
    data_card(task, given, preprocessing, config)
    for split in ("train", "validation"):
        batching.encode(preprocessing, given.splits[split])
    wanted = [text for columns in given.splits.values() for text in columns["text"]]
    if preprocessing.outputs.rates:
        wanted += [text for columns in given.splits.values() for text in columns["target"]]
    assert read == Counter(wanted)


def test_a_card_knows_words_and_those_that_training_lacks():
    task, config, given = (
        tasks.get("sentiment"),
        settings("sentiment", min_count=1),
        texts("sentiment"),
    )
    card = data_card(task, given, Preprocessing.fit(task, given, config), config)
    assert card["vocabulary"] == {"known": 3, "in_training_inputs": 3}
    assert card["splits"]["test"]["out_of_vocabulary"] == 0.5


def fit(name, **changes):
    given, config = texts(name), settings(name, **changes)
    return Preprocessing.fit(tasks.get(name), given, config)


ANSWERS = {
    "sentiment": lambda inputs: {
        "logits": tf.zeros([tf.shape(inputs["tokens"])[0], 2]),
        "attention": tf.ones(tf.shape(inputs["tokens"])),
    },
    "ner": lambda inputs: {"tags": tf.zeros_like(inputs["tokens"])},
    "translate": lambda inputs: {
        "tokens": tf.minimum(inputs["tokens"], END + 1),  # the output knows fewer
        "lengths": tf.ones_like(inputs["tokens"][:, 0]),
        "scores": tf.zeros([tf.shape(inputs["tokens"])[0]]),
        "attention": tf.ones([1, 1, 1]),
    },
    "shakespeare": lambda inputs: {
        "tokens": inputs["tokens"],
        "lengths": tf.ones_like(inputs["tokens"][:, 0]),
        "scores": tf.zeros([tf.shape(inputs["tokens"])[0]]),
    },
}


def counting(preprocessing, monkeypatch):
    """Counts each time that its input is encoded, which is when a graph is traced."""
    encoded = []
    encode = type(preprocessing.input).encode

    def counted(self, raw):
        encoded.append(raw)
        return encode(self, raw)

    monkeypatch.setattr(type(preprocessing.input), "encode", counted)
    return encoded


@pytest.mark.parametrize("name", ANSWERS)
def test_what_is_answered_is_decoded_without_encoding_again(name, monkeypatch):
    preprocessing = fit(name, tokenizer="characters")
    encoded = counting(preprocessing, monkeypatch)
    specs = list(preprocessing.input.signature().values())
    serve = tf.function(raw_function(ANSWERS[name], preprocessing), input_signature=specs)
    found = serve(constant("one two", "train"))
    serve(constant("three"))
    assert len(encoded) == 1
    assert all(value.shape[0] == 2 for key, value in found.items() if key != "attention")


def test_what_is_rated_is_encoded_once(monkeypatch):
    for name in ("translate", "shakespeare"):
        preprocessing = fit(name, tokenizer="characters")
        with monkeypatch.context() as patch:
            encoded = counting(preprocessing, patch)

            def score(inputs, targets):
                zeros = tf.zeros([tf.shape(targets)[0]])
                return {
                    "loss": zeros,
                    "size": zeros,
                    "step_losses": tf.zeros(tf.shape(targets)),
                    "best": targets,
                }

            specs = {**preprocessing.input.signature(), **preprocessing.output.target_signature()}
            rate = tf.function(
                score_function(score, preprocessing), input_signature=list(specs.values())
            )
            rate(*[constant("one", "two")] * len(specs))
            assert len(encoded) == 1


@pytest.mark.parametrize("name", ["sentiment", "ner", "translate", "shakespeare", "summarize"])
def test_what_was_learned_survives_a_folder(name, tmp_path):
    preprocessing = fit(name, tokenizer="characters")
    preprocessing.save(tmp_path)
    again = Preprocessing.load(tasks.get(name), tmp_path, settings(name, tokenizer="characters"))
    assert (again.inputs, again.outputs) == (preprocessing.inputs, preprocessing.outputs)
    given = texts(name).splits["test"]
    for one, other in ((batching.encode(preprocessing, given), batching.encode(again, given)),):
        for key, value in one.inputs.items():
            np.testing.assert_array_equal(value.values, other.inputs[key].values)
        targets = [getattr(each.targets, "values", each.targets) for each in (one, other)]
        np.testing.assert_array_equal(*targets)


def test_libraries_of_both_sides_are_required_once_each():
    assert fit("translate", vocabulary=60).requires == ("tensorflow_text",)
    assert fit("translate", tokenizer="characters").requires == ()
    assert fit("sentiment").requires == ()
