"""Votes of photos on points, kept in step with the masks.

Each visible point of each photo casts one vote: the class of the mask pixel that shows it. The
single verb is `Ballots.sync`, which brings the votes of a photo in line with its mask inside a
rectangle. It is idempotent, so strokes, undo, imports and late indexes all call it alike, and the
state after any sequence of calls equals one built from scratch from the masks.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import IdArray, IndexArray, frozen
from o3d_paint.core.evidence import Evidence, FrameVotes
from o3d_paint.core.mask import Rect
from o3d_paint.core.visibility import PixelIndex

__all__ = ["Ballots"]

_MIN_COLUMNS = 8


class Ballots:
    """The votes on a cloud of N points.

    Votes are integers, so undoing is exact. ``labels`` holds the class with most votes, the lowest
    id of equals, 0 without votes; a label of the cloud layer outranks the photos.
    """

    def __init__(self, num_points: int, num_frames: int) -> None:
        """Start without votes.

        Args:
            num_points: N of the cloud.
            num_frames: Photos in the scene; decides how far a count can go.
        """
        self._num_points = num_points
        self._indexes: dict[int, PixelIndex] = {}
        self._votes: dict[int, IdArray] = {}
        self._class_ids = np.zeros(0, dtype=np.uint16)
        self._column_of = np.zeros(1, dtype=np.int64)
        dtype = np.uint8 if num_frames < 256 else np.uint16
        # np.full touches the pages now rather than during the first stroke.
        self._counts: npt.NDArray[np.uint8 | np.uint16] = np.full(
            (num_points, _MIN_COLUMNS), 0, dtype=dtype
        )
        self._labels = np.full(num_points, 0, dtype=np.uint16)
        self._layer: IdArray | None = None

    @property
    def labels(self) -> IdArray:
        """(N,) painted labels; a read-only view that follows every change."""
        return frozen(self._labels)

    @property
    def layer(self) -> IdArray | None:
        """(N,) labels laid on points directly, 0 where none; None where the layer is unused."""
        return None if self._layer is None else frozen(self._layer)

    @property
    def nbytes(self) -> int:
        """Memory of indexes, votes and counts, in bytes."""
        per_frame = sum(i.nbytes for i in self._indexes.values())
        votes = sum(v.nbytes for v in self._votes.values())
        return int(per_frame + votes + self._counts.nbytes + self._labels.nbytes)

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
            entries, wanted = entries[differs], wanted[differs]
            changed = self._recount(index.point[entries], votes[entries], after=wanted)
            votes[entries] = wanted
        else:
            changed = np.zeros(0, dtype=np.int32)
        return changed if not len(dropped) else np.union1d(changed, dropped)

    def remove(self, frame_idx: int) -> IndexArray:
        """Take all votes of a photo back; returns the points whose label changed."""
        index = self._indexes.pop(frame_idx, None)
        votes = self._votes.pop(frame_idx, None)
        if index is None or votes is None:
            return np.zeros(0, dtype=np.int32)
        cast = np.flatnonzero(votes)
        none = np.zeros(len(cast), dtype=np.uint16)
        return self._recount(index.point[cast], votes[cast], after=none)

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

    def tally_of(self, points: IndexArray) -> tuple[IdArray, npt.NDArray[np.uint16]]:
        """Return the (C,) class ids with votes anywhere, and (K, C) counts on some points."""
        columns = len(self._class_ids)
        return self._class_ids.copy(), self._counts[points, :columns].astype(np.uint16)

    def conflicts(self) -> npt.NDArray[np.bool_]:
        """Return (N,) whether photos disagree on a point."""
        classes = np.count_nonzero(self._counts[:, : len(self._class_ids)], axis=1)
        return np.asarray(classes > 1)

    def evidence(self) -> Evidence:
        """Return an immutable copy of all votes, for a worker."""
        frames = []
        for frame_idx in sorted(self._votes):
            votes, index = self._votes[frame_idx], self._indexes[frame_idx]
            cast = np.flatnonzero(votes)
            if not len(cast):
                continue
            points, labels = index.point[cast], votes[cast]
            order = np.argsort(points)
            frames.append(FrameVotes(frame_idx, points[order], labels[order]))
        layer = None if self._layer is None else self._layer.copy()
        return Evidence(self._num_points, tuple(frames), layer)

    def _adopt(self, frame_idx: int, index: PixelIndex) -> IndexArray:
        """Use an index for a photo; votes cast through another one are taken back first."""
        known = self._indexes.get(frame_idx)
        if known is index:
            return np.zeros(0, dtype=np.int32)
        dropped = self.remove(frame_idx)
        self._indexes[frame_idx] = index
        self._votes[frame_idx] = np.zeros(len(index), dtype=np.uint16)
        return dropped

    def _recount(self, points: IndexArray, before: IdArray, *, after: IdArray) -> IndexArray:
        """Move the votes of points (each once) from one class to another."""
        self._admit(after)
        lost, gained = np.flatnonzero(before), np.flatnonzero(after)
        self._counts[points[lost], self._column_of[before[lost]]] -= 1
        self._counts[points[gained], self._column_of[after[gained]]] += 1
        return self._relabel(points)

    def _relabel(self, points: IndexArray) -> IndexArray:
        """Decide the labels of points anew; returns those that changed."""
        columns = len(self._class_ids)
        if columns:
            counts = self._counts[points, :columns]
            labels = self._class_ids[counts.argmax(axis=1)]
            labels[~counts.any(axis=1)] = 0
        else:
            labels = np.zeros(len(points), dtype=np.uint16)
        if self._layer is not None:
            laid = self._layer[points]
            labels = np.where(laid > 0, laid, labels)
        changed: IndexArray = points[self._labels[points] != labels]
        self._labels[points] = labels
        return changed

    def _admit(self, ids: IdArray) -> None:
        """Give every class a column; columns ascend by id, so that ties go to the lowest id."""
        highest = int(ids.max(initial=0))
        seen = np.zeros(highest + 1, dtype=bool)
        seen[ids] = True
        seen[0] = False
        new = np.setdiff1d(np.flatnonzero(seen), self._class_ids)
        if not len(new):
            return
        old_ids = self._class_ids
        self._class_ids = np.union1d(old_ids, new).astype(np.uint16)
        capacity = self._counts.shape[1]
        while capacity < len(self._class_ids):
            capacity *= 2
        counts = np.full((self._num_points, capacity), 0, dtype=self._counts.dtype)
        counts[:, np.searchsorted(self._class_ids, old_ids)] = self._counts[:, : len(old_ids)]
        self._counts = counts
        self._column_of = np.zeros(int(self._class_ids[-1]) + 1, dtype=np.int64)
        self._column_of[self._class_ids] = np.arange(len(self._class_ids))
