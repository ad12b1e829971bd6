import keras
import pytest
import tensorflow as tf

from models import precision
from models.spec.settings import SpecError


@pytest.fixture(autouse=True)
def policy():
    before = keras.config.dtype_policy()
    yield
    keras.config.set_dtype_policy(before)


def gpu(monkeypatch, capability):
    devices = [tf.config.PhysicalDevice("/physical_device:GPU:0", "GPU")]
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: devices)
    details = {"device_name": "Card", "compute_capability": capability}
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda device: details)


def test_a_cpu_is_left_in_float32_with_the_reason(monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: [])
    with pytest.raises(
        SpecError, match=r"slower than float32 on a CPU.*set precision=float32"
    ) as e:
        precision.use("mixed_bfloat16")
    assert e.value.field == "precision"
    assert keras.config.dtype_policy().name == "float32"


def test_a_gpu_that_is_too_old_is_named(monkeypatch):
    gpu(monkeypatch, (7, 5))
    with pytest.raises(SpecError, match="Card multiplies bfloat16 no faster"):
        precision.use("mixed_bfloat16")


def test_a_gpu_that_gains_computes_in_bfloat16_and_keeps_its_weights_in_float32(monkeypatch):
    gpu(monkeypatch, (8, 0))
    precision.use("mixed_bfloat16")
    layer = keras.layers.Dense(2)
    layer.build((None, 3))
    assert (layer.compute_dtype, layer.kernel.dtype) == ("bfloat16", "float32")
    precision.use("float32")
    assert keras.layers.Dense(2).compute_dtype == "float32"
