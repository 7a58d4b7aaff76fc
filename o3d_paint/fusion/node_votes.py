"""What is said about the points, gathered by node of the graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import BoolArray, FloatArray, IdArray, IndexArray, row_sums
from o3d_paint.core.evidence import Evidence, FrameVotes
from o3d_paint.fusion.graph import Graph
from o3d_paint.fusion.stroke_belief import Strokes, stroke_belief, strokes_of
from o3d_paint.fusion.stroke_trust import VoteWeights

__all__ = ["NodeVotes", "PhotoVotes", "count_votes", "known_votes"]


@dataclass(frozen=True, slots=True, eq=False)
class PhotoVotes:
    """The votes of one photo by node.

    Attributes:
        votes: By point.
        trust: (K,) uint8 how far each is believed, 255 for 1.
        class_ids: (C,) ids that have votes, ascending.
        nodes: (T,) nodes that have votes, ascending.
        counts: (T,) float32 votes.
        trusted: (T, C) float32 votes, each as far as it is believed.
        strokes: Connected regions of nodes in which it gives one class.
    """

    votes: FrameVotes
    trust: VoteWeights
    class_ids: IdArray
    nodes: IndexArray
    counts: FloatArray
    trusted: FloatArray
    strokes: Strokes

    def columns_in(self, class_ids: IdArray) -> npt.NDArray[np.int32]:
        """Return (K,) the column of each vote's class among (C,) ascending ids."""
        return _column_table(class_ids)[self.votes.labels]


@dataclass(frozen=True, slots=True, eq=False)
class NodeVotes:
    """What is said about the nodes.

    Attributes:
        class_ids: (C,) ids that somebody gave, ascending.
        trusted: (M, C) float32 votes of photos, each as far as it and its stroke are believed.
        counts: (M,) float32 votes of photos.
        fixed: (M,) whether labels were laid on points of the node directly.
        laid: (F, C) float32 share of each class in what was laid, by ascending fixed node.
        photos: (N,) uint8 photos that voted on each point, 255 for more.
        by_photo: Votes by photo, so that the next count need not repeat those that stay.
        belief: Of each of them (T,) float32, how far its stroke is believed at each of its nodes.
    """

    class_ids: IdArray
    trusted: FloatArray
    counts: FloatArray
    fixed: BoolArray
    laid: FloatArray
    photos: npt.NDArray[np.uint8]
    by_photo: tuple[PhotoVotes, ...] = ()
    belief: tuple[FloatArray, ...] = ()


def count_votes(
    graph: Graph,
    evidence: Evidence,
    *,
    trust: Mapping[int, VoteWeights] | None = None,
    known: NodeVotes | None = None,
) -> NodeVotes:
    """Gather what is said about points by node.

    Args:
        graph: The graph of the scene.
        evidence: The votes by point.
        trust: (K,) trust in the votes of photos, by position in the scene; full where not given.
        known: An earlier count over the same graph; photos that vote as then are not counted again.
    """
    by_photo = [_photo_votes(graph, frame, trust or {}, known) for frame in evidence.frames]
    seen = np.zeros(65536, dtype=bool)
    for own in by_photo:
        seen[own.class_ids] = True
    for laid in (evidence.layer, evidence.imported):
        if laid is not None:
            seen[laid] = True
    seen[0] = False
    class_ids = np.flatnonzero(seen).astype(np.uint16)
    column_of = _column_table(class_ids)
    trusted = np.zeros((len(graph), len(class_ids)), dtype=np.float32)
    counts = np.zeros(len(graph), dtype=np.float32)
    photos = np.zeros(evidence.num_points, dtype=np.uint8)
    for own in by_photo:
        trusted[own.nodes[:, None], column_of[own.class_ids]] += own.trusted
        counts[own.nodes] += own.counts
        photos[own.votes.points] += photos[own.votes.points] < 255
    belief = _believed(by_photo, column_of, trusted)
    fixed, laid_share = _laid(graph, evidence, column_of, counts, len(class_ids))
    return NodeVotes(
        class_ids, trusted, counts, fixed, laid_share, photos, tuple(by_photo), tuple(belief)
    )


def _photo_votes(
    graph: Graph, frame: FrameVotes, trust: Mapping[int, VoteWeights], known: NodeVotes | None
) -> PhotoVotes:
    """Count the votes of a photo, or take them from an earlier count."""
    from o3d_paint.fusion.kernels.random_walk import node_votes

    before = known_votes(known, frame)
    if before is not None:
        return before
    seen = np.zeros(65536, dtype=bool)
    seen[frame.labels] = True
    class_ids = np.flatnonzero(seen).astype(np.uint16)
    believed = trust.get(frame.frame_idx)
    if believed is None:
        believed = np.full(len(frame.points), 255, dtype=np.uint8)
    if frame.trust is not None:
        believed = (believed.astype(np.uint16) * frame.trust // 255).astype(np.uint8)
    columns = _column_table(class_ids)[frame.labels]
    counted = node_votes(frame.points, columns, believed, graph.node_of, len(graph), len(class_ids))
    nodes, counts, trusted = counted
    strokes = strokes_of(nodes, trusted, graph.indptr, graph.indices)
    return PhotoVotes(frame, believed, class_ids, nodes, counts, trusted, strokes)


def _believed(
    by_photo: Sequence[PhotoVotes], column_of: npt.NDArray[np.int32], trusted: FloatArray
) -> list[FloatArray]:
    """Return how far strokes are believed, and take what they are not out of all votes (M, C)."""
    total = row_sums(trusted)
    belief = [
        stroke_belief(own.strokes, column_of[own.class_ids][own.strokes.most], trusted, total)
        for own in by_photo
    ]
    for own, believed in zip(by_photo, belief, strict=True):
        less = np.flatnonzero(believed < 1)
        trusted[own.nodes[less, None], column_of[own.class_ids]] -= own.trusted[less] * (
            1 - believed[less, None]
        )
    np.maximum(trusted, 0, out=trusted)
    return belief


def known_votes(known: NodeVotes | None, frame: FrameVotes) -> PhotoVotes | None:
    """Return the count of a photo that votes as before; None where that is not known."""
    if known is None or frame.version is None:
        return None
    return next((own for own in known.by_photo if own.votes.version == frame.version), None)


def _column_table(class_ids: IdArray) -> npt.NDArray[np.int32]:
    """Return (65536,) the column of each class id among (C,) ascending ones."""
    table = np.zeros(65536, dtype=np.int32)
    table[class_ids] = np.arange(len(class_ids))
    return table


def _laid(
    graph: Graph,
    evidence: Evidence,
    column_of: npt.NDArray[np.int32],
    counts: FloatArray,
    num_classes: int,
) -> tuple[BoolArray, FloatArray]:
    """Return (M,) nodes that labels were laid on, and (F, C) the share of each class there.

    Labels that the cloud came with count where no photo votes on the node.
    """
    size = len(graph) * num_classes
    laid = np.zeros(size)
    for points, labels in ((None, evidence.layer), (evidence.imported_alone(), evidence.imported)):
        if labels is None:
            continue
        given = (
            np.flatnonzero(labels) if points is None else points[counts[graph.node_of[points]] == 0]
        )
        keys = graph.node_of[given].astype(np.int64) * num_classes + column_of[labels[given]]
        laid += np.bincount(keys, minlength=size)
    by_node = laid.reshape(len(graph), num_classes)
    total = by_node.sum(axis=1)
    fixed: BoolArray = total > 0
    share = by_node[fixed] / total[fixed, None]
    return fixed, share.astype(np.float32)
