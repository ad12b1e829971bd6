import keras
import pytest

from pipelines.config import TrainingSettings
from pipelines.training.optimizers import optimizer
from pipelines.training.optimizers.fused_adam import FusedAdam, FusedAdamW
from pipelines.training.optimizers.lazy_adam import LazyAdam


def test_the_settings_choose_the_optimizer():
    adam = optimizer(TrainingSettings(learning_rate=0.25, embedding_update="rows"), 10)
    assert type(adam) is LazyAdam
    assert float(adam.learning_rate) == 0.25
    assert type(optimizer(TrainingSettings(embedding_update="dense"), 10)) is FusedAdam
    adamw = optimizer(TrainingSettings(optimizer="adamw", weight_decay=0.125), 10)
    assert type(adamw) is FusedAdamW
    assert adamw.weight_decay == 0.125


def test_a_constant_rate_can_be_set_by_a_callback_and_a_schedule_follows_the_steps():
    made = optimizer(TrainingSettings(learning_rate=0.25), 10)
    made.learning_rate = 0.5
    assert float(made.learning_rate) == 0.5
    made = optimizer(TrainingSettings(learning_rate=0.25, schedule="linear"), 10)
    made.build([keras.Variable([1.0])])
    made.iterations.assign(5)
    assert float(made.learning_rate) == pytest.approx(0.125)


def test_clipping_is_left_to_the_step():
    made = optimizer(TrainingSettings(clip_norm=1.0), 10)
    assert (made.clipnorm, made.global_clipnorm, made.clipvalue) == (None, None, None)
