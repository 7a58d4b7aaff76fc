"""Votes of photos on points, kept in step with the masks.

Each visible point of each photo casts one vote: the class of the mask pixel that shows it. The
single verb is `Ballots.sync`, which brings the votes of a photo in line with its mask inside a
rectangle. It is idempotent, so strokes, undo, imports and late indexes all call it alike, and the
state after any sequence of calls equals one built from scratch from the masks.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Literal

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import IdArray, IndexArray, frozen
from o3d_paint.core.evidence import Evidence, FrameVotes, Snapshot
from o3d_paint.core.mask import Rect
from o3d_paint.core.packed_masks import PackedMask
from o3d_paint.core.visibility import PixelIndex

__all__ = ["Ballots"]

_BLOCK_COLUMNS = 8

_NUMBERS = count()


class Ballots:
    """The votes on a cloud of N points.

    Votes are integers, so undoing is exact. ``labels`` holds the class with most votes, the lowest
    id of equals, 0 without votes; a label of the cloud layer outranks the photos, one that the
    cloud came with counts where no photo votes.
    """

    def __init__(
        self, num_points: int, num_frames: int, *, imported: IdArray | None = None
    ) -> None:
        """Start without votes.

        Args:
            num_points: N of the cloud.
            num_frames: Photos in the scene; decides how far a count can go.
            imported: (N,) labels that the cloud came with, 0 where none.
        """
        self._num_points = num_points
        self._indexes: dict[int, PixelIndex] = {}
        self._votes: dict[int, IdArray] = {}
        self._parked: dict[int, FrameVotes] = {}
        # Columns are given to classes in the order of first use, eight to a block, so that a new
        # class in the middle of a stroke moves no memory.
        self._columns = np.zeros(0, dtype=np.uint16)
        self._column_of = np.full(1, -1, dtype=np.int64)
        self._dtype = np.uint8 if num_frames < 256 else np.uint16
        # np.full touches the pages now rather than during the first stroke.
        first = np.full((num_points, _BLOCK_COLUMNS), 0, dtype=self._dtype)
        self._blocks: list[npt.NDArray[np.uint8 | np.uint16]] = [first]
        self._imported = imported
        self._labels = np.full(num_points, 0, dtype=np.uint16)
        if imported is not None:
            self._labels[:] = imported
        self._layer: IdArray | None = None
        self._contested = np.zeros(num_points, dtype=bool)
        # Numbered, so that who counts votes sees which photos stayed as they were.
        self._versions: dict[int, int] = {}

    @property
    def labels(self) -> IdArray:
        """(N,) painted labels; a read-only view that follows every change."""
        return frozen(self._labels)

    @property
    def layer(self) -> IdArray | None:
        """(N,) labels laid on points directly, 0 where none; None where the layer is unused."""
        return None if self._layer is None else frozen(self._layer)

    @property
    def imported(self) -> IdArray | None:
        """(N,) labels that the cloud came with as they count now; None where it came without."""
        return None if self._imported is None else frozen(self._imported)

    @property
    def nbytes(self) -> int:
        """Memory of indexes, votes and counts, in bytes."""
        per_frame = sum(i.nbytes for i in self._indexes.values())
        per_frame += sum(p.points.nbytes + p.labels.nbytes for p in self._parked.values())
        votes = sum(v.nbytes for v in self._votes.values())
        counts = sum(b.nbytes for b in self._blocks)
        return int(per_frame + votes + counts + self._labels.nbytes)

    def sync(self, frame_idx: int, index: PixelIndex, mask: IdArray, *, rect: Rect) -> IndexArray:
        """Bring the votes of a photo in line with its mask inside a rectangle.

        Args:
            frame_idx: The photo.
            index: Its visible points; another index than before restarts the photo's votes.
            mask: (H, W) ids of ``index.shape``.
            rect: Where the mask may have changed since the last call.

        Returns:
            Positions of the points whose label changed, each once.

        Raises:
            ValueError: Mask and index differ in shape.
        """
        if mask.shape != index.shape:
            msg = f"mask of shape {mask.shape} does not fit an index of shape {index.shape}"
            raise ValueError(msg)
        dropped = self._adopt(frame_idx, index)
        entries = index.entries_in(rect)
        votes = self._votes[frame_idx]
        wanted = mask.reshape(-1)[index.pixel[entries]]
        differs = np.flatnonzero(votes[entries] != wanted)
        if len(differs):
            self._versions[frame_idx] = next(_NUMBERS)
            entries, wanted = entries[differs], wanted[differs]
            changed = self._recount(index.point[entries], votes[entries], after=wanted)
            votes[entries] = wanted
        else:
            changed = np.zeros(0, dtype=np.int32)
        return changed if not len(dropped) else np.union1d(changed, dropped)

    def has_votes_of(self, frame_idx: int) -> bool:
        """Return whether a photo has been synced, its index still held or not."""
        return frame_idx in self._votes or frame_idx in self._parked

    def park(self, frame_idx: int) -> None:
        """Let go of a photo's index and keep its votes in little room.

        Labels stay as they are. A later `sync` with the same index, built anew, goes on from there.
        """
        if frame_idx in self._votes:
            self._parked[frame_idx] = self._votes_of(frame_idx)
            del self._votes[frame_idx], self._indexes[frame_idx]

    def remove(self, frame_idx: int) -> IndexArray:
        """Take all votes of a photo back; returns the points whose label changed."""
        if not self.has_votes_of(frame_idx):
            return np.zeros(0, dtype=np.int32)
        cast = self._votes_of(frame_idx)
        for held in (self._indexes, self._votes, self._parked, self._versions):
            held.pop(frame_idx, None)
        return self._recount(cast.points, cast.labels, after=np.zeros_like(cast.labels))

    def set_layer(self, points: IndexArray, labels: IdArray) -> IndexArray:
        """Lay labels on points directly; 0 takes them off again.

        Args:
            points: (K,) positions, each once.
            labels: (K,) class ids.

        Returns:
            Positions of the points whose label changed.
        """
        if self._layer is None:
            self._layer = np.zeros(self._num_points, dtype=np.uint16)
        self._layer[points] = labels
        return self._relabel(points)

    def set_imported(self, imported: IdArray) -> IndexArray:
        """Replace the (N,) labels that the cloud came with; returns the points that changed."""
        before, self._imported = self._imported, imported
        differs = imported != (before if before is not None else 0)
        return self._relabel(np.flatnonzero(differs).astype(np.int32))

    def tally_of(self, points: IndexArray) -> tuple[IdArray, npt.NDArray[np.uint16]]:
        """Return the (C,) class ids with votes anywhere, and (K, C) counts on some points."""
        return np.sort(self._columns), self._counts_of(points).astype(np.uint16)

    def conflicts(self) -> npt.NDArray[np.bool_]:
        """Return (N,) whether photos disagree on a point; a view that follows every change."""
        return frozen(self._contested)

    def photos(self) -> npt.NDArray[np.uint8]:
        """Return (N,) how many photos voted on each point, 255 for more."""
        total = np.zeros(self._num_points, dtype=np.uint16)
        for block in self._blocks:
            total += block.sum(axis=1, dtype=np.uint16)
        return np.minimum(total, 255).astype(np.uint8)

    def evidence(self) -> Evidence:
        """Return an immutable copy of all votes."""
        return self.snapshot().evidence()

    def snapshot(self, masks: Mapping[int, PackedMask] | None = None) -> Snapshot:
        """Return an immutable copy of all votes from which a worker makes the evidence.

        Args:
            masks: The masks that the votes come from, by position of the photo.
        """
        frames = tuple(self._kept(i) for i in sorted({*self._votes, *self._parked}))
        layer = None if self._layer is None else self._layer.copy()
        return Snapshot(self._num_points, frames, layer, self._imported, masks or {})

    def _kept(self, frame_idx: int) -> FrameVotes:
        """Return the votes of a photo as they are kept, those not cast among them."""
        if frame_idx in self._parked:
            return self._parked[frame_idx]
        index, votes = self._indexes[frame_idx], self._votes[frame_idx].copy()
        version = self._versions.get(frame_idx)
        return FrameVotes(frame_idx, index.point, votes, version, index.trust)

    def _votes_of(self, frame_idx: int) -> FrameVotes:
        """Return the votes of a photo that has been synced, by ascending point."""
        if frame_idx in self._parked:
            return self._parked[frame_idx]
        votes = self._kept(frame_idx).cast()
        return votes.taken(np.argsort(votes.points))

    def _adopt(self, frame_idx: int, index: PixelIndex) -> IndexArray:
        """Use an index for a photo; votes cast through another one are taken back first."""
        known = self._indexes.get(frame_idx)
        if known is index:
            return np.zeros(0, dtype=np.int32)
        votes = self._resumed(frame_idx, index)
        dropped = np.zeros(0, dtype=np.int32)
        if votes is None:
            dropped = self.remove(frame_idx)
            votes = np.zeros(len(index), dtype=np.uint16)
        self._parked.pop(frame_idx, None)
        self._indexes[frame_idx], self._votes[frame_idx] = index, votes
        return dropped

    def _resumed(self, frame_idx: int, index: PixelIndex) -> IdArray | None:
        """Return a parked photo's votes in the order of its index; None where it shows others."""
        parked = self._parked.get(frame_idx)
        if parked is None:
            return None
        votes = np.zeros(len(index), dtype=np.uint16)
        if not len(parked.points):
            return votes
        place = np.searchsorted(parked.points, index.point)
        place = np.minimum(place, len(parked.points) - 1)
        found = parked.points[place] == index.point
        if np.count_nonzero(found) < len(parked.points):
            return None
        votes[found] = parked.labels[place[found]]
        return votes

    def _recount(self, points: IndexArray, before: IdArray, *, after: IdArray) -> IndexArray:
        """Move the votes of points (each once) from one class to another."""
        self._admit(after)
        self._count(points, before, by=-1)
        self._count(points, after, by=1)
        return self._relabel(points)

    def _relabel(self, points: IndexArray) -> IndexArray:
        """Decide the labels of points anew; returns those that changed."""
        if len(self._columns):
            counts = self._counts_of(points)
            labels = np.sort(self._columns)[counts.argmax(axis=1)]
            voted = np.count_nonzero(counts, axis=1)
            labels[voted == 0] = 0
            self._contested[points] = voted > 1
        else:
            labels = np.zeros(len(points), dtype=np.uint16)
        if self._imported is not None:
            labels = np.where(labels > 0, labels, self._imported[points])
        if self._layer is not None:
            laid = self._layer[points]
            labels = np.where(laid > 0, laid, labels)
        changed: IndexArray = points[self._labels[points] != labels]
        self._labels[points] = labels
        return changed

    def _counts_of(self, points: IndexArray) -> npt.NDArray[np.uint8 | np.uint16]:
        """Return (K, C) counts with classes ascending, so that ties go to the lowest id."""
        gathered = [block[points] for block in self._blocks]
        counts = gathered[0] if len(gathered) == 1 else np.concatenate(gathered, axis=1)
        return counts[:, np.argsort(self._columns)]

    def _count(self, points: IndexArray, labels: IdArray, *, by: Literal[1, -1]) -> None:
        """Add to the counts of points (each once) for their labels; 0 has no count."""
        columns = self._column_of[labels]
        for number, block in enumerate(self._blocks):
            own = np.flatnonzero((columns >= 0) & (columns // _BLOCK_COLUMNS == number))
            cells = points[own], columns[own] % _BLOCK_COLUMNS
            if by > 0:
                block[cells] += 1
            else:
                block[cells] -= 1

    def _admit(self, labels: IdArray) -> None:
        """Give every class among the labels a column."""
        highest = int(labels.max(initial=0))
        if highest >= len(self._column_of):
            longer = np.full(highest + 1, -1, dtype=np.int64)
            longer[: len(self._column_of)] = self._column_of
            self._column_of = longer
        new = np.unique(labels[self._column_of[labels] < 0])
        new = new[new > 0]
        if not len(new):
            return
        self._column_of[new] = len(self._columns) + np.arange(len(new))
        self._columns = np.concatenate([self._columns, new])
        while len(self._blocks) * _BLOCK_COLUMNS < len(self._columns):
            self._blocks.append(np.zeros((self._num_points, _BLOCK_COLUMNS), dtype=self._dtype))
