"""How much memory depth pictures ask for together, before the first of them is decoded.

A flat picture of 13,000 by 13,000 pixels is a file of 300 kB, and each of its pixels a point.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from math import prod
from pathlib import Path

from o3d_paint.errors import FormatError
from o3d_paint.io.exr import exr_size
from o3d_paint.io.images import open_image
from o3d_paint.io.memory import require_memory
from o3d_paint.io.npz import NpzArchive, npy_header

__all__ = ["depth_size", "require_room_for_depths"]

# The depth in 4 bytes, whether it is trusted in 1, its point in 24 and the colour in 3.
_BYTES_PER_PIXEL = 32


def require_room_for_depths(what: Path, files: Iterable[Path], *, limit: int | None = None) -> None:
    """Refuse depth pictures whose points would not fit into memory.

    Args:
        what: The scene, for the message.
        files: Pictures, EXR, NPY and NPZ files.
        limit: Bytes that the user allows; None allows most of the free memory.

    Raises:
        SceneError: They would not fit.
    """
    pixels = 0
    for path in files:
        # One that is damaged takes no room, and is told where it is read.
        with suppress(FormatError):
            height, width = depth_size(path)
            pixels += height * width
    require_memory(str(what), pixels * _BYTES_PER_PIXEL, limit=limit)


def depth_size(path: Path) -> tuple[int, int]:
    """Return the (H, W) that a depth picture declares; (0, 0) where an array has another shape.

    Raises:
        FormatError: It is no picture.
    """
    suffix = path.suffix.lower()
    if suffix == ".exr":
        return exr_size(path)
    if suffix in (".npy", ".npz"):
        shape = npy_header(path).shape if suffix == ".npy" else _largest_shape(path)
        return (shape[0], shape[1]) if len(shape) in (2, 3) else (0, 0)
    with open_image(path) as image:
        return image.height, image.width


def _largest_shape(path: Path) -> tuple[int, ...]:
    """Return the shape of the largest array of an archive, which depth is at most."""
    with NpzArchive(path) as archive:
        return max((h.shape for h in archive.headers.values()), key=prod, default=())
