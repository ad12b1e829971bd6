"""Typed settings: task defaults < preset < file < flags. Every error lists the choices.

Imports nothing heavy, so that bad settings are rejected before TensorFlow is loaded.
"""

from __future__ import annotations

import dataclasses
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from models.spec import DEFAULTS, ModelSpec
from models.spec.generation import Generation
from models.spec.settings import check_field, setting
from pipelines.runtime.errors import UserError, unknown

TRUE = ("1", "true", "yes", "on")
FALSE = ("0", "false", "no", "off", "")
PRESETS = ("default", "best")
TOKENIZERS = ("words", "characters", "subwords", "symbols")


@dataclass(frozen=True)
class DataSettings:
    """The examples and their preprocessing."""

    dataset: str = setting("", "name of a TFDS data set, such as imdb_reviews (canonical source)")
    data: str = setting("", "your own file or folder")
    text: str = setting("", "column of the text; guessed if only one fits")
    label: str = setting("", "column of the label; guessed if only one fits")
    target: str = setting("", "column of the target sequence; guessed if only one fits")
    test_share: float = setting(
        0.2, "share held out for the test if the data have no test split", low=0.01, high=0.5
    )
    validation_share: float = setting(
        0.1, "share of the rest for validation if the data have no such split", low=0.01, high=0.5
    )
    vocabulary: int = setting(20000, "size of the vocabulary: the most frequent tokens", low=10)
    min_count: int = setting(2, "least number of occurrences of a word in the vocabulary", low=1)
    max_length: int = setting(400, "tokens kept per text, from its beginning and its end", low=1)
    target_length: int = setting(
        100, ("tokens kept per target in training, from its beginning"), low=1
    )
    tokenizer: str = setting(
        "words", "kind of tokens, if the task has a choice", choices=TOKENIZERS
    )
    lag: int = setting(100, "steps to remember over, for the generated problems", low=8, high=4000)
    passage: int = setting(
        2000, "largest number of characters of the passages that documents are cut into", low=10
    )
    window: int = setting(200, "readings in a window that long recordings are cut to", low=2)
    fold: int = setting(0, "which fold of the groups is the test split: leave-one-group-out", low=0)
    buckets: int = setting(8, "number of lengths that batches are padded to", low=1, high=64)


@dataclass(frozen=True)
class TrainingSettings:
    """Training of the network."""

    epochs: int = setting(10, "number of passes over the training split", low=1)
    batch_size: int = setting(64, "examples per step", low=1)
    optimizer: str = setting("adam", "the optimizer", choices=("adam", "adamw"))
    embedding_update: str = setting(
        "dense",
        "update only the embedding rows of the batch's tokens, or all of them (dense); adamw"
        " always updates all, because its decay affects every row",
        choices=("rows", "dense"),
    )
    learning_rate: float = setting(1e-3, "peak learning rate", low=0.0)
    schedule: str = setting(
        "constant", "learning-rate schedule", choices=("constant", "cosine", "linear")
    )
    warmup: float = setting(0.0, "share of the steps used for warm-up", low=0.0, below=1.0)
    weight_decay: float = setting(0.0, "decoupled weight decay (adamw)", low=0.0)
    ema: float = setting(
        0.0,
        "decay of the moving average of the weights that is used for inference; 0 for none",
        low=0.0,
        below=1.0,
    )
    clip_norm: float = setting(1.0, "largest global gradient norm; 0 for no clipping", low=0.0)
    label_smoothing: float = setting(
        0.0, "share of a target spread over all classes", low=0.0, below=1.0
    )
    target_sharpness: float = setting(
        1.0,
        "sharpness of targets derived from ratings, if the data have them; 0 ignores ratings",
        low=0.0,
    )
    class_weights: str = setting(
        "none", "weight classes by inverse frequency", choices=("none", "balanced")
    )
    truncate: int = setting(
        0,
        "window length in steps for truncated back-propagation through time, to bound memory"
        " on long sequences; 0 for none",
        low=0,
    )
    precision: str = setting(
        "float32", "number format of the computation", choices=("float32", "mixed_bfloat16")
    )
    patience: int = setting(
        3, ("epochs without improvement of the validation metric before stopping"), low=1
    )
    seed: int = setting(0, "random seed of weights, order and dropout", low=0)


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
    """One resolved configuration: everything that determines a run."""

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
        """The inverse of `flat`; unknown names (of a later version) are ignored.

        Args:
            values: of `flat`, possibly from JSON.
        """

        def of(kind: type[Section]) -> Section:
            names = [field.name for field in dataclasses.fields(kind) if field.name in values]
            return kind(**{name: values[name] for name in names})

        return cls(
            values["task"], of(ModelSpec), of(DataSettings), of(TrainingSettings), of(Generation)
        )


def parse(name: str, text: Any) -> Any:
    """Parses and checks the value of a setting.

    Args:
        name: of the setting.
        text: a string, or a typed value of a TOML file.

    Returns:
        The value in the setting's type.

    Raises:
        UserError: no such setting, or a value of the wrong type.
        SpecError: a value outside its constraints.
    """
    known = settings()
    if name not in known:
        raise unknown("setting", name, known)
    field = known[name][1]
    value = _convert(field, text)
    check_field(field, value)
    return value


def _convert(field: dataclasses.Field[Any], value: Any) -> Any:
    kind = type(field.default)
    text = str(value).strip()
    if kind is bool:
        return parse_bool(field.name, text)
    try:
        return kind(text)
    except ValueError:
        name = {"int": "a whole number", "float": "a number"}[kind.__name__]
        raise UserError(f"{field.name}: '{text}' is not {name}.") from None


def parse_bool(name: str, text: str) -> bool:
    """Parses yes or no in any of the forms of `TRUE` and `FALSE`.

    Raises:
        UserError: another value.
    """
    if text.lower() not in TRUE + FALSE:
        raise UserError(f"{name}: '{text}' is neither yes nor no; write 1 or 0.")
    return text.lower() in TRUE


def parse_assignments(text: str) -> dict[str, Any]:
    """Settings written as `units=64 dropout=0.3`.

    Raises:
        UserError: a part without `=`, or an unknown setting.
    """
    values = {}
    try:
        parts = shlex.split(text)
    except ValueError as error:
        raise UserError(f"SET: '{text}' cannot be parsed: {error}.") from None
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
    """Merges layers of settings, later ones taking precedence, and validates the result.

    Args:
        task: name of the task.
        mode: its mode.
        input: kind of input of its network.
        *layers: of parsed settings: task defaults, preset, file, flags.

    Raises:
        SpecError: the combination is invalid.
        UserError: an unknown setting, or two sources at once.
    """
    values: dict[str, Any] = {"task": task, **DEFAULTS[mode], "mode": mode, "input": input}
    for layer in layers:
        if layer.get("dataset") and layer.get("data"):
            raise UserError("DATASET and DATA name two sources; choose one of them.")
        if layer.get("dataset") or layer.get("data"):  # replaces the source of lower layers
            values |= {"dataset": "", "data": ""}
        values |= {name: parse(name, value) for name, value in layer.items()}
    config = Config.from_flat(values)
    config.model.validate()
    config.generation.validate()
    if config.training.weight_decay and config.training.optimizer != "adamw":
        raise UserError("weight_decay needs adamw; set optimizer=adamw, or weight_decay=0.")
    if config.training.truncate and config.model.mode != "many_to_many":
        raise UserError(
            "truncate trains on windows of a sequence, which needs an output at each step,"
            f" and {config.model.mode} has none; set truncate=0."
        )
    return config
