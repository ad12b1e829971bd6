"""Writing 40 tokens for one sentence: token by token, or in one loop of an export.

One network (8,000 words, LSTM of 256 units both to read and to write, attention over 20 tokens)
writes the same tokens, greedily and with a beam of 4: by `predict` of an encoder and of a decoder
for each token, as Keras's tutorial of sequence to sequence does it; by both as compiled graphs; and
by the SavedModel that `models.export.signatures` writes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.command import progress, quick
from benchmarks.timing import interleaved, table
from models.ids import END, PADDING, START

BEAM, ROUNDS = 4, 5


@dataclass(frozen=True)
class Sizes:
    """Of the network, the sentence and the answer."""

    vocabulary: int = 8_000
    units: int = 256
    read: int = 20
    written: int = 40


class Network:
    """An encoder-decoder with random weights.

    Attributes:
        start: Keras model, `tokens` -> the states by name; the memory is among them.
        step: Keras model, `previous` and the states -> `logits` `[rows, words]`, the new states.
    """

    def __init__(self, sizes: Sizes):
        import keras

        from models.build import build, streaming
        from models.inputs.tokens import TokenInput
        from models.outputs.tokens import Tokens
        from models.spec import ModelSpec

        keras.utils.set_random_seed(0)
        self.sizes = sizes
        width = {"units": sizes.units, "embedding_dim": sizes.units}
        self.spec = ModelSpec.of("encoder_decoder", attention="dot", dropout=0.0, **width)
        self.outputs = Tokens(sizes.vocabulary)
        self.model = build(self.spec, TokenInput(sizes.vocabulary), self.outputs)
        network = streaming(self.spec, self.model, self.outputs)
        tokens = keras.Input((None,), dtype="int32", name="tokens")
        self.start = keras.Model({"tokens": tokens}, network.start({"tokens": tokens}))
        previous, states = (
            {name: keras.Input(spec.shape[1:], dtype=spec.dtype, name=name) for name, spec in specs}
            for specs in (network.input_specs().items(), network.state_specs().items())
        )
        answers, after = network.step(previous, states)
        changed = {name: after[name] for name in ("state_0", "state_1")}
        logits: Any = answers["logits"]
        self.step = keras.Model(previous | states, {"logits": logits[:, -1]} | changed)

    def export(self, folder: Path) -> Any:
        """Written as `greedy` and `beam`, and loaded again."""
        import tensorflow as tf

        from models.build import answer
        from models.export import signatures as serving
        from models.spec.generation import Generation

        length = self.sizes.written
        tokens = {"tokens": tf.TensorSpec([None, None], tf.int32)}
        signatures = {}
        for strategy in ("greedy", "beam"):
            generation = Generation(strategy, BEAM, min_tokens=length, max_tokens=length)
            write = answer(self.spec, self.model, self.outputs, generation)
            read = lambda tokens, write=write: write({"tokens": tokens})  # noqa: E731
            signatures[strategy] = serving.signature(read, tokens)
        serving.save(folder, signatures, [self.model])
        return tf.saved_model.load(str(folder))


def continuations(logits: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, ...]:
    """The best continuations of the beams: scores, beams, tokens. END waits for the last token."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    log_p[:, [PADDING, START, END]] = -np.inf
    every = (scores[:, None] + log_p).ravel()
    best = np.argpartition(-every, len(scores))[: len(scores)]
    best = best[np.argsort(-every[best])]
    return every[best], *np.divmod(best, logits.shape[1])


Call = Callable[[Mapping[str, np.ndarray]], Mapping[str, Any]]


def token_by_token(
    start: Call, step: Call, tokens: np.ndarray, length: int, width: int
) -> np.ndarray:
    """Beam search around a step, in Python; with a width of 1 greedy.

    Args:
        start: `tokens` -> states.
        step: `previous` and states -> `logits` and the states that changed.
        tokens: int32 `[1, read]`.
        length: of the answer.
        width: of the beam.

    Returns:
        The best tokens, `[length]`.
    """
    read = start({"tokens": tokens}).items()
    states = {name: np.repeat(np.asarray(state), width, axis=0) for name, state in read}
    scores = np.where(np.arange(width) == 0, 0.0, -np.inf)
    written = np.full((width, 1), START, np.int32)
    for _ in range(length):
        after = {k: np.asarray(v) for k, v in step({"previous": written[:, -1:]} | states).items()}
        scores, beams, last = continuations(after.pop("logits"), scores)
        states |= {name: state[beams] for name, state in after.items()}
        written = np.concatenate([written[beams], last[:, None]], axis=1, dtype=np.int32)
    return written[0, 1:]


def contenders(network: Network, loaded: Any, strategy: str) -> dict[str, Callable[[], np.ndarray]]:
    """Every way to write; each gives the tokens."""
    import tensorflow as tf

    sizes = network.sizes
    random = np.random.default_rng(0)
    tokens = random.integers(END + 1, sizes.vocabulary, (1, sizes.read), dtype=np.int32)
    width = BEAM if strategy == "beam" else 1
    write = loaded.signatures[strategy]

    def each(wrapped: Callable[[Any], Call]) -> Callable[[], np.ndarray]:
        start, step = wrapped(network.start), wrapped(network.step)
        return lambda: token_by_token(start, step, tokens, sizes.written, width)

    return {
        "predict for each token": each(lambda model: partial(model.predict, verbose=0)),
        "compiled step for each token": each(
            lambda model: tf.function(partial(model, training=False), reduce_retracing=True)
        ),
        "one loop in the export": lambda: write(tokens=tf.constant(tokens))["tokens"].numpy()[0],
    }


def main() -> None:
    """Prints the table."""
    tiny = quick(__doc__)
    sizes, rounds = (Sizes(32, 8, 5, 6), 2) if tiny else (Sizes(), ROUNDS)
    network = Network(sizes)
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        loaded = network.export(Path(folder))
        for strategy in ("greedy", "beam"):
            ways = contenders(network, loaded, strategy)
            first, *others = [write() for write in ways.values()]
            for other in others:
                np.testing.assert_array_equal(other, first)
            times = interleaved(ways, rounds, warm=0)
            slowest = next(iter(times.values())).median
            for name, taken in times.items():
                lines.append([strategy, name, taken, f"{slowest / taken.median:.1f}x"])
                progress(*lines[-1])
    print(f"{sizes.written} tokens for one sentence of {sizes.read}; the beam is of {BEAM}\n")
    print(table(["strategy", "by", "ms", "over predict"], lines))


if __name__ == "__main__":
    main()
