"""Lines of text in pictures: measured, shortened, each letter in a font that has it."""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby
from math import ceil
from pathlib import Path
from typing import NamedTuple

from PIL import ImageFont

from o3d_paint.assets import asset

__all__ = ["COVERED", "FILES", "Font", "runs", "shortened", "text_width"]

FILES = {False: "Inter-Regular.otf", True: "Inter-SemiBold.otf"}
# What the shipped fonts can write; other scripts are left to a font of the system.
COVERED = (
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


@lru_cache(maxsize=4096)
def text_width(text: str, font: Font) -> int:
    """Return the width of a line of text in whole pixels, rounded up."""
    pen, ink_end, ink_start = 0.0, 0.0, 0.0
    for run, face in runs(text, font):
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


def runs(text: str, font: Font) -> list[tuple[str, ImageFont.FreeTypeFont]]:
    """Return the pieces of a line, each with the font that can write it."""
    pieces = groupby(_clean(text), key=_is_covered)
    return [("".join(chars), _face(font, is_covered)) for is_covered, chars in pieces]


def _clean(text: str) -> str:
    """Return one line without anything that a font cannot set."""
    printable = "".join(c if c.isprintable() else " " for c in text)
    return printable.encode("utf-8", "replace").decode()


def _is_covered(char: str) -> bool:
    return any(first <= ord(char) <= last for first, last in COVERED)


@lru_cache(maxsize=64)
def _face(font: Font, is_covered: bool) -> ImageFont.FreeTypeFont:
    if not is_covered:
        for path in _SYSTEM_FONTS:
            if Path(path).exists():
                return ImageFont.truetype(path, font.size)
    return ImageFont.truetype(str(asset("fonts", FILES[font.bold])), font.size)
