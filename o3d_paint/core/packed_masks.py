"""Masks of many photos in little memory."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, MutableMapping

import numpy as np

from o3d_paint.core.arrays import IdArray

__all__ = ["PackedMasks"]

_LEVEL = 1


class PackedMasks(MutableMapping[int, IdArray]):
    """(H, W) uint16 masks by position of the photo, compressed until they are asked for.

    Two hundred masks of 12 million pixels would be 5 GB; areas of one class hardly take any room.
    What is returned is read-only and made anew each time.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._packed: dict[int, tuple[tuple[int, ...], bytes]] = {}

    def __setitem__(self, frame_idx: int, mask: IdArray) -> None:
        """Keep a mask."""
        plain = np.ascontiguousarray(mask, dtype=np.uint16)
        self._packed[frame_idx] = plain.shape, zlib.compress(plain.data, _LEVEL)

    def __getitem__(self, frame_idx: int) -> IdArray:
        """Return a mask."""
        shape, packed = self._packed[frame_idx]
        return np.frombuffer(zlib.decompress(packed), dtype=np.uint16).reshape(shape)

    def __delitem__(self, frame_idx: int) -> None:
        """Forget a mask."""
        del self._packed[frame_idx]

    def __iter__(self) -> Iterator[int]:
        """Iterate over the positions in the order in which they came."""
        return iter(self._packed)

    def __len__(self) -> int:
        """Return the number of masks."""
        return len(self._packed)

    @property
    def nbytes(self) -> int:
        """Memory taken, in bytes."""
        return sum(len(packed) for _, packed in self._packed.values())
