"""Labels for every point from what was painted."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter
from typing import Literal

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray, IdArray
from o3d_paint.core.evidence import Evidence
from o3d_paint.core.label_source import FUSED, NONE, PAINTED
from o3d_paint.core.progress import Progress
from o3d_paint.core.scene import PointCloud
from o3d_paint.fusion.ball import ball_vote
from o3d_paint.fusion.graph import Graph, build_graph
from o3d_paint.fusion.random_walk import Spread, WalkerSettings, count_votes, walk
from o3d_paint.fusion.refine import Refined, label_points

__all__ = ["FuseOptions", "Fusion", "Method", "fuse"]

Method = Literal["graph", "ball", "nearest"]
_UNMEASURED, _FILLED = 0.5, 0.3
_SMALL_BALL = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class FuseOptions:
    """How labels come about.

    Attributes:
        method: "graph": labels travel along the surface to every point. "ball": painted points
            keep theirs, a ball vote labels what lies near them. "nearest": the same with a
            small ball, and the rest take the nearest label.
        max_distance: Radius of the ball in scene units.
        min_neighbors: Fewest labelled points in the ball.
        batch_size: Points voted on between two reports of progress.
        keep_strokes: Painted points keep their labels exactly, sloppy ones too; "ball" always does.
        min_confidence: Points less sure than this stay unlabelled.
        walker: Weights of the graph.
    """

    method: Method = "graph"
    max_distance: float = 0.05
    min_neighbors: int = 3
    batch_size: int = 100_000
    keep_strokes: bool = False
    min_confidence: float = 0.0
    walker: WalkerSettings = field(default_factory=WalkerSettings)


@dataclass(frozen=True, slots=True, eq=False)
class Fusion:
    """A label for every point, and how it came about.

    Attributes:
        labels: (N,) class ids, 0 where unlabelled.
        confidence: (N,) float32, 0..1; 0 where unlabelled.
        source: (N,) uint8: 0 none, 1 painted (a photo or the layer said this), 2 fused.
        votes: (N,) uint8: photos that voted, 255 for more.
        method: What made it.
        seconds: Time of each stage.
        spread: The state of the graph, to start the next live fusion from; None for "ball".
        refined: What the graph alone says of the points, for the same.
    """

    labels: IdArray
    confidence: FloatArray
    source: npt.NDArray[np.uint8]
    votes: npt.NDArray[np.uint8]
    method: str
    seconds: dict[str, float]
    spread: Spread | None = None
    refined: Refined | None = None


def fuse(
    cloud: PointCloud,
    evidence: Evidence,
    options: FuseOptions | None = None,
    *,
    graph: Graph | None = None,
    warm: Fusion | None = None,
    progress: Progress | None = None,
) -> Fusion:
    """Label every point that the evidence reaches.

    Args:
        cloud: The points.
        evidence: What was painted.
        options: The method and its parameters.
        graph: The graph of the cloud where it is at hand; built where not.
        warm: An earlier fusion over the same graph. For the live view; exports solve cold, so
            that the same evidence always gives the same labels.
        progress: Told how far it is; may raise to cancel.

    Raises:
        ValueError: An option is out of range, or the evidence belongs to another cloud.
    """
    options = options or FuseOptions()
    if evidence.num_points != len(cloud):
        msg = f"evidence is for {evidence.num_points} points, the cloud has {len(cloud)}"
        raise ValueError(msg)
    if options.method != "graph":
        return _by_ball(cloud, evidence, options, progress)
    return _by_graph(cloud, evidence, options, graph, warm, progress)


def _by_graph(
    cloud: PointCloud,
    evidence: Evidence,
    options: FuseOptions,
    graph: Graph | None,
    warm: Fusion | None,
    progress: Progress | None,
) -> Fusion:
    """Let labels travel along the surface."""
    report = progress or (lambda fraction, stage: None)
    started = perf_counter()
    if graph is None:
        graph = build_graph(cloud, progress=lambda f, stage: report(0.6 * f, stage))
    built = perf_counter()
    report(0.6, "spreading")
    last = None if warm is None else warm.spread
    votes = count_votes(graph, evidence, known=None if last is None else last.votes)
    spread = walk(graph, votes, options.walker, warm=last)
    solved = perf_counter()
    report(0.9, "labelling")
    refined = label_points(cloud, graph, spread, before=None if warm is None else warm.refined)
    labels, confidence = _overruled(refined, evidence, options)
    source = _sources(evidence, labels)
    report(1.0, "labelling")
    seconds = {
        "graph": built - started,
        "solve": solved - built,
        "refine": perf_counter() - solved,
    }
    return Fusion(labels, confidence, source, votes.photos, "graph", seconds, spread, refined)


def _overruled(
    refined: Refined, evidence: Evidence, options: FuseOptions
) -> tuple[IdArray, FloatArray]:
    """Return labels and confidence with what no walk may change; the graph's own where nothing."""
    labels, confidence = refined.labels, refined.confidence
    alone = evidence.imported_alone()
    has_layer = evidence.layer is not None
    if not (len(alone) or has_layer or options.keep_strokes or options.min_confidence > 0):
        return labels, confidence
    labels, confidence = labels.copy(), confidence.copy()
    if len(alone) and evidence.imported is not None:
        # What the file says is no sloppy stroke to be outvoted; only photos override it.
        labels[alone] = evidence.imported[alone]
        confidence[alone] = 1
    if options.keep_strokes:
        painted, agreement, _ = _painted(evidence)
        np.copyto(labels, painted, where=painted > 0)
        np.copyto(confidence, agreement, where=painted > 0)
    elif evidence.layer is not None:
        laid = evidence.layer > 0
        np.copyto(labels, evidence.layer, where=laid)
        confidence[laid] = 1
    labels[confidence < options.min_confidence] = 0
    confidence[labels == 0] = 0
    return labels, confidence


def _by_ball(
    cloud: PointCloud, evidence: Evidence, options: FuseOptions, progress: Progress | None
) -> Fusion:
    """Let painted points keep their labels and those around them decide about the rest."""
    started = perf_counter()
    painted, agreement, votes = _painted(evidence)
    fills = options.method == "nearest"
    labels = ball_vote(
        cloud.xyz,
        painted,
        radius=options.max_distance * (_SMALL_BALL if fills else 1),
        min_neighbors=1 if fills else options.min_neighbors,
        batch_size=options.batch_size,
        progress=progress,
    )
    confidence = np.where(painted > 0, agreement, _UNMEASURED).astype(np.float32)
    if fills:
        confidence[labels == 0] = _FILLED
        labels = _nearest(cloud.xyz, labels)
    labels[confidence < options.min_confidence] = 0
    confidence[labels == 0] = 0
    seconds = {"vote": perf_counter() - started}
    return Fusion(labels, confidence, _sources(evidence, labels), votes, options.method, seconds)


def _nearest(xyz: FloatArray, labels: IdArray) -> IdArray:
    """Return labels with every unlabelled point given that of the nearest labelled one."""
    from scipy.spatial import cKDTree

    known, unknown = np.flatnonzero(labels), np.flatnonzero(labels == 0)
    if not len(known) or not len(unknown):
        return labels
    tree = cKDTree(xyz[known], balanced_tree=False, compact_nodes=False)
    filled = labels.copy()
    filled[unknown] = labels[known[tree.query(xyz[unknown], workers=-1)[1]]]
    return filled


def _sources(evidence: Evidence, labels: IdArray) -> npt.NDArray[np.uint8]:
    """Return (N,) uint8: painted where somebody said this very label, else fused, or none."""
    source = np.full(len(labels), NONE, dtype=np.uint8)
    source[labels > 0] = FUSED
    for frame in evidence.frames:
        source[frame.points[labels[frame.points] == frame.labels]] = PAINTED
    alone = evidence.imported_alone()
    if evidence.imported is not None:
        source[alone[evidence.imported[alone] == labels[alone]]] = PAINTED
    if evidence.layer is not None:
        source[(evidence.layer > 0) & (evidence.layer == labels)] = PAINTED
    return source


def _painted(evidence: Evidence) -> tuple[IdArray, FloatArray, npt.NDArray[np.uint8]]:
    """Return (N,) painted labels, the share of votes for them, and how many photos voted."""
    tally = evidence.tally()
    total = tally.counts.sum(axis=1, dtype=np.int64)
    most = tally.counts.max(axis=1, initial=0)
    agreement = most / np.maximum(total, 1)
    painted = tally.majority()
    total[evidence.imported_alone()] = 0
    if evidence.layer is not None:
        laid = evidence.layer > 0
        painted = np.where(laid, evidence.layer, painted)
        agreement[laid] = 1.0
    return painted, agreement.astype(np.float32), np.minimum(total, 255).astype(np.uint8)
