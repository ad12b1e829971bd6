import io
import wave

import numpy as np
import pytest

from pipelines.data.waves import header, samples_of, wav

TONE = np.arange(-50, 50, dtype=np.int16)


def other(channels=1, width=2, frames=100):
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(8000)
        file.writeframes(bytes(channels * width * frames))
    return content.getvalue()


def test_samples_come_back():
    content = wav(TONE, 8000)
    assert header(content) == (8000, 100)
    assert np.array_equal(samples_of(content), TONE)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a WAV file"),
        (b"ID3 and the rest of an MP3 file", "not a WAV file"),
        (other(channels=2), "2 channels"),
        (other(width=1), "8 bits"),
        (other(frames=0), "no samples"),
        (wav(TONE, 8000)[:-20], "truncated: it has 90 of 100"),
        (wav(TONE, 8000)[:30], "not a WAV file"),
    ],
)
def test_what_the_network_cannot_read_is_told(content, said):
    with pytest.raises(ValueError, match=said):
        header(content)
