"""Text as coverage bitmaps: measured, shortened, wrapped and rasterised with Pillow, cached."""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby
from math import ceil, floor
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from o3d_paint.assets import asset
from o3d_paint.core.arrays import RgbArray

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

_FILES = {False: "Inter-Regular.otf", True: "Inter-SemiBold.otf"}
_CAP_HEIGHT = 0.727  # of the size, from the font's OS/2 table
# What the shipped fonts can write; other scripts are left to a font of the system.
_COVERED = (
    (0x20, 0x7E), (0xA0, 0x148), (0x14A, 0x17F), (0x192, 0x192), (0x218, 0x21B),
    (0x384, 0x3E1), (0x3F0, 0x45F), (0x490, 0x491), (0x1E00, 0x1EFF),
    (0x2010, 0x2015), (0x2018, 0x201E), (0x2020, 0x2022), (0x2026, 0x2026), (0x2030, 0x2030),
    (0x2032, 0x2033), (0x2039, 0x203A), (0x20AC, 0x20AC), (0x2122, 0x2122), (0x2190, 0x2199),
    (0x21E7, 0x21E7), (0x2212, 0x2212), (0x2248, 0x2248), (0x2260, 0x2260), (0x2264, 0x2265),
    (0x25A0, 0x25A0), (0x25CF, 0x25CF), (0x2713, 0x2713),
)  # fmt: skip
_SYSTEM_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/System/Library/Fonts/PingFang.ttc",
    "/System/Library/Fonts/Supplemental/Arial Unicode.ttf",
    "C:/Windows/Fonts/msyh.ttc",
    "C:/Windows/Fonts/segoeui.ttf",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
)


class Font(NamedTuple):
    """A size in pixels and a weight of the window's typeface."""

    size: int
    bold: bool = False


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
def text_width(text: str, font: Font) -> int:
    """Return the width of a line of text in whole pixels, rounded up."""
    pen, ink_end, ink_start = 0.0, 0.0, 0.0
    for run, face in _runs(text, font):
        left, _, right, _ = face.getbbox(run, anchor="ls")
        ink_start, ink_end = min(ink_start, pen + left), max(ink_end, pen + right)
        pen += face.getlength(run)
    return ceil(max(pen, ink_end, ink_end - ink_start))


@lru_cache(maxsize=4096)
def shortened(text: str, font: Font, width: int) -> str:
    """Return the text, or as much of its start as fits before an ellipsis."""
    if text_width(text, font) <= width:
        return text
    fits, too_long = 0, len(text)
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if text_width(text[:middle].rstrip() + "…", font) <= width:
            fits = middle
        else:
            too_long = middle
    if fits == 0:
        return "…" if text_width("…", font) <= width else ""
    return text[:fits].rstrip() + "…"


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
    for run, face in _runs(text, font):
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


def _runs(text: str, font: Font) -> list[tuple[str, ImageFont.FreeTypeFont]]:
    """Return the pieces of a line, each with the font that can write it."""
    pieces = groupby(_clean(text), key=_is_covered)
    return [("".join(chars), _face(font, is_covered)) for is_covered, chars in pieces]


def _clean(text: str) -> str:
    """Return one line without anything that a font cannot set."""
    printable = "".join(c if c.isprintable() else " " for c in text)
    return printable.encode("utf-8", "replace").decode()


def _is_covered(char: str) -> bool:
    return any(first <= ord(char) <= last for first, last in _COVERED)


@lru_cache(maxsize=64)
def _face(font: Font, is_covered: bool) -> ImageFont.FreeTypeFont:
    if not is_covered:
        for path in _SYSTEM_FONTS:
            if Path(path).exists():
                return ImageFont.truetype(path, font.size)
    return ImageFont.truetype(str(asset("fonts", _FILES[font.bold])), font.size)
