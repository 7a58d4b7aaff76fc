"""How much memory depth pictures ask for together, before the first of them is decoded.

A flat picture of 13,000 by 13,000 pixels is a file of 300 kB, and each of its pixels a point.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from o3d_paint.io.images import open_image
from o3d_paint.io.memory import require_memory
from o3d_paint.io.npz import npy_header

__all__ = ["depth_size", "require_room_for_depths"]

# The depth in 4 bytes, whether it is trusted in 1, its point in 24 and the colour in 3.
_BYTES_PER_PIXEL = 32


def require_room_for_depths(what: Path, files: Iterable[Path], *, limit: int | None = None) -> None:
    """Refuse depth pictures whose points would not fit into memory.

    Args:
        what: The scene, for the message.
        files: Pictures and NPY files.
        limit: Bytes that the user allows; None allows most of the free memory.

    Raises:
        FormatError: One is no picture.
        SceneError: They would not fit.
    """
    sizes = (depth_size(path) for path in files)
    require_memory(str(what), sum(h * w for h, w in sizes) * _BYTES_PER_PIXEL, limit=limit)


def depth_size(path: Path) -> tuple[int, int]:
    """Return the (H, W) that a depth picture declares; (0, 0) where an array has another shape.

    Raises:
        FormatError: It is no picture.
    """
    if path.suffix.lower() == ".npy":
        shape = npy_header(path).shape
        return (shape[0], shape[1]) if len(shape) in (2, 3) else (0, 0)
    with open_image(path) as image:
        return image.height, image.width
