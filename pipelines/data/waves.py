"""WAV files as bytes: headers and samples."""

from __future__ import annotations

import io
import wave
from typing import NamedTuple

import numpy as np

WAY_OUT = "Convert it, for example: ffmpeg -i IN -ac 1 -ar RATE -c:a pcm_s16le OUT.wav"


class Header(NamedTuple):
    """The properties of a recording.

    Attributes:
        rate: samples a second.
        samples: number of samples.
    """

    rate: int
    samples: int


def header(content: bytes) -> Header:
    """Reads the header of a recording and checks the rest of the file.

    Args:
        content: of a WAV file.

    Raises:
        ValueError: it is not one complete channel of 16-bit PCM samples.
    """
    try:
        with wave.open(io.BytesIO(content)) as file:
            channels, width = file.getnchannels(), file.getsampwidth()
            rate, samples = file.getframerate(), file.getnframes()
            complete = len(file.readframes(samples))
    except (wave.Error, EOFError) as error:
        raise ValueError(f"it is not a WAV file of PCM samples ({error or 'truncated'})") from None
    if channels != 1:
        raise ValueError(f"it has {channels} channels, not one")
    if width != 2:
        raise ValueError(f"its samples have {8 * width} bits, not 16")
    if complete != 2 * samples:
        raise ValueError(f"it is truncated: it has {complete // 2:,} of {samples:,} samples")
    if not samples:
        raise ValueError("it has no samples")
    return Header(rate, samples)


def samples_of(content: bytes) -> np.ndarray:
    """The samples of a recording that `header` accepts, int16 `[samples]`."""
    with wave.open(io.BytesIO(content)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")


def wav(samples: np.ndarray, rate: int) -> bytes:
    """A WAV file of one channel.

    Args:
        samples: int16 `[samples]`.
        rate: samples a second.
    """
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return content.getvalue()
