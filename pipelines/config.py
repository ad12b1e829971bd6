"""Typed settings: task defaults < preset < file < flags. Every error lists the choices.

Imports nothing heavy: a bad setting is answered before TensorFlow is loaded.
"""

from __future__ import annotations

import dataclasses
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from models.generation import Generation
from models.settings import check_field, setting
from models.spec import DEFAULTS, ModelSpec
from pipelines.errors import UserError, unknown

TRUE = ("1", "true", "yes", "on")
FALSE = ("0", "false", "no", "off", "")
PRESETS = ("default", "best")
TOKENIZERS = ("words", "characters", "subwords", "symbols")


@dataclass(frozen=True)
class DataSettings:
    """Which examples, and how they become tensors."""

    dataset: str = setting("", "a TFDS name, such as imdb_reviews (canonical source)")
    data: str = setting("", "a file or folder of your own (yours)")
    text: str = setting("", "column of the text; guessed where only one fits")
    label: str = setting("", "column of the label; guessed where only one fits")
    target: str = setting("", "column of what is to be written; guessed where only one fits")
    test_share: float = setting(
        0.2, "share held out for the test where the data have no test split", low=0.01, high=0.5
    )
    validation_share: float = setting(
        0.1, "share of the rest for validation where none is given", low=0.01, high=0.5
    )
    vocabulary: int = setting(20000, "most frequent words that get an embedding", low=10)
    min_count: int = setting(2, "rarer words count as unknown", low=1)
    max_length: int = setting(400, "tokens kept of a text: its beginning and its end", low=1)
    target_length: int = setting(100, "tokens kept of a target in training: its beginning", low=1)
    tokenizer: str = setting(
        "words", "what a text's tokens are, where the task has a choice", choices=TOKENIZERS
    )
    lag: int = setting(100, "steps to remember over, of the generated problems", low=8, high=4000)
    passage: int = setting(
        2000, "characters that long documents are cut to, at the end of a line", low=10
    )
    buckets: int = setting(8, "lengths that batches are padded to", low=1, high=64)


@dataclass(frozen=True)
class TrainingSettings:
    """How the weights are learned."""

    epochs: int = setting(10, "passes over the training split", low=1)
    batch_size: int = setting(64, "examples per step", low=1)
    optimizer: str = setting("adam", "the optimizer", choices=("adam", "adamw"))
    embedding_update: str = setting(
        "dense",
        "what a step changes of an embedding: the rows of the batch's tokens, or all of them"
        " (dense), as adamw always does: its decay is for every row",
        choices=("rows", "dense"),
    )
    learning_rate: float = setting(1e-3, "peak step size", low=0.0)
    schedule: str = setting(
        "constant", "learning rate over the steps", choices=("constant", "cosine", "linear")
    )
    warmup: float = setting(0.0, "share of the steps that warm up", low=0.0, below=1.0)
    weight_decay: float = setting(0.0, "decoupled weight decay (adamw)", low=0.0)
    ema: float = setting(
        0.0,
        "decay of the moving average of the weights, which is what is served; 0 for none",
        low=0.0,
        below=1.0,
    )
    clip_norm: float = setting(1.0, "largest global gradient norm; 0 turns clipping off", low=0.0)
    label_smoothing: float = setting(
        0.0, "share of a target spread over all classes", low=0.0, below=1.0
    )
    target_sharpness: float = setting(
        1.0,
        "how sure a rating of strength 1 is, where the data have ratings; 0 ignores them",
        low=0.0,
    )
    class_weights: str = setting(
        "none", "weigh classes by inverse frequency", choices=("none", "balanced")
    )
    truncate: int = setting(
        0,
        "steps of a window of truncated back-propagation: the state is carried on, the gradient"
        " ends at the border, memory is that of one window; 0 for none",
        low=0,
    )
    precision: str = setting(
        "float32", "number format of the products", choices=("float32", "mixed_bfloat16")
    )
    patience: int = setting(3, "epochs without a better validation metric before stopping", low=1)
    seed: int = setting(0, "of weights, order and dropout", low=0)


Section = TypeVar("Section", ModelSpec, DataSettings, TrainingSettings, Generation)
SECTIONS: dict[str, type[ModelSpec | DataSettings | TrainingSettings | Generation]] = {
    "model": ModelSpec,
    "data": DataSettings,
    "training": TrainingSettings,
    "generation": Generation,
}


def settings() -> dict[str, tuple[str, dataclasses.Field[Any]]]:
    """All settings by name, each with its section and field; mode and input are the task's."""
    return {
        field.name: (section, field)
        for section, kind in SECTIONS.items()
        for field in dataclasses.fields(kind)
        if field.name not in ("mode", "input")
    }


@dataclass(frozen=True)
class Config:
    """One resolved configuration: everything that a run is determined by."""

    task: str
    model: ModelSpec
    data: DataSettings
    training: TrainingSettings
    generation: Generation = dataclasses.field(default_factory=Generation)

    def flat(self) -> dict[str, Any]:
        """All settings in one dictionary, as they are logged with a run."""
        values: dict[str, Any] = {"task": self.task}
        for section in SECTIONS:
            values |= dataclasses.asdict(getattr(self, section))
        return values

    @classmethod
    def from_flat(cls, values: Mapping[str, Any]) -> Config:
        """The inverse of `flat`; unknown names (of a later version) are left out.

        Args:
            values: what `flat` returned, perhaps through JSON.
        """

        def of(kind: type[Section]) -> Section:
            names = [field.name for field in dataclasses.fields(kind) if field.name in values]
            return kind(**{name: values[name] for name in names})

        return cls(
            values["task"],
            of(ModelSpec),
            of(DataSettings),
            of(TrainingSettings),
            of(Generation),
        )


def parse(name: str, text: Any) -> Any:
    """A setting's value from what a person wrote, checked.

    Args:
        name: of the setting.
        text: a string, or a value that already has a type (from a TOML file).

    Returns:
        The value in the setting's type.

    Raises:
        UserError: no such setting, or not a value of its type.
        SpecError: outside its constraints.
    """
    known = settings()
    if name not in known:
        raise unknown("setting", name, known)
    field = known[name][1]
    value = _convert(field, text)
    check_field(field, value)
    return value


def _convert(field: dataclasses.Field[Any], given: Any) -> Any:
    kind = type(field.default)
    text = str(given).strip()
    if kind is bool:
        if text.lower() not in TRUE + FALSE:
            raise UserError(f"{field.name}: '{text}' is neither yes nor no; write 1 or 0.")
        return text.lower() in TRUE
    try:
        return kind(text)
    except ValueError:
        name = {"int": "a whole number", "float": "a number"}[kind.__name__]
        raise UserError(f"{field.name}: '{text}' is not {name}.") from None


def parse_assignments(text: str) -> dict[str, Any]:
    """Settings written as `units=64 dropout=0.3`.

    Raises:
        UserError: a part without `=`, or an unknown setting.
    """
    values = {}
    try:
        parts = shlex.split(text)
    except ValueError as error:
        raise UserError(f"SET: {text} cannot be read: {error}.") from None
    for part in parts:
        name, equals, value = part.partition("=")
        if not equals:
            raise UserError(f"SET: '{part}' is not of the form name=value.")
        values[name] = parse(name, value)
    return values


def read_file(path: Path) -> dict[str, Any]:
    """Settings of a TOML file: flat, or in the sections model, data, training and generation.

    Raises:
        UserError: no such file, not TOML, or an unknown setting.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"CONFIG: '{path}' cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"CONFIG: '{path}' is not TOML: {error}.") from None
    values: dict[str, Any] = {}
    for name, value in content.items():
        if isinstance(value, dict):
            if name not in SECTIONS:
                raise unknown(f"section of {path}", name, SECTIONS)
            values |= value
        else:
            values[name] = value
    return {name: parse(name, value) for name, value in values.items()}


def resolve(task: str, mode: str, *layers: Mapping[str, Any], input: str = "tokens") -> Config:
    """Lays settings over each other, the last one on top, and validates the whole.

    Args:
        task: name of the task.
        mode: its mode.
        input: what kind of input its network reads.
        *layers: task defaults, preset, file, flags: each a dictionary of parsed settings.

    Raises:
        SpecError: the combination makes no sense.
        UserError: an unknown setting, or two sources at once.
    """
    values: dict[str, Any] = {"task": task, **DEFAULTS[mode], "mode": mode, "input": input}
    for layer in layers:
        if layer.get("dataset") and layer.get("data"):
            raise UserError("DATASET and DATA name two sources; give one of them.")
        if layer.get("dataset") or layer.get("data"):  # another source than a layer below named
            values |= {"dataset": "", "data": ""}
        values |= {name: parse(name, value) for name, value in layer.items()}
    config = Config.from_flat(values)
    config.model.validate()
    config.generation.validate()
    if config.training.weight_decay and config.training.optimizer != "adamw":
        raise UserError("weight_decay belongs to adamw; set optimizer=adamw, or weight_decay=0.")
    if config.training.truncate and config.model.mode != "many_to_many":
        raise UserError(
            "truncate cuts sequences into windows that are each trained on, which takes an answer"
            f" for each step; {config.model.mode} has none. Set truncate=0."
        )
    return config
