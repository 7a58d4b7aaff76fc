"""From masks to a label for every point, without a window: what commands and library call.

The stages are those of the window (`build_index`, `Ballots`, `fuse`), so that the same paint gives
the same labels in both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any, get_args, get_type_hints

import numpy as np

from o3d_paint.core.arrays import BoolArray, IdArray
from o3d_paint.core.ballots import Ballots
from o3d_paint.core.consistency import suggested_tolerance
from o3d_paint.core.disagreement import Conflict, conflicts_by_pair
from o3d_paint.core.distances import PRESETS, ball_radius, batch_size
from o3d_paint.core.evidence import Evidence, FrameVotes
from o3d_paint.core.mask import Rect
from o3d_paint.core.progress import Progress
from o3d_paint.core.scene import PointCloud, Scene
from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.core.visibility import DepthTolerance
from o3d_paint.errors import SceneError
from o3d_paint.fusion.article import ArticleOptions, article_labels
from o3d_paint.fusion.fuse import FuseOptions, fuse
from o3d_paint.fusion.graph import Graph, build_graph
from o3d_paint.fusion.random_walk import WalkerSettings
from o3d_paint.io.exporters.labelled import LabelledScene
from o3d_paint.project.indexes import build_index
from o3d_paint.project.weights import Weights, choose_weights, is_choice_due

__all__ = ["ARTICLE", "METHODS", "FusePlan", "FuseResult", "gather_evidence", "run_fuse"]

ARTICLE = "article"
METHODS: tuple[str, ...] = (*get_args(get_type_hints(FuseOptions)["method"]), ARTICLE)
"""Every way to fuse: those of `fuse`, and the published method to the letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FusePlan:
    """How labels are to come about; None takes what suits scene and method.

    Attributes:
        method: "article" is the published method to the letter. None is "graph", or another one
            that predicts left-out photos better.
        conf_thresh: Of the article: painted pixels count with confidence above this. Other
            methods use the scene's own rule.
        tolerance: Scene units. Article: a projected point labels the nearest point if closer.
            Others: how far a point may lie from the depth map, beside a share of the depth.
        max_camera_distance: Scene units; painted points farther from every camera do not count.
        max_distance: Radius of the ball that votes, scene units.
        min_neighbors: Fewest labelled points in the ball.
        batch_size: Points voted on at a time; labels do not depend on it.
        keep_strokes: Whether painted points keep their labels exactly, sloppy ones too.
        min_confidence: Points less sure than this stay unlabelled.
        tune: Whether the painted photos choose the weights of the graph; None where no weights
            are given, or where much more is painted than when those were chosen.
        weights: Weights chosen before; those of a project.
    """

    method: str | None = None
    conf_thresh: float | None = None
    tolerance: float | None = None
    max_camera_distance: float | None = None
    max_distance: float | None = None
    min_neighbors: int | None = None
    batch_size: int | None = None
    keep_strokes: bool | None = None
    min_confidence: float | None = None
    tune: bool | None = None
    weights: Weights | None = None

    def resolved(self, scene: Scene) -> FusePlan:
        """Return the plan with every value that the method uses filled in."""
        if self.method == ARTICLE:
            published = ArticleOptions()
            defaults = {name: getattr(published, name) for name in _ARTICLE_FIELDS}
            if scene.preset is not None:
                preset = PRESETS[scene.preset]
                defaults |= {"max_distance": preset.radius, "conf_thresh": preset.confidence}
        else:
            plain = FuseOptions()
            defaults = {
                "method": plain.method,
                "max_distance": ball_radius(scene),
                "min_neighbors": plain.min_neighbors,
                "batch_size": batch_size(scene),
                "keep_strokes": plain.keep_strokes,
                "min_confidence": plain.min_confidence,
                "tolerance": suggested_tolerance(scene).absolute,
            }
        missing: dict[str, Any] = {k: v for k, v in defaults.items() if getattr(self, k) is None}
        return replace(self, **missing)

    def completed_by(self, options: FuseOptions, weights: Weights | None) -> FusePlan:
        """Return the plan with what a project says about everything that is not given.

        Args:
            options: What was asked for in the project.
            weights: What its painted photos chose.
        """
        if self.method == ARTICLE:
            return self
        names = ("max_distance", "min_neighbors", "batch_size", "keep_strokes", "min_confidence")
        given = {n: getattr(options, n) for n in names if getattr(self, n) is None}
        if self.method is None and options.method != FuseOptions().method:
            given["method"] = options.method
        if options.walker != WalkerSettings():
            # Weights given by hand hold until somebody asks for others.
            weights = Weights(options.method, options.walker, photos=0)
            given["tune"] = bool(self.tune)
        return replace(self, weights=weights, **given)


_ARTICLE_FIELDS = (
    "conf_thresh",
    "tolerance",
    "max_camera_distance",
    "max_distance",
    "min_neighbors",
    "batch_size",
)


@dataclass(frozen=True, slots=True, eq=False)
class FuseResult:
    """What came out.

    Attributes:
        labelled: The scene with a label for every point that was reached.
        painted: (N,) labels of the painted points alone, before the vote.
        plan: What was done, every value filled in; its weights are those that were used.
        tolerance: How far a point may lie from the depth map; None for the article.
        seconds: Time of each stage.
        conflicts: Classes on whose points photos disagree.
    """

    labelled: LabelledScene
    painted: IdArray
    plan: FusePlan
    tolerance: DepthTolerance | None
    seconds: dict[str, float] = field(default_factory=dict)
    conflicts: tuple[Conflict, ...] = ()


def run_fuse(
    scene: Scene,
    masks: Mapping[int, IdArray],
    taxonomy: Taxonomy,
    plan: FusePlan | None = None,
    *,
    layer: IdArray | None = None,
    progress: Progress | None = None,
) -> FuseResult:
    """Label every point that painted photos reach.

    Args:
        scene: Cloud and photos.
        masks: (H, W) ids by position of the photo, in the order of painting.
        taxonomy: The classes.
        plan: Method and parameters.
        layer: (N,) labels laid on points directly, 0 where none; the article does not know it.
        progress: Told how far it is; may raise to cancel.

    Raises:
        SceneError: Nothing is painted, or the article meets a photo without depth.
        ValueError: A parameter is out of range.
    """
    chosen = (plan or FusePlan()).resolved(scene)
    if not any(m.any() for m in masks.values()) and (layer is None or not layer.any()):
        msg = f"nothing is painted on {scene.name}: give masks with class ids above 0"
        raise SceneError(msg)
    if chosen.method == ARTICLE:
        return _by_article(scene, masks, taxonomy, plan=chosen, progress=progress)
    told = progress or _silent
    started = perf_counter()
    tolerance = suggested_tolerance(scene)
    if chosen.tolerance is not None:
        tolerance = replace(tolerance, absolute=chosen.tolerance)
    evidence = gather_evidence(
        scene,
        masks,
        tolerance=tolerance,
        layer=layer,
        progress=lambda share, stage: told(0.4 * share, stage),
    )
    if chosen.max_camera_distance is not None:
        evidence = _near_cameras(scene, evidence, chosen.max_camera_distance)
    gathered = perf_counter()
    used, graph = _weighted(
        scene.cloud, evidence, chosen, keep_method=plan is not None and plan.method is not None,
        progress=lambda share, stage: told(0.4 + 0.4 * share, stage),
    )  # fmt: skip
    tuned = perf_counter()
    fusion = fuse(
        scene.cloud,
        evidence,
        _fuse_options(used),
        graph=graph,
        progress=lambda share, stage: told(0.8 + 0.2 * share, stage),
    )
    labelled = LabelledScene(
        scene, taxonomy, fusion.labels, fusion.source, fusion.confidence, fusion.votes
    )
    seconds = {"index": gathered - started, "weights": tuned - gathered, **fusion.seconds}
    if graph is None:
        del seconds["weights"]
    conflicts = conflicts_by_pair(evidence.tally())
    return FuseResult(labelled, evidence.labels(), used, tolerance, seconds, conflicts)


def _weighted(
    cloud: PointCloud,
    evidence: Evidence,
    plan: FusePlan,
    *,
    keep_method: bool,
    progress: Progress,
) -> tuple[FusePlan, Graph | None]:
    """Return the plan with the weights to use, and the graph if it was built to choose them."""
    plain = replace(_fuse_options(plan), walker=WalkerSettings())
    due = is_choice_due(plain, plan.weights, len(evidence.frames))
    if not (due if plan.tune is None else plan.tune) or plan.method != "graph":
        method = plan.weights.method if plan.weights and plan.method == "graph" else plan.method
        return replace(plan, method=plan.method if keep_method else method), None
    graph = build_graph(cloud)
    tuning = choose_weights(
        cloud, evidence, plain, graph=graph, progress=progress, keep_method=keep_method
    )
    weights = Weights.of(tuning) if tuning.trials else None
    return replace(plan, method=tuning.options.method, weights=weights), graph


def gather_evidence(
    scene: Scene,
    masks: Mapping[int, IdArray],
    *,
    tolerance: DepthTolerance,
    layer: IdArray | None = None,
    progress: Progress | None = None,
) -> Evidence:
    """Return what painted photos say about the points.

    Args:
        scene: Cloud and photos.
        masks: (H, W) ids of the photos' mask shapes by position.
        tolerance: How far a point may lie from a depth map.
        layer: (N,) labels laid on points directly, 0 where none.
        progress: Told how far it is.
    """
    ballots = Ballots(len(scene.cloud), len(scene.frames), imported=scene.labels)
    for done, (frame_idx, mask) in enumerate(masks.items()):
        if not mask.any():
            continue
        if progress is not None:
            progress(done / len(masks), f"photo {scene.frames[frame_idx].name}")
        index = build_index(scene, frame_idx, tolerance)
        ballots.sync(frame_idx, index, mask, rect=Rect.whole(index.shape))
        ballots.park(frame_idx)
    if layer is not None:
        points = np.flatnonzero(layer).astype(np.int32)
        ballots.set_layer(points, layer[points])
    return ballots.evidence()


def _fuse_options(plan: FusePlan) -> FuseOptions:
    """Return the options of the fusion itself."""
    options = FuseOptions()
    names = (
        "method", "max_distance", "min_neighbors", "batch_size", "keep_strokes", "min_confidence",
    )  # fmt: skip
    given = {n: getattr(plan, n) for n in names if getattr(plan, n) is not None}
    if plan.weights is not None:
        given["walker"] = plan.weights.walker
    return replace(options, **given)


def _by_article(
    scene: Scene,
    masks: Mapping[int, IdArray],
    taxonomy: Taxonomy,
    *,
    plan: FusePlan,
    progress: Progress | None,
) -> FuseResult:
    """Label by the published method."""
    for frame_idx in masks:
        if scene.frames[frame_idx].depth is None:
            msg = (
                f"photo {scene.frames[frame_idx].name!r} has no depth, which the article's method"
                " needs: use --method ball"
            )
            raise SceneError(msg)
    values = {name: getattr(plan, name) for name in _ARTICLE_FIELDS}
    result = article_labels(
        scene.cloud.xyz,
        [(scene.frames[i], mask) for i, mask in masks.items()],
        ArticleOptions(**values),
        camera_positions=np.array([f.position for f in scene.frames]),
        progress=progress,
    )
    labelled = LabelledScene(scene, taxonomy, result.labels, result.source)
    painted = np.where(result.source == 1, result.labels, 0).astype(np.uint16)
    return FuseResult(labelled, painted, plan, None, dict(result.seconds))


def _near_cameras(scene: Scene, evidence: Evidence, distance: float) -> Evidence:
    """Return the evidence without points that are farther than ``distance`` from every camera."""
    near: BoolArray = np.zeros(evidence.num_points, dtype=bool)
    for frame in scene.frames:
        far = np.flatnonzero(~near)
        offset = scene.cloud.xyz[far] - frame.position
        near[far] = np.einsum("ij,ij->i", offset, offset) <= distance**2
    frames = tuple(
        FrameVotes(f.frame_idx, f.points[near[f.points]], f.labels[near[f.points]])
        for f in evidence.frames
    )
    layer = evidence.layer
    kept = None if layer is None else np.where(near, layer, 0).astype(np.uint16)
    return Evidence(evidence.num_points, frames, kept, evidence.imported)


def _silent(_share: float, _stage: str) -> None:
    """Tell nobody."""
