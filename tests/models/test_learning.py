"""Small problems that only who remembers solves: the networks learn, they do not only run."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models import build as networks
from models.generation import Generation
from models.ids import END
from models.inputs.features import FeatureInput
from models.inputs.tokens import TokenInput
from models.outputs.labels import Labels
from models.outputs.tokens import Tokens
from models.outputs.values import Values
from models.spec import ModelSpec
from tests.models import problems

pytestmark = pytest.mark.slow


def built(inputs, outputs, mode, **given):
    keras.utils.set_random_seed(0)
    spec = ModelSpec.of(mode, dropout=0.0, **given)
    return spec, networks.build(spec, inputs, outputs)


@pytest.mark.parametrize(("cell", "steps"), [("gru", 400), ("lstm", 900)])
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
    trained, held_out = problems.numbers_apart(0.02, np.random.default_rng(0))
    problems.train(model, outputs, lambda: problems.additions(trained(64)), 1000, 2e-2)
    inputs, targets = problems.additions(held_out(1000))
    write = tf.function(networks.answer(spec, model, outputs, Generation(max_tokens=5)))
    found = write({"tokens": tf.constant(inputs["tokens"])})["tokens"].numpy()
    found = np.pad(found, [(0, 0), (0, targets.shape[1] - found.shape[1])])
    right = (found == np.where(targets == END, 0, targets)).all(axis=1)
    assert right.mean() > 0.9  # whole answers, written freely; chance is 1/1000
