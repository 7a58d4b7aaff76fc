"""Names of photos, each only once: masks, journals and exports know photos by them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from o3d_paint.core.scene import Frame
from o3d_paint.io.images import FilePhoto

__all__ = ["named_apart"]


def named_apart(frames: Sequence[Frame]) -> tuple[Frame, ...]:
    """Return photos of which no two have one name, capitals ignored.

    Photos of one name get that of their folder before it, as in ``seq-01_frame-000000``; where
    that is not enough, their position after it.
    """
    names = [f.name for f in frames]
    again = _repeated(names)
    names = [_with_folder(f) if i in again else f.name for i, f in enumerate(frames)]
    while again := _repeated(names):
        names = [f"{name}#{i}" if i in again else name for i, name in enumerate(names)]
    pairs = zip(frames, names, strict=True)
    return tuple(f if f.name == name else replace(f, name=name) for f, name in pairs)


def _repeated(names: Sequence[str]) -> set[int]:
    """Return the positions of names that are there more than once."""
    count = Counter(n.casefold() for n in names)
    return {i for i, name in enumerate(names) if count[name.casefold()] > 1}


def _with_folder(frame: Frame) -> str:
    folder = frame.photo.path.parent.name if isinstance(frame.photo, FilePhoto) else ""
    return f"{folder}_{frame.name}" if folder else frame.name
