import keras
import pytest
import tensorflow as tf

from models.kernels import compiled
from models.layers import recurrent
from models.layers.recurrent import workers


@pytest.mark.parametrize("kind", [recurrent.SimpleRNN, recurrent.LSTM, recurrent.GRU])
def test_the_fast_path_is_the_usual_one(kind):
    layer = kind(3, dropout=0.1, recurrent_dropout=0.1, time_checkpoint=5)
    assert recurrent.path_of(layer).name == "fast"
    with recurrent.plain():
        assert recurrent.path_of(layer).name == "plain"
    assert recurrent.path_of(layer).name == "fast"


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        (recurrent.SimpleRNN(3, activation="relu"), "activation is relu, not tanh"),
        (recurrent.LSTM(3, activation=None), "activation is linear, not tanh"),
        (
            recurrent.GRU(3, recurrent_activation="hard_sigmoid"),
            "recurrent_activation is hard_sigmoid, not sigmoid",
        ),
        (recurrent.LSTM(3, use_bias=False), "use_bias=False"),
        (recurrent.GRU(3, reset_after=False), "reset_after=False"),
        (recurrent.LSTM(3, unroll=True), "unroll=True"),
        (recurrent.LSTM(3, use_cudnn=True), "use_cudnn=True"),
        (recurrent.SimpleRNN(3, dropout=1.0), "a dropout of 1"),
        (recurrent.GRU(3, dtype="mixed_bfloat16"), "computes in bfloat16, not in float32"),
        (recurrent.LSTM(3, dtype="float64"), "computes in float64, not in float32"),
        (keras.layers.LSTM(3), "not a layer of models.layers.recurrent"),
    ],
)
def test_what_the_fast_path_cannot_do_goes_the_way_of_keras(layer, reason):
    path = recurrent.path_of(layer)
    assert path.name == "keras"
    assert reason in path.reason
    assert str(path) == f"keras: {path.reason}"
    with recurrent.plain():
        assert recurrent.path_of(layer) == path


@pytest.mark.parametrize(
    ("layer", "name", "reason"),
    [
        (recurrent.LSTM(3), "cudnn", "Keras takes cuDNN"),
        (recurrent.GRU(3, dtype="mixed_float16"), "cudnn", "Keras takes cuDNN"),
        (recurrent.GRU(3, use_cudnn=False), "keras", "use_cudnn=False"),
        (recurrent.LSTM(3, recurrent_dropout=0.1), "keras", "no recurrent dropout"),
        (recurrent.LSTM(3, use_bias=False), "keras", "use_bias=False"),
        (recurrent.SimpleRNN(3), "keras", "cuDNN has no path for this layer"),
    ],
)
def test_on_a_gpu_keras_decides(layer, name, reason, monkeypatch):
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda *_: ["/GPU:0"])
    path = recurrent.path_of(layer)
    assert path.name == name
    assert reason in path.reason


def test_inside_bidirectional_each_direction_is_asked():
    both = keras.layers.Bidirectional(recurrent.GRU(3))
    assert recurrent.path_of(both.forward_layer).name == "fast"
    assert recurrent.path_of(both.backward_layer).name == "fast"


def test_the_way_of_keras_gives_the_answer_of_keras():
    settings = {"activation": "relu", "use_bias": False, "return_sequences": True}
    theirs, ours = keras.layers.LSTM(3, **settings), recurrent.LSTM(3, **settings)
    sequence = tf.random.normal((2, 4, 3), seed=0)
    theirs.build(sequence.shape)
    ours.build(sequence.shape)
    ours.set_weights(theirs.get_weights())
    tf.debugging.assert_equal(ours(sequence), theirs(sequence))


def test_the_number_of_threads_is_said():
    assert f"kernels on {workers.threads()} threads" in str(recurrent.path_of(recurrent.LSTM(3)))


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """No compiled kernels, as on another processor."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    compiled.obstacle.cache_clear()
    yield tmp_path
    compiled.obstacle.cache_clear()


@pytest.mark.parametrize("bidirectional", [False, True])
def test_without_compiled_kernels_keras_computes_and_the_reason_is_said(elsewhere, bidirectional):
    settings = {"return_sequences": True}
    theirs, ours = keras.layers.GRU(3, **settings), recurrent.GRU(3, **settings)
    assert str(recurrent.path_of(ours)) == (
        "keras: the kernels are not compiled for this processor (make setup compiles them)"
    )
    if bidirectional:
        theirs, ours = keras.layers.Bidirectional(theirs), recurrent.Bidirectional(ours)
    sequence = tf.random.normal((2, 4, 3), seed=0)
    for layer in (theirs, ours):
        layer.build(sequence.shape)
    ours.set_weights(theirs.get_weights())
    tf.debugging.assert_equal(ours(sequence), theirs(sequence))


def test_what_was_compiled_for_other_sources_is_not_used(elsewhere):
    (elsewhere / "unrolled").mkdir()
    (elsewhere / "unrolled" / compiled.MARK).write_text("another", "utf-8")
    assert "not compiled" in compiled.obstacle()
    (elsewhere / "unrolled" / compiled.MARK).write_text(compiled._identity(), "utf-8")
    compiled.obstacle.cache_clear()
    assert compiled.obstacle() is None


def test_without_numba_the_reason_is_said(elsewhere, monkeypatch):
    monkeypatch.setattr(compiled, "find_spec", lambda name: None)
    assert recurrent.path_of(recurrent.LSTM(3)).reason == "numba is not installed"
    assert compiled.compile_all() == "numba is not installed"


def test_a_folder_that_cannot_be_written_is_one_line(elsewhere, monkeypatch):
    (elsewhere / "unrolled").write_text("a file where the folder should be", "utf-8")
    assert "cannot be written" in compiled.compile_all()
