"""What the user has said about the points: votes of photos, and labels laid on points directly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from o3d_paint.core.accepted import AcceptedLabels
from o3d_paint.core.arrays import BoolArray, IdArray, IndexArray
from o3d_paint.core.packed_masks import PackedMask

__all__ = ["Evidence", "FrameVotes", "Snapshot", "Tally"]


@dataclass(frozen=True, slots=True, eq=False)
class FrameVotes:
    """What one painted photo says.

    Attributes:
        frame_idx: Position of the photo in the scene.
        points: (K,) positions of points in the cloud, each once.
        labels: (K,) class ids, never 0.
        version: Number of these very votes, another after every change; None where unnumbered.
        trust: (K,) uint8 how far the photo is believed to show each point, 255 for 1; None where
            all are. Votes that are merely counted count alike.
    """

    frame_idx: int
    points: IndexArray
    labels: IdArray
    version: int | None = None
    trust: npt.NDArray[np.uint8] | None = None

    def cast(self) -> FrameVotes:
        """Return the votes without points that have none."""
        given = np.flatnonzero(self.labels)
        if len(given) == len(self.labels):
            return self
        return self.taken(given)

    def taken(self, places: npt.NDArray[np.intp]) -> FrameVotes:
        """Return some of the votes, (M,) positions among them, in that order."""
        trust = None if self.trust is None else self.trust[places]
        return replace(self, points=self.points[places], labels=self.labels[places], trust=trust)


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """Votes counted.

    Attributes:
        class_ids: (C,) class ids that have votes, ascending.
        counts: (N, C) uint16, photos that vote for each class on each point.
    """

    class_ids: IdArray
    counts: npt.NDArray[np.uint16]

    def majority(self) -> IdArray:
        """Return (N,) the class with most votes, the lowest id of equals, 0 without votes."""
        if not len(self.class_ids):
            return np.zeros(len(self.counts), dtype=np.uint16)
        winner = self.class_ids[self.counts.argmax(axis=1)]
        return np.where(self.counts.any(axis=1), winner, 0).astype(np.uint16)


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """All votes at one moment; immutable, so that a worker may read it.

    Attributes:
        num_points: N of the cloud.
        frames: The votes of every painted photo.
        layer: (N,) class ids laid on points directly, 0 where none; it outranks the photos.
            None where the layer is unused.
        imported: (N,) labels that the cloud came with, 0 where none; any photo overrides them.
            None where it came without.
        masks: The masks that the votes come from, by position of the photo; empty where unknown.
        accepted: Predictions that were accepted, which are no paint: nothing here counts them, and
            they say nothing of points on which anybody has painted. None where there are none.
    """

    num_points: int
    frames: tuple[FrameVotes, ...]
    layer: IdArray | None = None
    imported: IdArray | None = None
    masks: Mapping[int, PackedMask] = field(default_factory=dict)
    accepted: AcceptedLabels | None = None

    def tally(self) -> Tally:
        """Count the photos' votes, and an imported label as one where no photo votes.

        The layer does not take part.
        """
        ids = [np.unique(f.labels) for f in self.frames]
        if self.imported is not None:
            ids.append(np.setdiff1d(self.imported, [0]))
        class_ids = np.unique(np.concatenate(ids)) if ids else np.zeros(0, dtype=np.uint16)
        counts = np.zeros((self.num_points, len(class_ids)), dtype=np.uint16)
        for votes in self.frames:
            counts[votes.points, np.searchsorted(class_ids, votes.labels)] += 1
        if self.imported is not None:
            alone = self.imported_alone()
            counts[alone, np.searchsorted(class_ids, self.imported[alone])] = 1
        return Tally(class_ids.astype(np.uint16), counts)

    def imported_alone(self) -> IndexArray:
        """Return the points whose label the cloud came with and on which no photo votes."""
        if self.imported is None:
            return np.zeros(0, dtype=np.int32)
        counts = self.imported > 0
        for votes in self.frames:
            counts[votes.points] = False
        return np.flatnonzero(counts).astype(np.int32)

    def is_painted(self) -> BoolArray:
        """Return (N,) the points that have any painted label."""
        painted = np.zeros(self.num_points, dtype=bool)
        for votes in self.frames:
            painted[votes.points] = True
        for laid in (self.layer, self.imported):
            if laid is not None:
                painted |= laid > 0
        return painted

    def labels(self) -> IdArray:
        """Return (N,) painted labels: the layer's where it speaks, else the photos' majority."""
        majority = self.tally().majority()
        return majority if self.layer is None else np.where(self.layer > 0, self.layer, majority)

    def without(self, frame_idx: int) -> Evidence:
        """Return the evidence as if one photo had not been painted."""
        others = tuple(f for f in self.frames if f.frame_idx != frame_idx)
        masks = {i: mask for i, mask in self.masks.items() if i != frame_idx}
        return replace(self, frames=others, masks=masks)

    def class_ids(self) -> set[int]:
        """Return the classes that were painted at all, whether the paint reached a point or not."""
        said = [mask.class_ids for mask in self.masks.values()]
        said += [f.labels for f in self.frames if f.frame_idx not in self.masks]
        said += [laid for laid in (self.layer, self.imported) if laid is not None]
        seen = np.zeros(1 << 16, dtype=bool)
        for ids in said:
            seen[ids] = True
        seen[0] = False
        return set(np.flatnonzero(seen).tolist())


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """All votes at one moment as they are kept: quickly made, so that a worker does the rest.

    Attributes:
        num_points: N of the cloud.
        frames: The votes of painted photos, with 0 where a point that is seen has none.
        layer: As in `Evidence`.
        imported: As in `Evidence`.
        masks: As in `Evidence`.
        accepted: As in `Evidence`.
    """

    num_points: int
    frames: tuple[FrameVotes, ...]
    layer: IdArray | None = None
    imported: IdArray | None = None
    masks: Mapping[int, PackedMask] = field(default_factory=dict)
    accepted: AcceptedLabels | None = None

    def evidence(self) -> Evidence:
        """Return the votes that were cast."""
        cast = (f.cast() for f in self.frames)
        frames = tuple(f for f in cast if len(f.points))
        said = self.layer, self.imported, self.masks, self.accepted
        return Evidence(self.num_points, frames, *said)
