"""Images, read as a whole or row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from pipelines.data.examples import Column
from pipelines.inputs.base import Input, requested_file
from pipelines.runtime.errors import UserError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pipelines.data.examples import Columns


@dataclass(frozen=True)
class Image(Input):
    """The bytes of PNG or JPEG files of any size and colour mode in the raw column `image`.

    Attributes:
        height: that images are resized to, in pixels; the aspect ratio is kept.
        width: likewise.
        channels: 1 for grey, 3 for colour.
    """

    height: int = 28
    width: int = 28
    channels: int = 1
    kinds: ClassVar[tuple[str, ...]] = ("image", "rows")
    fitted: ClassVar[str] = "image:FittedImage"

    @property
    def columns(self) -> tuple[Column, ...]:
        """The image."""
        return (Column("image", "image", aliases=("file", "path", "picture")),)

    def request(self, text: str) -> dict[str, Any]:
        """The bytes of an image file.

        Raises:
            UserError: there is no such file, or it is not an image.
        """
        from pipelines.data.kinds import images

        path = requested_file(text, "; write INPUT=image.png")
        content = path.read_bytes()
        try:
            images.check(content)
        except ValueError as error:
            raise UserError(f"INPUT: {path} cannot be used: {error}.") from None
        return {"image": content}

    def describe(self, columns: Mapping[str, Any], row: int) -> str:
        """The number of the image; `draw` shows it."""
        del columns
        return f"image {row + 1}"

    def draw(self, columns: Columns, rows: Sequence[int], titles: Sequence[str]) -> Figure | None:
        """The images as the network receives them."""
        from pipelines.evaluation import figures
        from pipelines.inputs.fitted.image import pixels

        size = (self.height, self.width, self.channels)
        return figures.images(
            [pixels(columns["image"][row], *size).numpy() for row in rows], titles
        )
