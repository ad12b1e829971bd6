"""A tiny SavedModel in pure TensorFlow, shaped like a real export: raw text in, labels out."""

import json
import shutil
from pathlib import Path

import tensorflow as tf

from pipelines.runtime.saved_model import CARD, EXTRA
from pipelines.runtime.saved_model import EXAMPLE as EXAMPLE_FILE

CLASSES = ("bad", "fine", "good")
TEXTS = tf.TensorSpec([None], tf.string, name="text")
EXAMPLE = {"signature_name": "serving_default", "instances": ["a fine film"]}


class Classifier(tf.Module):
    """Words -> hashed ids -> embedding -> mean -> softmax; the seed tells versions apart."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        draw = tf.random.Generator.from_seed(seed)
        self.embedding = tf.Variable(draw.normal([101, 8]))
        self.kernel = tf.Variable(draw.normal([8, len(CLASSES)]))

    def _scores(self, words: tf.RaggedTensor) -> tuple[tf.Tensor, tf.Tensor]:
        ids = tf.strings.to_hash_bucket_fast(words, 101)
        lengths = tf.maximum(tf.cast(words.row_lengths(), tf.float32), 1.0)
        mask = tf.sequence_mask(words.row_lengths(), dtype=tf.float32)
        vectors = tf.gather(self.embedding, ids.to_tensor()) * mask[..., None]
        mean = tf.reduce_sum(vectors, 1) / lengths[:, None]
        return tf.nn.softmax(mean @ self.kernel), mask / lengths[:, None]

    def _labelled(self, scores: tf.Tensor) -> dict[str, tf.Tensor]:
        classes = tf.constant(CLASSES)
        return {
            "label": tf.gather(classes, tf.argmax(scores, -1)),
            "scores": scores,
            "classes": tf.tile(classes[None], [tf.shape(scores)[0], 1]),
        }

    @tf.function(input_signature=[TEXTS])
    def classify(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        scores, _ = self._scores(tf.strings.split(text))
        return self._labelled(scores)

    @tf.function(input_signature=[TEXTS])
    def attend(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        """The free width of `attention` is that of `tokens`."""
        words = tf.strings.split(text)
        scores, attention = self._scores(words)
        tokens = words.to_tensor(default_value="")
        return {**self._labelled(scores), "attention": attention, "tokens": tokens}

    @tf.function(input_signature=[TEXTS, tf.TensorSpec([None, None], tf.float32, name="extra")])
    def loose(self, text: tf.Tensor, extra: tf.Tensor) -> dict[str, tf.Tensor]:
        """`tokens` beside an output whose free width may be another."""
        return {"tokens": tf.strings.split(text).to_tensor(default_value=""), "extra": extra}

    @tf.function(input_signature=[TEXTS])
    def translate(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        """The first word letter by letter, each with a weight for every word of the text."""
        words = tf.strings.split(text)
        written = tf.strings.bytes_split(tf.strings.reduce_join(words[:, :1], axis=1))
        read_mask = tf.sequence_mask(words.row_lengths(), dtype=tf.float32)
        written_mask = tf.sequence_mask(written.row_lengths(), dtype=tf.float32)
        count = tf.maximum(tf.reduce_sum(read_mask, axis=1), 1.0)
        return {
            "output_tokens": written.to_tensor(default_value=""),
            "attention": written_mask[:, :, None] * (read_mask / count[:, None])[:, None, :],
            "tokens": words.to_tensor(default_value=""),
            "copying": written_mask / count[:, None],
        }

    @tf.function(input_signature=[TEXTS])
    def lengths(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        """An output of free width whose true width nothing measures."""
        words = tf.strings.split(text)
        return {"lengths": tf.strings.length(words).to_tensor()}

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, 3], tf.float32, name="x"),
            tf.TensorSpec([None], tf.int32, name="n"),
        ]
    )
    def numbers(self, x: tf.Tensor, n: tf.Tensor) -> dict[str, tf.Tensor]:
        with tf.control_dependencies(
            [tf.debugging.assert_greater(n, -1, "n must not be negative")]
        ):
            return {"y": x * tf.cast(n, tf.float32)[:, None], "root": tf.sqrt(x[:, 0])}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="image")])
    def picture(self, image: tf.Tensor) -> dict[str, tf.Tensor]:
        grey = tf.map_fn(
            lambda png: tf.reduce_mean(tf.cast(tf.io.decode_png(png, 1), tf.float32)),
            image,
            fn_output_signature=tf.float32,
        )
        return {"grey": grey, "same_bytes": image}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="seconds")])
    def slow(self, seconds: tf.Tensor) -> dict[str, tf.Tensor]:
        """Burns about as many seconds as asked for."""
        end = tf.timestamp() + tf.cast(tf.reduce_max(seconds), tf.float64)
        matrix = tf.random.uniform([64, 64])
        tf.while_loop(lambda _: tf.timestamp() < end, lambda m: (tf.nn.softmax(m @ m),), (matrix,))
        return {"slept": seconds}


AXES = {
    "translate": {
        "output_tokens": ["written"],
        "attention": ["written", "steps"],
        "tokens": ["steps"],
        "copying": ["written"],
    }
}
SIGNATURES = ("attend", "lengths", "loose", "numbers", "picture", "slow", "translate")


def save(folder: Path, seed: int = 1, example: dict | None = EXAMPLE) -> Path:
    """Writes a version as an export does: elsewhere, then renamed in place."""
    temporary = folder.parent / f".{folder.name}.tmp"
    model = Classifier(seed)
    signatures = {name: getattr(model, name) for name in SIGNATURES}
    tf.saved_model.save(model, str(temporary), {"serving_default": model.classify, **signatures})
    if example is not None:
        (temporary / EXTRA).mkdir()
        (temporary / EXAMPLE_FILE).write_text(json.dumps(example), encoding="utf-8")
    temporary.rename(folder)
    return folder


def copy(source: Path, folder: Path) -> Path:
    """A copy of a version, renamed in place; cheaper than to save another."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = folder.parent / f".{folder.name}.tmp"
    shutil.copytree(source, temporary)
    temporary.rename(folder)
    return folder


def write_axes(folder: Path, axes: dict) -> None:
    """Names the axes of a version's outputs in its card."""
    (folder / CARD).write_text(json.dumps({"axes": axes}), encoding="utf-8")
