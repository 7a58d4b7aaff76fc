"""Masks of many photos in little memory."""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from weakref import WeakValueDictionary

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import IdArray, frozen

__all__ = ["PackedMask", "PackedMasks"]

# Runs take 6 bytes each. Where half of the pixels begin one, as in the masks of a network that
# flickers, they would take more than the mask itself; zlib is ten times slower but never does.
_PIXELS_PER_RUN = 6
_LEVEL = 1
_PIECE = 1 << 18
# The photo that is being painted, and those between which somebody goes back and forth.
_PLAIN = 3


@dataclass(frozen=True, slots=True, eq=False)
class PackedMask:
    """One mask as runs of equal pixels; immutable, so that a worker may read it.

    A painted mask of 12 million pixels takes some 0.5 MB instead of 24, is packed in 4 ms and
    unpacked in 7. Make one with `of`.

    Attributes:
        shape: (H, W) of the mask.
        class_ids: (C,) ids that occur, ascending, without 0.
        num_painted: Pixels that have a class.
        starts: (R,) uint32 row-major pixel at which each run begins; empty where ``compressed``.
        values: (R,) ids of the runs.
        compressed: All pixels by zlib, where runs would not pay; else None.
    """

    shape: tuple[int, int]
    class_ids: IdArray
    num_painted: int
    starts: npt.NDArray[np.uint32]
    values: IdArray
    compressed: bytes | None = None

    @classmethod
    def of(cls, mask: IdArray) -> PackedMask:
        """Pack a mask.

        Args:
            mask: (H, W) class ids.
        """
        plain = np.ascontiguousarray(mask, dtype=np.uint16)
        flat, shape = plain.reshape(-1), (int(plain.shape[0]), int(plain.shape[1]))
        # A piece at a time, which stays in the cache: twice as fast for large masks.
        found = [np.zeros(min(1, flat.size), dtype=np.uint32)]
        for first in range(1, flat.size, _PIECE):
            piece = flat[first - 1 : first + _PIECE]
            found.append((np.flatnonzero(piece[1:] != piece[:-1]) + first).astype(np.uint32))
        starts = np.concatenate(found)
        values = flat[starts]
        lengths = np.diff(starts, append=np.uint32(flat.size))
        class_ids = np.unique(values)
        facts = (class_ids[class_ids > 0], int(lengths[values > 0].sum(dtype=np.int64)))
        if len(starts) * _PIXELS_PER_RUN <= flat.size:
            return cls(shape, *facts, starts, values)
        nothing = np.zeros((2, 0), dtype=np.uint16)
        packed = zlib.compress(plain.data, _LEVEL)
        return cls(shape, *facts, nothing[0].astype(np.uint32), nothing[1], packed)

    @classmethod
    def blank(cls, shape: tuple[int, int]) -> PackedMask:
        """Return a mask without paint."""
        nothing = np.zeros(1, dtype=np.uint16)
        return cls(shape, nothing[:0], 0, nothing.astype(np.uint32), nothing)

    def unpacked(self) -> IdArray:
        """Return the (H, W) mask as a new array, which owns its memory."""
        if self.compressed is not None:
            flat = np.frombuffer(zlib.decompress(self.compressed), dtype=np.uint16).copy()
        else:
            size = self.shape[0] * self.shape[1]
            flat = np.repeat(self.values, np.diff(self.starts, append=np.uint32(size)))
        # In place: a reshaped view would leave the memory to a nameless array, and `PackedMasks`
        # could not tell whether views of a mask are still held.
        flat.resize(self.shape, refcheck=False)
        return flat

    @property
    def nbytes(self) -> int:
        """Memory taken, in bytes."""
        zipped = 0 if self.compressed is None else len(self.compressed)
        return self.starts.nbytes + self.values.nbytes + self.class_ids.nbytes + zipped


class PackedMasks(MutableMapping[int, IdArray]):
    """(H, W) uint16 masks by position of the photo; all but the few last used ones are packed.

    Two hundred masks of 12 million pixels would be 5 GB. What is looked up is a read-only view that
    follows every change made through `edit`, for as long as somebody holds it. Belongs to one
    thread; others are given `packed` masks.
    """

    def __init__(self, masks: Mapping[int, PackedMask] | None = None) -> None:
        """Start with some masks, or empty."""
        self._packed: dict[int, PackedMask] = dict(masks or {})
        self._plain: OrderedDict[int, IdArray] = OrderedDict()
        # Plain masks that somebody else holds a view of: it must not be left behind.
        self._held: WeakValueDictionary[int, IdArray] = WeakValueDictionary()
        self._edited: set[int] = set()

    def __getitem__(self, frame_idx: int) -> IdArray:
        """Return a mask as a read-only view."""
        return frozen(self._opened(frame_idx))

    def __setitem__(self, frame_idx: int, mask: IdArray) -> None:
        """Keep a copy of a mask; views of the one before do not follow."""
        self.put(frame_idx, PackedMask.of(mask))

    def __delitem__(self, frame_idx: int) -> None:
        """Forget a mask."""
        del self._packed[frame_idx]
        self._forget_plain(frame_idx)

    def __contains__(self, frame_idx: object) -> bool:
        """Return whether a photo has a mask, without unpacking it."""
        return frame_idx in self._packed

    def __iter__(self) -> Iterator[int]:
        """Iterate over the positions in the order in which they came."""
        return iter(self._packed)

    def __len__(self) -> int:
        """Return the number of masks."""
        return len(self._packed)

    def put(self, frame_idx: int, mask: PackedMask) -> None:
        """Keep a mask that is packed already."""
        self._forget_plain(frame_idx)
        self._packed[frame_idx] = mask

    def edit(self, frame_idx: int) -> IdArray:
        """Return a mask to write into, once: the next change asks again."""
        plain = self._opened(frame_idx)
        self._edited.add(frame_idx)
        return plain

    def packed(self, frame_idx: int) -> PackedMask:
        """Return a mask as it is now, to be kept or handed to a worker."""
        if frame_idx in self._edited:
            self._packed[frame_idx] = PackedMask.of(self._plain[frame_idx])
            self._edited.discard(frame_idx)
        return self._packed[frame_idx]

    def all_packed(self, frames: Iterable[int] | None = None) -> dict[int, PackedMask]:
        """Return all masks, or those of some photos, as they are now."""
        return {i: self.packed(i) for i in (self if frames is None else frames)}

    @property
    def nbytes(self) -> int:
        """Memory taken, in bytes."""
        packed = sum(mask.nbytes for mask in self._packed.values())
        return packed + sum(mask.nbytes for mask in self._plain.values())

    def _opened(self, frame_idx: int) -> IdArray:
        """Return the plain mask that all views are of."""
        plain = self._plain.get(frame_idx)
        if plain is None:
            plain = self._held.get(frame_idx)
        if plain is None:
            plain = self._packed[frame_idx].unpacked()
            self._held[frame_idx] = plain
        self._plain[frame_idx] = plain
        self._plain.move_to_end(frame_idx)
        while len(self._plain) > _PLAIN:
            oldest = next(iter(self._plain))
            self.packed(oldest)
            del self._plain[oldest]
        return plain

    def _forget_plain(self, frame_idx: int) -> None:
        self._plain.pop(frame_idx, None)
        self._held.pop(frame_idx, None)
        self._edited.discard(frame_idx)
