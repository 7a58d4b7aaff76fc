"""A picture with text on it: lettering, swatches and legends on a plain ground."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from o3d_paint.core.arrays import RgbArray
from o3d_paint.io.lettering import Font, runs, shortened, text_width
from o3d_paint.io.store import write_bytes

__all__ = ["INK", "Entry", "Sheet", "legend_height"]

Color = tuple[int, int, int]

GROUND: Color = (250, 250, 248)
INK: Color = (38, 40, 44)
FAINT: Color = (112, 116, 122)
_SWATCH = 0.95  # of the font's size
_LEGEND_LINE = 1.9


class Entry(NamedTuple):
    """One line of a legend: a colour, what it means, and a figure behind it."""

    color: Color
    text: str
    figure: str = ""


class Sheet:
    """A canvas that knows lettering."""

    def __init__(self, width: int, height: int) -> None:
        """Begin with plain ground."""
        self._image = Image.new("RGB", (width, height), GROUND)
        self._draw = ImageDraw.Draw(self._image)

    @property
    def pixels(self) -> RgbArray:
        """The (H, W, 3) picture."""
        return np.asarray(self._image)

    def put(self, picture: RgbArray, x: int, y: int) -> None:
        """Lay a picture down by its upper left corner."""
        self._image.paste(Image.fromarray(picture), (x, y))

    def text(
        self,
        x: int,
        baseline: int,
        text: str,
        *,
        font: Font,
        color: Color = INK,
        width: int | None = None,
        is_right: bool = False,
    ) -> int:
        """Write a line and return where it ends.

        Args:
            x: Where it begins, or ends where ``is_right``.
            baseline: Of the letters.
            text: One line.
            font: Size and weight.
            color: Of the letters.
            width: Shortens what is longer.
            is_right: Whether it ends at ``x``.
        """
        line = text if width is None else shortened(text, font, width)
        pen = float(x - text_width(line, font)) if is_right else float(x)
        for run, face in runs(line, font):
            self._draw.text((pen, baseline), run, fill=color, font=face, anchor="ls")
            pen += face.getlength(run)
        return round(pen)

    def bar(self, box: tuple[int, int, int, int], shares: Sequence[tuple[Color, float]]) -> None:
        """Fill a box (x0, y0, x1, y1) from the left with colours by their shares of it."""
        x0, y0, x1, y1 = box
        self._draw.rectangle((x0, y0, x1 - 1, y1 - 1), fill=(226, 226, 222))
        done = 0.0
        for color, share in shares:
            left, right = x0 + (x1 - x0) * done, x0 + (x1 - x0) * (done + share)
            if round(right) > round(left):
                self._draw.rectangle((round(left), y0, round(right) - 1, y1 - 1), fill=color)
            done += share

    def legend(self, x: int, y: int, entries: Sequence[Entry], *, font: Font, width: int) -> None:
        """Write a legend from its upper left corner, in as many lines as it takes."""
        side = round(_SWATCH * font.size)
        for line, placed in enumerate(_placed(entries, font, width)):
            baseline = y + round((line + 0.5) * _LEGEND_LINE * font.size + 0.36 * font.size)
            for left, entry in placed:
                top = baseline - round(0.36 * font.size + side / 2)
                box = (x + left, top, x + left + side, top + side)
                self._draw.rounded_rectangle(box, side // 5, entry.color)
                pen = x + left + side + font.size // 2
                limit = width - side - font.size // 2
                pen = self.text(pen, baseline, entry.text, font=font, width=limit)
                if entry.figure:
                    self.text(pen + font.size // 2, baseline, entry.figure, font=font, color=FAINT)

    def write(self, path: Path, *, inputs: Sequence[Path] = ()) -> None:
        """Write the picture as PNG.

        Raises:
            StorageError: It cannot be written.
        """
        buffer = io.BytesIO()
        self._image.save(buffer, "PNG", compress_level=6)
        write_bytes(path, buffer.getvalue(), inputs=inputs)


def legend_height(entries: Sequence[Entry], *, font: Font, width: int) -> int:
    """Return the height of a legend in pixels."""
    return round(len(_placed(entries, font, width)) * _LEGEND_LINE * font.size)


def _placed(entries: Sequence[Entry], font: Font, width: int) -> list[list[tuple[int, Entry]]]:
    """Return the lines of a legend: each entry with its distance from the left."""
    lines: list[list[tuple[int, Entry]]] = []
    pen = 0
    for entry in entries:
        size = round(_SWATCH * font.size) + font.size // 2 + text_width(entry.text, font)
        if entry.figure:
            size += font.size // 2 + text_width(entry.figure, font)
        if not lines or (pen + size > width and lines[-1]):
            lines.append([])
            pen = 0
        lines[-1].append((pen, entry))
        pen += size + round(1.4 * font.size)
    return lines
