"""Small problems that only who remembers solves: the networks learn, they do not only run."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models import build as networks
from models.ids import END
from models.inputs.features import FeatureInput
from models.inputs.tokens import TokenInput
from models.outputs.labels import Labels
from models.outputs.tokens import Tokens
from models.outputs.values import Values
from models.spec import ModelSpec
from models.spec.generation import Generation
from tests.models import problems

pytestmark = pytest.mark.slow


def built(inputs, outputs, mode, **given):
    keras.utils.set_random_seed(0)
    spec = ModelSpec.of(mode, dropout=0.0, **given)
    return spec, networks.build(spec, inputs, outputs)


@pytest.mark.parametrize(("cell", "steps"), [("gru", 400), ("lstm", 1300)])
def test_the_adding_problem(cell, steps):
    random, outputs = np.random.default_rng(0), Values(1)
    given = {"input": "features", "head": "values", "cell": cell, "units": 32}
    _, model = built(FeatureInput(2), outputs, "many_to_one", **given)
    problems.train(model, outputs, lambda: problems.adding(32, 60, random), steps, 2e-2)
    inputs, targets = problems.adding(1000, 60, np.random.default_rng(1))
    error = np.mean((model(inputs)["values"].numpy() - targets) ** 2)
    assert error < 0.01  # who does not remember has 1/6


def test_the_copy_problem():
    random, outputs = np.random.default_rng(0), Labels(4)
    given = {"cell": "lstm", "units": 64, "embedding_dim": 16}
    _, model = built(TokenInput(10), outputs, "many_to_many", **given)
    problems.train(model, outputs, lambda: problems.copying(32, 4, 10, 4, random), 900, 3e-2)
    inputs, labels = problems.copying(1000, 4, 10, 4, np.random.default_rng(1))
    accuracy = outputs.metrics(model(inputs), tf.constant(labels))["accuracy"]
    assert np.mean(accuracy) > 0.95  # chance is 1/4


def test_three_digit_addition_of_numbers_never_seen_together():
    outputs = Tokens(problems.VOCABULARY)
    given = {"cell": "lstm", "attention": "additive", "units": 96, "embedding_dim": 32}
    spec, model = built(TokenInput(problems.VOCABULARY), outputs, "encoder_decoder", **given)
    pairs = problems.pairs_of_numbers(np.random.default_rng(0))
    held_out, batches = pairs[:1000], iter(pairs[1000 : 1000 + 800 * 64].reshape(800, 64, 2))
    problems.train(model, outputs, lambda: problems.additions(next(batches)), 800, 2e-2)
    assert rightly_written(spec, model, outputs, *problems.additions(held_out)) > 0.9


@pytest.mark.parametrize(
    ("cell", "attention", "steps", "rate"),
    [
        ("lstm", "dot", 300, 1e-2),
        ("lstm", "none", 300, 1e-2),
        ("transformer", "multi_head", 400, 5e-3),
    ],
)
def test_attention_learns_to_reverse_before_a_vector_of_fixed_size_does(
    cell, attention, steps, rate
):
    random, outputs = np.random.default_rng(0), Tokens(12)
    given = {"cell": cell, "attention": attention, "units": 32, "embedding_dim": 32}
    spec, model = built(TokenInput(12), outputs, "encoder_decoder", bidirectional=True, **given)
    problems.train(model, outputs, lambda: problems.reversing(64, 4, 12, 8, random), steps, rate)
    right = rightly_written(
        spec, model, outputs, *problems.reversing(500, 4, 12, 8, np.random.default_rng(1))
    )
    assert right < 0.5 if attention == "none" else right > 0.9


@pytest.mark.parametrize("copy", [True, False])
def test_names_that_training_never_saw_are_written_where_they_can_be_copied(copy):
    random, outputs = np.random.default_rng(0), Tokens(52, shared=True)
    given = {"cell": "gru", "attention": "additive", "bidirectional": True, "copy": copy}
    given |= {"units": 16, "embedding_dim": 16, "token_dropout": 0.1}
    spec, model = built(TokenInput(52), outputs, "encoder_decoder", **given)
    seen, unseen = np.arange(12, 32), np.arange(32, 52)
    problems.train(model, outputs, lambda: problems.naming(64, seen, random), 120, 2e-2)
    right = rightly_written(
        spec, model, outputs, *problems.naming(300, unseen, np.random.default_rng(1))
    )
    assert right > 0.9 if copy else right < 0.1


def rightly_written(spec, model, outputs, inputs, targets):
    """The share of whole answers that are right, written with nobody to tell the truth."""
    length = targets.shape[1]
    write = tf.function(networks.answer(spec, model, outputs, Generation(max_tokens=length)))
    found = write({"tokens": tf.constant(inputs["tokens"])})["tokens"].numpy()
    found = np.pad(found, [(0, 0), (0, length - found.shape[1])])
    return (found == np.where(targets == END, 0, targets)).all(axis=1).mean()
