"""The head next_token: a causal network that goes on from a prompt."""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.build import answer, build, load
from models.ids import END, PADDING, START
from models.inputs.tokens import TokenInput
from models.layers.recurrent import plain
from models.outputs.next_token import NextToken
from models.spec import RECURRENT, ModelSpec
from models.spec.generation import Generation
from models.spec.settings import SpecError

VOCABULARY, LONGEST = 8, 6
PROMPTS = [[START, 4, 5, 6], [START, 7], [START], [START, 6, 6]]
TOKENS = np.array([prompt + [PADDING] * (5 - len(prompt)) for prompt in PROMPTS], np.int32)
OUTPUTS = NextToken(VOCABULARY)
MAKES = [(cell, "none", False) for cell in (*RECURRENT, "transformer")]
MAKES += [("gru", attention, True) for attention in ("dot", "additive", "multi_head")]


@pytest.fixture(scope="module", autouse=True)
def plain_recurrence():
    """How a recurrence is computed is not the subject here, and this way nothing is compiled."""
    with plain():
        yield


def made(cell, attention="none", tied=False, seed=4, **changes):
    keras.utils.set_random_seed(seed)
    small = {"units": 6, "embedding_dim": 5, "attention_heads": 2, "dropout": 0.0} | changes
    spec = ModelSpec.of(
        "many_to_many",
        head="next_token",
        cell=cell,
        attention=attention,
        tie_embeddings=tied,
        **small,
    )
    model = build(spec, TokenInput(VOCABULARY), OUTPUTS)
    noise = np.random.default_rng(seed)  # so that tokens differ clearly
    model.set_weights([w + noise.normal(0, 0.7, w.shape) for w in model.get_weights()])
    return spec, model


def whole(model):
    return tf.function(model, input_signature=[{"tokens": tf.TensorSpec([None, None], tf.int32)}])


def written_naively(read, prompt):
    """Greedily, by reading all that there is anew for each token."""
    text, score = list(prompt), 0.0
    for _ in range(LONGEST):
        logits = np.asarray(read({"tokens": np.array([text], np.int32)})["logits"][0, -1])
        logs = logits - np.log(np.exp(logits.astype(np.float64)).sum())
        allowed = np.where(np.isin(np.arange(VOCABULARY), [PADDING, START]), -np.inf, logs)
        token = int(np.argmax(allowed))
        score += logs[token]
        if token == END:
            break
        text.append(token)
    return text[len(prompt) :], score


@pytest.mark.parametrize(
    ("cell", "attention", "tied", "ngrams"),
    [(*make, 1) for make in MAKES] + [("lstm", "dot", True, 4), ("transformer", "none", False, 3)],
)
def test_generation_equals_a_loop_over_the_whole_model(cell, attention, tied, ngrams):
    spec, model = made(cell, attention, tied, ngrams=ngrams)
    write = whole(answer(spec, model, OUTPUTS, Generation(max_tokens=LONGEST)))
    found = write({"tokens": TOKENS})
    assert found.keys() == {"tokens", "lengths", "scores"}
    read = whole(model)
    texts = [written_naively(read, prompt) for prompt in PROMPTS]
    lengths = [len(text) for text, _ in texts]
    assert max(lengths) > 1
    np.testing.assert_array_equal(found["lengths"], lengths)
    for row, (text, score) in enumerate(texts):
        np.testing.assert_array_equal(found["tokens"][row, : len(text)], text)
        assert (found["tokens"][row, len(text) :].numpy() == PADDING).all()
        assert float(found["scores"][row]) == pytest.approx(score, rel=1e-4, abs=1e-5)


def test_wider_padding_of_the_prompts_changes_nothing():
    for cell, attention in [("lstm", "dot"), ("transformer", "none")]:
        spec, model = made(cell, attention)
        write = whole(answer(spec, model, OUTPUTS, Generation(max_tokens=3)))
        found = write({"tokens": TOKENS})
        wide = write({"tokens": np.pad(TOKENS, [[0, 0], [0, 4]])})
        np.testing.assert_array_equal(found["tokens"], wide["tokens"])
        np.testing.assert_allclose(found["scores"], wide["scores"], rtol=1e-5)


def test_a_row_without_a_prompt_begins_with_start():
    spec, model = made("gru")
    write = whole(answer(spec, model, OUTPUTS, Generation(max_tokens=3)))
    found = write({"tokens": np.array([[PADDING, PADDING], [START, PADDING]], np.int32)})
    np.testing.assert_array_equal(found["tokens"][0], found["tokens"][1])
    np.testing.assert_allclose(found["scores"][0], found["scores"][1], rtol=1e-5)


@pytest.mark.parametrize("strategy", ["sample", "beam"])
@pytest.mark.parametrize(("cell", "attention"), [("lstm", "multi_head"), ("transformer", "none")])
def test_other_strategies_go_on_from_a_prompt(cell, attention, strategy):
    spec, model = made(cell, attention)
    generation = Generation(strategy=strategy, beam_width=3, max_tokens=4, length_penalty=0.0)
    found = whole(answer(spec, model, OUTPUTS, generation))({"tokens": TOKENS})
    for row, length in enumerate(found["lengths"].numpy()):
        text = found["tokens"][row, :length].numpy()
        assert not np.isin(text, [PADDING, START, END]).any()
        # The score is what the whole model says of prompt and text.
        read = np.array([*PROMPTS[row], *text], np.int32)
        logs = tf.nn.log_softmax(model({"tokens": read[None]})["logits"][0]).numpy()
        asked = np.append(read[1:], END if length < 4 else PADDING)[len(PROMPTS[row]) - 1 :]
        at = np.arange(len(PROMPTS[row]) - 1, len(read))
        expected = sum(logs[t, token] for t, token in zip(at, asked, strict=True) if token)
        assert float(found["scores"][row]) == pytest.approx(expected, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("width", [5, 6])
def test_tied_embeddings_are_one_matrix(width, tmp_path):
    _, free = made("gru", embedding_dim=width)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        spec, model = made("gru", tied=True, embedding_dim=width)
        model.save(tmp_path / "model.keras")
        again = load(tmp_path / "model.keras")
        expected = model({"tokens": TOKENS})["logits"]
        np.testing.assert_array_equal(again({"tokens": TOKENS})["logits"], expected)
    texts = [
        whole(answer(spec, each, OUTPUTS, Generation(max_tokens=3)))({"tokens": TOKENS})
        for each in (model, again)
    ]
    np.testing.assert_array_equal(*(text["tokens"] for text in texts))
    for each in (model, again):
        sized = [v for v in each.weights if VOCABULARY in v.shape]
        assert [v.path for v in sized] == ["embedding/embeddings"]
    assert len([v for v in free.weights if VOCABULARY in v.shape]) == 3  # embedding, logits, bias
    projections = [v.path for v in model.weights if v.path.startswith("to_embedding")]
    assert bool(projections) == (width != 6)
    # The matrix both reads and scores: a change of one row changes the score of its token.
    table = again.get_layer("embedding").embeddings
    table.assign(table + np.eye(VOCABULARY)[:, 7:] * 1.0)
    changed = again({"tokens": TOKENS[:1]})["logits"] - expected[:1]  # 7 is not in the first
    assert np.abs(changed[0, :, 7]).max() > 1e-3
    np.testing.assert_allclose(np.asarray(changed)[0, :, :7], 0, atol=1e-5)


def test_a_vocabulary_other_than_the_inputs_is_refused():
    spec = ModelSpec.of("many_to_many", head="next_token")
    with pytest.raises(ValueError, match="8 input and 9 output tokens"):
        build(spec, TokenInput(8), NextToken(9))


def test_what_is_not_read_cannot_be_written():
    spec = ModelSpec.of("many_to_many", head="next_token", input="features")
    with pytest.raises(SpecError, match="predicts tokens from earlier tokens") as refused:
        spec.validate()
    assert refused.value.field == "head"
