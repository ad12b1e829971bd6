import keras
import numpy as np
import pytest
import tensorflow as tf

from models.ids import PADDING, START
from models.layers.decoder.token_decoder import TokenDecoder
from models.spec import ModelSpec

VOCABULARY, UNITS, EMBEDDING = 8, 6, 4
PREVIOUS = tf.constant([[START, 4, 5, 1], [START, 6, 0, 0]])
MASK = np.asarray(PREVIOUS) != PADDING
MEMORY = tf.constant(np.random.default_rng(0).normal(size=(2, 3, 5)), tf.float32)
SEEN = {"memory": MEMORY, "memory_mask": tf.constant([[True, True, False], [True] * 3])}


def made(previous=PREVIOUS, **changes):
    """A decoder whose weights are away from their first values."""
    keras.utils.set_random_seed(0)
    given = {"units": UNITS, "embedding_dim": EMBEDDING, "dropout": 0.0, "attention": "additive"}
    spec = ModelSpec.of("encoder_decoder", **(given | changes))
    decoder = TokenDecoder.from_spec(spec, VOCABULARY, "decoder")
    decoder(previous, **SEEN)
    noise = np.random.default_rng(3)
    for weight in decoder.trainable_variables:
        weight.assign(noise.normal(0, 0.5, weight.shape))
    return decoder


def test_it_embeds_writes_and_scores():
    decoder = made(cell="gru")
    answers, states = decoder(PREVIOUS, **SEEN)
    outputs, attention, after = decoder.core(decoder.embedding(PREVIOUS), mask=MASK, **SEEN)
    kernel, bias = decoder.logits.get_weights()
    np.testing.assert_allclose(answers["logits"], outputs @ kernel + bias, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(answers["attention"], attention)
    np.testing.assert_array_equal(states[0], after[0])


def test_without_attention_there_is_none_among_the_answers():
    assert made(attention="none")(PREVIOUS)[0].keys() == {"logits"}


@pytest.mark.parametrize("units", [EMBEDDING, UNITS])
def test_tied_weights_are_one_variable(units):
    decoder, untied = made(units=units, tie_embeddings=True), made(units=units)
    shaped = [v for v in decoder.trainable_variables if VOCABULARY in v.shape]
    assert [tuple(v.shape) for v in shaped] == [(VOCABULARY, EMBEDDING)]
    assert len([v for v in untied.trainable_variables if VOCABULARY in v.shape]) == 3
    answers, _ = decoder(PREVIOUS, **SEEN)
    outputs, *_ = decoder.core(tf.gather(shaped[0], PREVIOUS), mask=MASK, **SEEN)
    if units != EMBEDDING:
        outputs @= decoder.narrow.kernel
    wanted = outputs @ tf.transpose(shaped[0])
    np.testing.assert_allclose(answers["logits"], wanted, rtol=1e-5, atol=1e-5)


def test_true_teacher_forcing_is_the_plain_network_and_draws_nothing():
    decoder = made(teacher_forcing=1.0)
    assert decoder.generator is None
    trained, plain = (decoder(PREVIOUS, training=t, **SEEN)[0]["logits"] for t in (True, False))
    np.testing.assert_array_equal(trained, plain)


def test_outside_of_training_the_truth_is_read():
    sampling, plain = made(teacher_forcing=0.3), made(teacher_forcing=1.0)
    np.testing.assert_array_equal(
        sampling(PREVIOUS, **SEEN)[0]["logits"], plain(PREVIOUS, **SEEN)[0]["logits"]
    )


def read_in_training(decoder, previous, **seen):
    """What the second pass reads."""
    passes, written = [], decoder._written

    def noting(read, *args, **kwargs):
        passes.append(np.asarray(read))
        return written(read, *args, **kwargs)

    decoder._written = noting
    decoder(previous, training=True, **seen)
    first, second = passes
    np.testing.assert_array_equal(first, previous)
    return second


def certain(decoder, token):
    """Makes the decoder write one token, and if it could PADDING and START before all others."""
    kernel, bias = decoder.logits.get_weights()
    bias[[PADDING, START, token]] = 90, 80, 60
    decoder.logits.set_weights([kernel * 0, bias])


@pytest.mark.parametrize("share", [0.0, 0.25, 0.8])
def test_the_given_share_of_steps_reads_the_own_token(share):
    truth = np.full((400, 12), 5, np.int32)
    truth[:, 0] = START
    truth[::2, 9:] = PADDING
    decoder = made(attention="none", cell="gru", teacher_forcing=share)
    certain(decoder, 6)
    read = read_in_training(decoder, tf.constant(truth))
    may = np.ones_like(truth, bool)
    may[:, 0] = may[::2, 9:] = False
    np.testing.assert_array_equal(read[~may], truth[~may])  # what begins and pads stays
    assert set(read[may]) <= {5, 6}
    assert (read[may] == 5).mean() == pytest.approx(share, abs=0.03)


def test_what_is_written_at_a_step_is_read_at_the_next_one():
    decoder = made(attention="none", teacher_forcing=0.0)
    # The token after token i is i + 1, whatever came before: certain, so that nothing is drawn.
    decoder.core.call = lambda sequence, **_: (sequence, None, [])
    decoder.embedding.set_weights([np.eye(VOCABULARY)[:, :EMBEDDING]])
    decoder.logits = lambda outputs: 100 * tf.roll(tf.pad(outputs, [(0, 0), (0, 0), (0, 4)]), 1, 2)
    truth = tf.constant([[START, 3, 3, 3], [START, 0, 0, 0]])
    read = read_in_training(decoder, truth)
    np.testing.assert_array_equal(read, [[START, 3, 4, 4], [START, 0, 0, 0]])


def test_own_tokens_are_drawn_from_the_scores():
    truth = np.full((300, 12), 5, np.int32)
    truth[:, 0] = START
    decoder = made(attention="none", cell="gru", teacher_forcing=0.0)
    kernel, _ = decoder.logits.get_weights()
    shares = np.array([0.3, 0.2, 0.2, 0.1, 0.1, 0.05, 0.05, 0.0])
    decoder.logits.set_weights([kernel * 0, np.log(shares + 1e-9)])
    read = read_in_training(decoder, tf.constant(truth))[:, 1:]
    for token in range(VOCABULARY):
        wanted = 0 if token in (PADDING, START) else shares[token] / 0.5
        assert (read == token).mean() == pytest.approx(wanted, abs=0.03)


def test_the_first_pass_has_no_gradient():
    decoder, plain = made(teacher_forcing=0.4), made()
    state = decoder.generator.state.numpy()
    mixture = tf.constant(read_in_training(decoder, PREVIOUS, **SEEN))
    assert (mixture.numpy() != PREVIOUS.numpy()).any()
    decoder.generator.state.assign(state)
    found = gradients(decoder, PREVIOUS)
    for a, b in zip(found, gradients(plain, mixture), strict=True):
        np.testing.assert_allclose(tf.convert_to_tensor(a), tf.convert_to_tensor(b), atol=1e-6)


def gradients(decoder, previous):
    with tf.GradientTape() as tape:
        answers, _ = decoder(previous, training=True, **SEEN)
        loss = tf.reduce_sum(tf.sin(answers["logits"]))
    return tape.gradient(loss, [v.value for v in decoder.trainable_variables])


def test_the_first_pass_has_no_dropout():
    decoder = made(teacher_forcing=0.0, dropout=0.5)
    seen = []
    for name in ("embedding_dropout", "output_dropout"):
        layer = getattr(decoder, name)
        call = layer.call
        layer.call = lambda x, training=False, call=call: (seen.append(training), call(x))[1]
    decoder(PREVIOUS, training=True, **SEEN)
    assert seen == [False, False, True, True]


def test_a_seed_decides_what_is_read_and_each_time_is_another():
    truth = np.full((4, 20), 5, np.int32)
    runs = []
    for _ in range(2):
        decoder = made(tf.constant(truth), attention="none", teacher_forcing=0.5)
        state = decoder.generator.state.numpy()
        first = np.asarray(decoder(tf.constant(truth), training=True)[0]["logits"])
        second = np.asarray(decoder(tf.constant(truth), training=True)[0]["logits"])
        decoder.generator.state.assign(state)
        np.testing.assert_array_equal(
            decoder(tf.constant(truth), training=True)[0]["logits"], first
        )
        assert (first != second).any()
        runs.append(first)
    np.testing.assert_array_equal(*runs)


@pytest.mark.parametrize("cell", ["lstm", "transformer"])
def test_logits_and_attention_are_float32_under_mixed_precision(cell):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        feeding = cell == "lstm"
        changes = {"attention": "multi_head", "attention_heads": 2, "input_feeding": feeding}
        decoder = made(cell=cell, tie_embeddings=True, teacher_forcing=0.5, **changes)
        answers, states = decoder(PREVIOUS, training=True, **SEEN)
    finally:
        keras.config.set_dtype_policy(before)
    assert answers["logits"].dtype == answers["attention"].dtype == tf.float32
    assert {state.dtype for state in states} <= {tf.float16, tf.bool}
    assert np.isfinite(answers["logits"]).all()
