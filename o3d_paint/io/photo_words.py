"""Names of photos and masks without what tools add to them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote

__all__ = ["has_words", "numbers_in", "parts_of", "pattern_of", "pieces_of", "plain", "stripped"]

_ENDING = re.compile(
    r"\.(?:jpe?g|png|webp|tiff?|bmp|ppm|pgm|gif|npy|npz|json|hei[cf]|dng|cr[23]|nef|arw|raf|orf)$"
)
_QUERY = re.compile(r"^.*[?&]d=|[?].*$")
# What tools put around a photo's name, each taken off once and in turn:
_DECORATIONS = (
    re.compile(r"\.rf\.[0-9a-z]{16,64}(?=$|[._ -])"),  # Roboflow: IMG_1_jpg.rf.<hash>
    re.compile(r"_(?:jpe?g|png|webp|tiff?|bmp)$"),  # Roboflow: the photo's own ending
    re.compile(
        r"^(?:[0-9a-f]{8}|[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:-|__)"
    ),
    re.compile(
        r"[._ -](?:gtfine|gtcoarse)?[._ -]?(?:masks?|segmentations?|segmented|seg|semantics?|"
        r"labels?|labelids|labeltrainids|instanceids|instancetrainids|annotations?|annot|classes|"
        r"class|ids?|gt|pred|prediction|output|out|color|colour|rgb|image|img|leftimg8bit|"
        r"undistorted)$"
    ),
    re.compile(
        r"^(?:masks?|segmentation|seg|semantic|labels?|gt|pred|prediction|annotation|rgb|color|"
        r"image|undistorted)[._ -]"
    ),
)
_MOST_ROUNDS = 6
_RUN = re.compile(r"[^\W_]+")
_DIGITS = re.compile(r"[0-9]{1,18}")
_MOST_FOLDERS = 8
_MOST_RUNS = 24
_SHORTEST = 3


def plain(name: str) -> str:
    """Return a name in one form of Unicode, without capitals and without the ending of a file."""
    folded = unicodedata.normalize("NFC", name).casefold()
    return _ENDING.sub("", unicodedata.normalize("NFC", folded).strip())


def parts_of(name: str) -> list[str]:
    """Return a name with all its folders before it, with fewer, and with none; the longest first.

    Folders are joined by ``_``, as they are in names of photos.
    """
    parts = re.split(r"[/\\]", _without_query(name))[-_MOST_FOLDERS:]
    return [plain("_".join(parts[i:])) for i in range(len(parts))]


def stripped(name: str) -> Iterator[str]:
    """Yield a plain name, then with one decoration after the other taken off."""
    current = name
    yield current
    for _ in range(_MOST_ROUNDS):
        before = current
        for decoration in (_ENDING, *_DECORATIONS):
            shorter = decoration.sub("", current, count=1)
            if shorter and shorter != current:
                current = shorter
                yield current
        if current == before:
            return


def numbers_in(name: str) -> list[int]:
    """Return the numbers in a plain name, in their order."""
    return [int(digits) for digits in _DIGITS.findall(name)]


def pattern_of(name: str) -> str:
    """Return a plain name with ``#`` for each of its numbers: ``img_#`` for ``img_12``."""
    return _DIGITS.sub("#", name)


def has_words(name: str) -> bool:
    """Return whether a plain name says more than a number and a syllable."""
    return len(name) >= _SHORTEST and not name.isdecimal()


def pieces_of(name: str) -> Iterator[str]:
    """Yield the parts of a plain name that end where its words and numbers do, the longest first.

    Letters and digits that touch are one word: ``img_12_a`` has ``img_12``, but not ``img_1``.
    """
    runs = [m.span() for m in _RUN.finditer(name)][:_MOST_RUNS]
    for count in range(len(runs), 0, -1):
        for first in range(len(runs) - count + 1):
            yield name[runs[first][0] : runs[first + count - 1][1]]


def _without_query(name: str) -> str:
    """Return the path in an address, as annotation servers give photos."""
    if "?" not in name and "%" not in name:
        return name
    return unquote(_QUERY.sub("", name)) or name
