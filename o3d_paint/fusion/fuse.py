"""Labels for every point from what was painted: the one engine of window, commands and library."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import BoolArray, FloatArray, IdArray
from o3d_paint.core.evidence import Evidence
from o3d_paint.core.label_source import FUSED, NONE, PAINTED
from o3d_paint.core.metrics import labels_of_nearest
from o3d_paint.core.progress import Progress
from o3d_paint.core.scene import Frame, PointCloud
from o3d_paint.errors import SceneError
from o3d_paint.fusion.accepted import with_accepted
from o3d_paint.fusion.article import ArticleOptions, article_labels
from o3d_paint.fusion.ball import ball_vote
from o3d_paint.fusion.camera_limit import counted
from o3d_paint.fusion.graph import Graph, build_graph
from o3d_paint.fusion.node_votes import NodeVotes, count_votes, known_votes
from o3d_paint.fusion.photo_edges import EdgeMap, edge_strength
from o3d_paint.fusion.random_walk import walk
from o3d_paint.fusion.refine import Refined, label_points
from o3d_paint.fusion.result import Fusion
from o3d_paint.fusion.settings import FusionSettings
from o3d_paint.fusion.stroke_trust import VoteWeights, vote_trust
from o3d_paint.fusion.vote_confidence import vote_confidence

__all__ = ["Fusion", "FusionSettings", "derive", "fuse"]

_SMALL_BALL = 0.2


def fuse(
    cloud: PointCloud,
    evidence: Evidence,
    settings: FusionSettings | None = None,
    *,
    frames: Sequence[Frame] = (),
    graph: Graph | None = None,
    known: Fusion | None = None,
    warm: bool = False,
    progress: Progress | None = None,
) -> Fusion:
    """Label every point that the evidence reaches, however unsure; see `Fusion.shown`.

    Args:
        cloud: The points.
        evidence: What was painted, and which predictions were accepted.
        settings: The method and its values; what is not filled in takes the published distances.
        frames: All photos of the scene, in its order. The article reads their masks and depths,
            the graph tells by them where strokes ran over an edge; without them every vote is
            believed alike. Needed where paint far from every camera is dropped.
        graph: The graph of the cloud where it is at hand; built where not.
        known: An earlier fusion of the scene: what stays of it is not computed again.
        warm: Start from the labels of ``known``, too. For the live view; exports solve cold, so
            that the same evidence always gives the same labels.
        progress: Told how far it is; may raise to cancel.

    Raises:
        SceneError: The article meets a photo without depth.
        ValueError: The evidence belongs to another cloud, or photos are missing.
    """
    chosen = settings or FusionSettings()
    fusion = derive(
        cloud, evidence, chosen,
        frames=frames, graph=graph, known=known, warm=warm, progress=progress,
    )  # fmt: skip
    painted = evidence.is_painted()
    return with_accepted(fusion, evidence.accepted, painted, chosen.min_confidence)


def derive(
    cloud: PointCloud,
    evidence: Evidence,
    settings: FusionSettings | None = None,
    *,
    frames: Sequence[Frame] = (),
    graph: Graph | None = None,
    known: Fusion | None = None,
    warm: bool = False,
    progress: Progress | None = None,
) -> Fusion:
    """Return what `fuse` does before accepted predictions are laid over it.

    They may be taken back without fusing anew, so this is what an open project keeps.
    """
    chosen = (settings or FusionSettings()).resolved(None)
    if evidence.num_points != len(cloud):
        msg = f"evidence is for {evidence.num_points} points, the cloud has {len(cloud)}"
        raise ValueError(msg)
    if chosen.method == "article":
        return _by_article(cloud, evidence, chosen, frames, progress)
    evidence = counted(cloud, evidence, chosen, frames)
    if chosen.method == "graph":
        return _by_graph(
            cloud, evidence, chosen,
            frames=frames, graph=graph, known=known, warm=warm, progress=progress,
        )  # fmt: skip
    return _by_ball(cloud, evidence, chosen, progress)


def _by_article(
    cloud: PointCloud,
    evidence: Evidence,
    settings: FusionSettings,
    frames: Sequence[Frame],
    progress: Progress | None,
) -> Fusion:
    """Label by the published method, which knows masks and depths and nothing else."""
    painted = sorted(i for i, mask in evidence.masks.items() if mask.num_painted)
    for frame_idx in painted:
        if frames[frame_idx].depth is None:
            msg = (
                f"photo {frames[frame_idx].name!r} has no depth, which the article's method needs:"
                " use method ball"
            )
            raise SceneError(msg)
    names = ArticleOptions.__dataclass_fields__
    result = article_labels(
        cloud.xyz,
        ((frames[i], evidence.masks[i].unpacked()) for i in painted),
        ArticleOptions(**{name: getattr(settings, name) for name in names}),
        camera_positions=np.array([f.position for f in frames]).reshape(-1, 3),
        progress=progress,
    )
    notes = [
        f"The article's method knows no labels {whence}: {count:,} points have some."
        for whence, labels in (
            ("laid on points directly", evidence.layer),
            ("that a cloud came with", evidence.imported),
            ("that were accepted", None if evidence.accepted is None else evidence.accepted.labels),
        )
        if labels is not None and (count := np.count_nonzero(labels))
    ]
    return Fusion(
        result.labels,
        (result.labels > 0).astype(np.float32),
        result.source,
        np.zeros(len(cloud), dtype=np.uint8),
        settings,
        dict(result.seconds),
        tuple(notes),
    )


def _by_graph(
    cloud: PointCloud,
    evidence: Evidence,
    settings: FusionSettings,
    *,
    frames: Sequence[Frame],
    graph: Graph | None,
    known: Fusion | None,
    warm: bool,
    progress: Progress | None,
) -> Fusion:
    """Let labels travel along the surface."""
    report = progress or (lambda fraction, stage: None)
    started, share = perf_counter(), 0.0
    graph = graph or (None if known is None else known.graph)
    if graph is None:
        share = 0.5
        graph = build_graph(cloud, progress=lambda f, stage: report(share * f, stage))
    built = perf_counter()
    before = None if known is None or known.graph is not graph else known.refined
    counted_before = None if before is None else before.potentials.votes
    edges = dict({} if known is None else known.edges)
    trust = _trust(
        cloud, evidence, frames, counted_before, edges,
        progress=lambda f: report(share + 0.2 * f, "strokes"),
    )  # fmt: skip
    votes = count_votes(graph, evidence, trust=trust, known=counted_before)
    believed = perf_counter()
    report(share + 0.2, "spreading")
    start = before if warm else None
    potentials = walk(graph, votes, warm=None if start is None else start.potentials)
    solved = perf_counter()
    report(0.9, "labelling")
    refined = label_points(cloud, graph, potentials, before=start)
    labels, confidence = _held(refined, evidence, settings)
    source = _sources(evidence, labels)
    report(1.0, "labelling")
    seconds = {
        "graph": built - started,
        "strokes": believed - built,
        "solve": solved - believed,
        "refine": perf_counter() - solved,
    }
    return Fusion(
        labels,
        confidence,
        source,
        votes.photos,
        settings,
        seconds,
        graph=graph,
        edges=edges,
        refined=refined,
    )


def _trust(
    cloud: PointCloud,
    evidence: Evidence,
    frames: Sequence[Frame],
    known: NodeVotes | None,
    edges: dict[int, EdgeMap],
    *,
    progress: Callable[[float], None],
) -> dict[int, VoteWeights]:
    """Return trust in the votes of photos that are not counted yet; adds to the edges of photos."""
    trust = {}
    for done, votes in enumerate(evidence.frames):
        place = votes.frame_idx
        mask = evidence.masks.get(place)
        if mask is None or place >= len(frames) or known_votes(known, votes) is not None:
            continue
        progress(done / len(evidence.frames))
        if place not in edges:
            edges[place] = edge_strength(frames[place])
        trust[place] = vote_trust(cloud, frames[place], votes, mask.unpacked(), edges[place])
    return trust


def _held(
    refined: Refined, evidence: Evidence, settings: FusionSettings
) -> tuple[IdArray, FloatArray]:
    """Return labels and confidence with what no walk may change; the graph's own where nothing."""
    labels, confidence = refined.labels, refined.confidence
    alone = evidence.imported_alone()
    has_layer = evidence.layer is not None
    if not (len(alone) or has_layer or settings.keep_strokes):
        return labels, confidence
    labels, confidence = labels.copy(), confidence.copy()
    if len(alone) and evidence.imported is not None:
        # What the file says is no sloppy stroke to be outvoted; only photos override it.
        labels[alone] = evidence.imported[alone]
        confidence[alone] = 1
    if settings.keep_strokes:
        painted, agreement, _ = _painted(evidence)
        np.copyto(labels, painted, where=painted > 0)
        np.copyto(confidence, agreement, where=painted > 0)
    elif evidence.layer is not None:
        laid = evidence.layer > 0
        np.copyto(labels, evidence.layer, where=laid)
        confidence[laid] = 1
    confidence[labels == 0] = 0
    return labels, confidence


def _by_ball(
    cloud: PointCloud, evidence: Evidence, settings: FusionSettings, progress: Progress | None
) -> Fusion:
    """Let painted points keep their labels and those around them decide about the rest."""
    started = perf_counter()
    painted, agreement, votes = _painted(evidence)
    fills = settings.method == "nearest"
    assert settings.max_distance is not None
    labels = ball_vote(
        cloud.xyz,
        painted,
        radius=settings.max_distance * (_SMALL_BALL if fills else 1),
        min_neighbors=1 if fills else settings.min_neighbors or 1,
        batch_size=settings.batch_size or len(painted),
        progress=progress,
    )
    if fills:
        known, xyz = labels > 0, cloud.xyz
        labels[~known] = labels_of_nearest(xyz[known], labels[known], at=xyz[~known])
    confidence = vote_confidence(cloud.xyz, labels, painted, agreement, votes)
    confidence[_laid(evidence)] = 1
    seconds = {"vote": perf_counter() - started}
    return Fusion(labels, confidence, _sources(evidence, labels), votes, settings, seconds)


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


def _laid(evidence: Evidence) -> BoolArray:
    """Return (N,) points whose label was laid on them directly, or came with the cloud alone."""
    laid: BoolArray = np.zeros(evidence.num_points, dtype=bool)
    laid[evidence.imported_alone()] = True
    if evidence.layer is not None:
        laid |= evidence.layer > 0
    return laid


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
