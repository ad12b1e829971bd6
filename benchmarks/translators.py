"""The same encoder-decoder, ours and as one writes it plainly in PyTorch.

A bidirectional encoder, a bridge of dense layers with tanh from its ends to the decoder's first
states, a decoder with `dot` attention over the projected memory, perhaps with input feeding, and
the cross-entropy of the real tokens alone, minimised by Adam with the gradient clipped by its norm,
in float32 and without dropout. Both read the same sentences, half as long to as long as a row
asks for, and padded. The differences are those of practice:

- ours is the project's training step with its feed: it reads no padding, updates the embeddings by
  rows, and measures the accuracy;
- PyTorch does what the mathematics needs and nothing else, on batches that are slices of a tensor.
  Its encoder reads the padding as well, which packed sequences would keep it from: they are slower.

Where gradients become denormal numbers a processor needs many times as long for them. TensorFlow's
threads take them for zero, PyTorch's do where that is set; it is measured with and without.

As a worker, a contender trains some steps of the row it is asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import count
from typing import Any

import numpy as np

from benchmarks.contenders import Epoch, adam, prepared_torch, step_milliseconds
from benchmarks.workers import serve

START, FIRST = 2, 4
"""What a decoder reads first, and the first id that is a word; padding is 0."""


@dataclass(frozen=True)
class Row:
    """A network and its data: what is measured.

    Attributes:
        vocabulary: number of ids, of what is read and of what is written.
        length: tokens of the longest sentence, on both sides.
        units: of the decoder, and of each direction of the encoder.
        width: of the embeddings.
        steps: of a turn, beside a first one that is not counted.
    """

    cell: str
    input_feeding: bool
    vocabulary: int
    length: int
    units: int = 192
    width: int = 128
    batch: int = 32
    steps: int = 5

    @property
    def columns(self) -> dict[str, object]:
        """The first columns of a table, and what they show of this row."""
        shown = (self.cell, "yes" if self.input_feeding else "no", self.vocabulary, self.length)
        return dict(zip(("cell", "fed", "vocabulary", "tokens"), shown, strict=True))

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """What is read and what is written, int32 `[n, length]` each, 0 at padding."""
        random = np.random.default_rng(0)
        shape = (self.batch * (self.steps + 1), self.length)
        shares = 1 / np.arange(1, self.vocabulary - FIRST + 1)  # of words (Zipf 1949)
        sides = []
        for _ in range(2):
            drawn = random.choice(len(shares), shape, p=shares / shares.sum()) + FIRST
            lengths = random.integers(-(-self.length // 2), self.length + 1, (shape[0], 1))
            sides.append(np.where(np.arange(self.length) < lengths, drawn, 0).astype(np.int32))
        return sides[0], sides[1]


def ours(row: Row) -> Epoch:
    """The project's network, feed and training step."""
    import keras

    from models.build import build
    from models.inputs.tokens import TokenInput
    from models.outputs.tokens import Tokens
    from models.spec import ModelSpec
    from pipelines.data.batching import Batches, Encoded
    from pipelines.data.ragged import Ragged
    from pipelines.training.step import Step

    keras.utils.set_random_seed(0)
    made: dict[str, Any] = {name: getattr(row, name) for name in ("cell", "units", "input_feeding")}
    made |= {"bidirectional": True, "attention": "dot", "dropout": 0.0, "embedding_dim": row.width}
    spec, outputs = ModelSpec.of("encoder_decoder", **made), Tokens(row.vocabulary)
    model = build(spec, TokenInput(row.vocabulary), outputs)
    step, number = Step(model, outputs, *adam(model)), count()

    def ragged(side: np.ndarray) -> Ragged:
        splits = np.append(0, np.cumsum((side != 0).sum(axis=1)))
        return Ragged(side[side != 0], splits)

    read, written = (ragged(side) for side in row.data())
    encoded = Encoded({"tokens": read}, written, np.ones(len(read.lengths), np.float32))
    batches = Batches(encoded, (row.length,), row.batch)

    def epoch(after_step: Callable[[], None]) -> None:
        for batch in batches.epoch(0, next(number)):
            for log in step.train(batch).values():
                np.asarray(log)
            after_step()

    return epoch


def pytorch(row: Row, flush: bool) -> Epoch:
    """A loop without a framework around it.

    Args:
        row: what is trained.
        flush: whether denormal numbers are zero.
    """
    torch = prepared_torch(flush)
    modules, forward = _pytorch_network(row)
    optimizer = torch.optim.Adam(
        modules.parameters(), lr=1e-3, fused=True
    )  # faster than its default
    sides = [torch.as_tensor(side).long() for side in row.data()]

    def epoch(after_step: Callable[[], None]) -> None:
        for start in range(0, len(sides[0]), row.batch):
            read, written = (side[start : start + row.batch] for side in sides)
            previous = torch.cat([torch.full_like(written[:, :1], START), written[:, :-1]], 1)
            logits = forward(read, previous)
            loss = torch.nn.functional.cross_entropy(
                logits.flatten(0, 1), written.flatten(), ignore_index=0
            )
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(modules.parameters(), 1.0)
            optimizer.step()
            loss.item()
            after_step()

    return epoch


def _pytorch_network(row: Row) -> tuple[Any, Callable[[Any, Any], Any]]:
    """Its modules, and `(read, previous) -> logits [batch, length, vocabulary]`."""
    import torch  # ty: ignore[import-not-found]

    nn, units, states = torch.nn, row.units, 2 if row.cell == "lstm" else 1
    layer, cell = {"lstm": (nn.LSTM, nn.LSTMCell), "gru": (nn.GRU, nn.GRUCell)}[row.cell]
    reading = layer(row.width, units, batch_first=True, bidirectional=True)
    writing: Any = cell(row.width + units, units)
    if not row.input_feeding:
        writing = layer(row.width, units, batch_first=True)
    embeddings = nn.ModuleList(nn.Embedding(row.vocabulary, row.width) for _ in range(2))
    bridge = nn.ModuleList(nn.Linear(2 * units, units) for _ in range(states))
    key = nn.Linear(2 * units, units, bias=False)
    attentional = nn.Linear(3 * units, units, bias=False)
    head = nn.Linear(units, row.vocabulary)
    modules = nn.ModuleList([reading, writing, embeddings, bridge, key, attentional, head])

    def attend(hidden: Any, keys: Any, memory: Any, padding: Any) -> Any:
        scores = torch.bmm(hidden, keys.transpose(1, 2)).masked_fill(padding, -1e9)
        context = torch.bmm(scores.softmax(-1), memory)
        return torch.tanh(attentional(torch.cat([context, hidden], -1)))

    def feed(embedded: Any, state: list[Any], *seen: Any) -> Any:
        fed, written = torch.zeros_like(state[0]), []
        for time in range(embedded.shape[1]):
            now = torch.cat([embedded[:, time], fed], 1)
            after = writing(now, tuple(state) if states == 2 else state[0])
            state = list(after) if states == 2 else [after]
            fed = attend(state[0][:, None], *seen)[:, 0]
            written.append(fed)
        return torch.stack(written, 1)

    def forward(read: Any, previous: Any) -> Any:
        memory, ends = reading(embeddings[0](read))
        ends = ends if states == 2 else (ends,)
        joined = (end.transpose(0, 1).flatten(1) for end in ends)  # [batch, 2 units]
        state = [torch.tanh(each(end)) for each, end in zip(bridge, joined, strict=True)]
        seen = (key(memory), memory, (read == 0)[:, None])
        embedded = embeddings[1](previous)
        if row.input_feeding:
            return head(feed(embedded, state, *seen))
        first = [each[None] for each in state]
        hidden, _ = writing(embedded, tuple(first) if states == 2 else first[0])
        return head(attend(hidden, *seen))

    return modules, forward


CONTENDERS = {
    "ours": ours,
    "pytorch": partial(pytorch, flush=False),
    "flushed": partial(pytorch, flush=True),
}


def main(name: str) -> None:
    """Answers with the milliseconds of a step."""
    made = lru_cache(maxsize=1)(CONTENDERS[name])
    serve(lambda **row: {"milliseconds": step_milliseconds(made(Row(**row)))})


if __name__ == "__main__":
    main(sys.argv[1])
