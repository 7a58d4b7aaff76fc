"""Photos of many bits that share one range from black to white.

Each by itself would make a dark photo as bright as a bright one, and one surface of two colours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

from o3d_paint.core.scene import Frame, Photo
from o3d_paint.errors import PaintError
from o3d_paint.io.gray_levels import Levels
from o3d_paint.io.images import FilePhoto

__all__ = ["evenly_stretched"]

_LOOKED_AT = 8


def evenly_stretched(frames: Sequence[Frame]) -> tuple[Frame, ...]:
    """Return photos of which those of many bits are stretched by what a few of them use."""
    deep = [i for i, f in enumerate(frames) if _is_deep(f.photo)]
    found = [_levels(frames[i].photo) for i in deep[:: max(1, -(-len(deep) // _LOOKED_AT))]]
    known = [levels for levels in found if levels is not None]
    if not known:
        return tuple(frames)
    shared, chosen = reduce(Levels.joined, known), set(deep)
    return tuple(
        replace(f, photo=_stretched(f.photo, shared)) if i in chosen else f
        for i, f in enumerate(frames)
    )


def _is_deep(photo: Photo) -> bool:
    source = getattr(photo, "source", None)
    return _is_deep(source) if source is not None else getattr(photo, "is_deep", False)


def _levels(photo: Photo) -> Levels | None:
    """Return what the file of a photo uses; None where it is damaged, which is told later."""
    while (source := getattr(photo, "source", None)) is not None:
        photo = source
    try:
        return photo.used_levels() if isinstance(photo, FilePhoto) else None
    except PaintError:
        return None


def _stretched(photo: Photo, levels: Levels) -> Photo:
    """Return a photo, or one that shows another, whose file is stretched by given levels."""
    source = getattr(photo, "source", None)
    if source is not None:
        wrapped: Photo = replace(photo, source=_stretched(source, levels))  # type: ignore[type-var]
        return wrapped
    return replace(photo, levels=levels) if isinstance(photo, FilePhoto) else photo
