"""Which part of a photo an estimator looked at.

Estimators resize photos, round sizes to multiples of their patch of 14 pixels, crop about the
middle or pad with white. Sources: ``InputProcessor`` of Depth-Anything-3 (``upper_bound_resize``,
``lower_bound_resize`` and their ``_crop`` forms, then a centre crop where the pictures of a batch
differ) and ``load_and_preprocess_images`` of VGGT (modes "crop" and "pad").
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from o3d_paint.core.arrays import RgbArray
from o3d_paint.core.scene import Photo

__all__ = ["CroppedPhoto", "Window", "likely_windows", "shown", "without_looking"]

_PATCH = 14
_LONG_SIDES = (504, 518)
_SLACK = 0.03
_WHITE = 255


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of a photo that an estimator's picture shows; it may reach beyond the photo.

    Attributes:
        how: How the estimator came to it, for people.
        left: Of the rectangle, in photo pixels counted from the photo's left edge.
        top: The same from its top edge.
        width: Columns of the photo.
        height: Lines of the photo.
    """

    how: str
    left: float
    top: float
    width: float
    height: float

    @property
    def rect(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom in whole pixels, half-open."""
        right, bottom = self.left + self.width, self.top + self.height
        left, top = round(self.left), round(self.top)
        return left, top, max(left + 1, round(right)), max(top + 1, round(bottom))


@dataclass(frozen=True, slots=True)
class CroppedPhoto:
    """The part of a photo in a rectangle; what lies beyond the photo is white.

    Attributes:
        source: The whole photo.
        rect: Left, top, right and bottom, half-open, in its pixels.
    """

    source: Photo
    rect: tuple[int, int, int, int]

    @property
    def height(self) -> int:
        """Lines of the part."""
        return self.rect[3] - self.rect[1]

    @property
    def width(self) -> int:
        """Columns of the part."""
        return self.rect[2] - self.rect[0]

    def pixels(self) -> RgbArray:
        """Return the (H, W, 3) sRGB part."""
        return cropped(self.source.pixels(), self.rect)


def cropped(picture: RgbArray, rect: tuple[int, int, int, int]) -> RgbArray:
    """Return the part of an (H, W, 3) picture in a rectangle, white beyond its edges."""
    left, top, right, bottom = rect
    height, width = picture.shape[:2]
    if left >= 0 and top >= 0 and right <= width and bottom <= height:
        return picture[top:bottom, left:right]
    part = np.full((bottom - top, right - left, 3), _WHITE, dtype=np.uint8)
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
    if x1 > x0 and y1 > y0:
        part[y0 - top : y1 - top, x0 - left : x1 - left] = picture[y0:y1, x0:x1]
    return part


def shown(picture: RgbArray, window: Window, size: tuple[int, int]) -> RgbArray:
    """Return what an estimator's picture of (h, w) pixels shows through a window."""
    part = np.ascontiguousarray(cropped(picture, window.rect))
    return np.asarray(cv2.resize(part, size[::-1], interpolation=cv2.INTER_AREA), dtype=np.uint8)


def likely_windows(photo: tuple[int, int], seen: tuple[int, int]) -> list[Window]:
    """Return the windows by which a photo can have become a picture of another size.

    Args:
        photo: (H, W) of the photo.
        seen: (h, w) of the estimator's picture.

    Returns:
        Those that keep the proportions but for rounding to patches; the likeliest first.
    """
    height, width = photo
    h, w = seen
    found: list[Window] = []
    by_width = [(w, n) for n in _rounded(height * w / width)]
    by_height = [(n, h) for n in _rounded(width * h / height)]
    long = max(width, height)
    by_side = [
        (c, r)
        for side in _LONG_SIDES
        for c in _rounded(width * side / long)
        for r in _rounded(height * side / long)
    ]
    sizes = [*([(w, h)] if _is_whole(photo, seen) else []), *by_width, *by_height, *by_side]
    for columns, rows in sizes:
        if columns < 1 or rows < 1:
            continue
        window = _window(photo, (rows, columns), seen)
        if all(window.rect != other.rect for other in found):
            found.append(window)
    return found


def without_looking(photo: tuple[int, int], seen: tuple[int, int]) -> Window | None:
    """Return the window that the sizes alone tell, or None where they do not.

    A whole photo, rounded to patches, or VGGT's pictures 518 pixels wide: a tall photo is cropped
    there (mode "crop", which is its default), a wide one in a square is padded.
    """
    if not _is_whole(photo, seen) and seen[1] != _LONG_SIDES[1]:
        return None
    return likely_windows(photo, seen)[0]


def _is_whole(photo: tuple[int, int], seen: tuple[int, int]) -> bool:
    """Return whether a picture has a photo's proportions, but for rounding both sides."""
    scale = ((seen[0] * seen[1]) / (photo[0] * photo[1])) ** 0.5
    return all(
        abs(side * scale - found) <= min(_PATCH, _SLACK * found)
        for side, found in zip(photo, seen, strict=True)
    )


def _rounded(length: float) -> list[int]:
    """Return the whole lengths that a scaled side can get: to the nearest patch, or plainly."""
    patches = round(length / _PATCH) * _PATCH
    return [max(1, n) for n in dict.fromkeys((patches, round(length)))]


def _window(photo: tuple[int, int], resized: tuple[int, int], seen: tuple[int, int]) -> Window:
    """Return the window of a picture cut from, or laid about, the middle of a resized photo."""
    (height, width), (rows, columns), (h, w) = photo, resized, seen
    x, y = _start(columns, w), _start(rows, h)
    across, down = width / columns, height / rows
    parts = []
    for excess, axis in ((columns - w, "width"), (rows - h, "height")):
        if excess:
            parts.append(f"{axis} {'cropped' if excess > 0 else 'padded'} by {abs(excess)}")
    how = f"resized to {columns}x{rows}" + (f", {' and '.join(parts)}" if parts else "")
    return Window(how, x * across, y * down, w * across, h * down)


def _start(resized: int, seen: int) -> int:
    """Return where the picture begins in the resized photo; negative where it is padded."""
    return (resized - seen) // 2 if resized >= seen else -((seen - resized) // 2)
