import pytest

from pipelines.data.kinds.images import check
from tests.pipelines.data.datasets.fakes.images import jpeg, png


def test_png_and_jpeg_are_accepted():
    check(png(3))
    check(jpeg(3))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "neither a PNG nor a JPEG"),
        (b"GIF89a", "neither a PNG nor a JPEG"),
        (png(3)[:-9], "truncated"),
        (jpeg(3)[:-9], "truncated"),
    ],
)
def test_other_or_broken_content_is_refused(content, reason):
    with pytest.raises(ValueError, match=reason):
        check(content)
