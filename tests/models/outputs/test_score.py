import numpy as np
import tensorflow as tf

from models import build
from models.ids import END
from models.inputs.tokens import TokenInput
from models.outputs.tokens import Tokens
from models.spec import ModelSpec

SIZE = 9
TARGETS = np.array([[4, 5, 6, END], [7, END, 0, 0]], np.int32)


def test_given_targets_are_rated_by_their_probability_and_not_by_a_smoothed_loss():
    spec = ModelSpec.of("encoder_decoder", cell="gru", units=8, embedding_dim=8, attention="dot")
    outputs = Tokens(SIZE, label_smoothing=0.3)
    model = build.build(spec, TokenInput(SIZE), outputs)
    inputs = {"tokens": tf.constant([[4, 5, 6], [7, 8, 0]])}
    found = build.score(model, outputs)(inputs, tf.constant(TARGETS))

    given = inputs | {"previous": outputs.teacher_inputs(tf.constant(TARGETS))["previous"]}
    log_p = tf.nn.log_softmax(model(given)["logits"]).numpy()
    real = TARGETS != 0
    own = np.take_along_axis(log_p, TARGETS[:, :, None], axis=-1)[:, :, 0]
    np.testing.assert_allclose(found["step_losses"], np.where(real, -own, 0), rtol=1e-5)
    np.testing.assert_allclose(found["loss"], -(own * real).sum(1) / real.sum(1), rtol=1e-5)
    assert found["size"].numpy().tolist() == [4, 2]
    best = np.where(real, log_p.argmax(-1), 0)
    np.testing.assert_array_equal(found["best"], best)
