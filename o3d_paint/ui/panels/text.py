"""Text as coverage bitmaps: measured, shortened, wrapped and rasterised with Pillow, cached."""

from __future__ import annotations

from functools import lru_cache
from math import ceil, floor
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from o3d_paint.core.arrays import RgbArray
from o3d_paint.io.lettering import Font, runs, shortened, text_width

__all__ = [
    "Font",
    "TextBitmap",
    "cap_height",
    "shortened",
    "shortened_head",
    "text_bitmap",
    "text_width",
    "wrapped",
]

_CAP_HEIGHT = 0.727  # of the size, from the font's OS/2 table


class TextBitmap(NamedTuple):
    """Ink of a line of text.

    Attributes:
        coverage: (h, w) uint8, 255 where the ink covers a pixel whole.
        left: From the pen's start to the bitmap's left edge.
        top: From the baseline down to the bitmap's upper edge; negative above it.
    """

    coverage: RgbArray
    left: int
    top: int


@lru_cache(maxsize=4096)
def shortened_head(text: str, font: Font, width: int) -> str:
    """Return the text, or an ellipsis and as much of its end as fits: for numbered names."""
    if text_width(text, font) <= width:
        return text
    return next(
        (tail for i in range(1, len(text)) if text_width(tail := "…" + text[i:], font) <= width),
        "…" if text_width("…", font) <= width else "",
    )


@lru_cache(maxsize=1024)
def wrapped(text: str, font: Font, width: int, max_lines: int = 99) -> tuple[str, ...]:
    """Return the text as lines that fit a width; the last one is shortened if need be."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}".strip()
            if line and text_width(longer, font) > width:
                lines.append(line)
                line = word
            else:
                line = longer
        lines.append(line)
    if len(lines) > max_lines:
        lines = [*lines[: max_lines - 1], " ".join(lines[max_lines - 1 :])]
    return tuple(shortened(line, font, width) for line in lines)


def cap_height(font: Font) -> int:
    """Return the height of capitals, by which lines are centred."""
    return round(font.size * _CAP_HEIGHT)


@lru_cache(maxsize=4096)
def text_bitmap(text: str, font: Font) -> TextBitmap:
    """Return the ink of a line of text."""
    placed, pen = [], 0.0
    for run, face in runs(text, font):
        placed.append((run, face, floor(pen), face.getbbox(run, anchor="ls")))
        pen += face.getlength(run)
    left = floor(min((pen + box[0] for _, _, pen, box in placed), default=0))
    top = floor(min((box[1] for *_, box in placed), default=0))
    right = ceil(max((pen + box[2] for _, _, pen, box in placed), default=0))
    bottom = ceil(max((box[3] for *_, box in placed), default=0))
    if right <= left or bottom <= top:
        return TextBitmap(np.zeros((0, 0), np.uint8), 0, 0)
    image = Image.new("L", (right - left, bottom - top))
    draw = ImageDraw.Draw(image)
    for run, face, x, _ in placed:
        draw.text((x - left, -top), run, fill=255, font=face, anchor="ls")
    return TextBitmap(np.asarray(image), left, top)
