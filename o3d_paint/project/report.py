"""Figures about scenes and results, as values of JSON's types."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from o3d_paint.core.confidence import ConfidenceRule
from o3d_paint.core.consistency import agreement_between, suggested_tolerance
from o3d_paint.core.disagreement import Conflict
from o3d_paint.core.distances import ball_radius
from o3d_paint.core.geometry import robust_bounds, robust_diagonal
from o3d_paint.core.label_source import NONE, PAINTED
from o3d_paint.core.reach import Reach
from o3d_paint.core.scene import Frame, Scene
from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.fusion.overruled import Overruled
from o3d_paint.io.exporters.labelled import LabelledScene
from o3d_paint.project.coverage import Coverage, count_coverage
from o3d_paint.project.pipeline import FuseResult
from o3d_paint.project.project import Project

__all__ = [
    "conflicts_report",
    "coverage_report",
    "fuse_report",
    "labelled_scene",
    "overruled_report",
    "scene_report",
    "units_report",
]


def scene_report(scene: Scene) -> dict[str, Any]:
    """Return what is known about a scene."""
    low, high = robust_bounds(scene.cloud.xyz)
    agreement = agreement_between(scene.frames, scene.rule)
    trusted, known = _trusted_pixels(scene)
    return {
        "name": scene.name,
        "points": len(scene.cloud),
        "photos": [_photo_report(f) for f in scene.frames],
        "bounds": [low.tolist(), high.tolist()],
        "up": scene.up.tolist(),
        "spacing": scene.spacing,
        "units": units_report(scene),
        "confidence": {
            **_rule_report(scene.rule),
            "trusted_pixels": trusted,
            "pixels_with_depth": known,
        },
        "depth_disagreement": None if np.isnan(agreement.error) else agreement.error,
        "depth_tolerance": suggested_tolerance(scene).relative,
        "preset": scene.preset,
        "notes": list(scene.notes),
    }


def units_report(scene: Scene) -> dict[str, Any]:
    """Return what a unit probably is, and the default distances in units and spacings."""
    radius = ball_radius(scene)
    return {
        "plausibly_metres": scene.metric,
        "diagonal": robust_diagonal(scene.cloud.xyz),
        "spacing": scene.spacing,
        "ball_radius": radius,
        "ball_radius_in_spacings": radius / scene.spacing,
    }


def fuse_report(
    result: FuseResult, *, seconds: dict[str, float], outputs: Sequence[Path] = ()
) -> dict[str, Any]:
    """Return what was done and what came out.

    Args:
        result: Of `run_fuse`.
        seconds: Time of the stages around it, in order.
        outputs: Files written.
    """
    labelled = result.labelled
    scene = labelled.scene
    coverage = count_coverage(
        result.painted,
        labelled.labels,
        confidence=labelled.confidence,
        class_ids=[c.class_id for c in labelled.taxonomy],
        sources=labelled.source,
    )
    return {
        "scene": {"name": scene.name, "points": len(scene.cloud), "photos": len(scene.frames)},
        "method": result.settings.method,
        "parameters": _parameters(result),
        "confidence": _confidence_report(result),
        "units": units_report(scene),
        "coverage": coverage_report(coverage),
        "classes": [
            {
                "id": c.class_id,
                "name": labelled.taxonomy.get(c.class_id).name,
                "painted": c.painted,
                "accepted": c.accepted,
                "fused": c.shown,
            }
            for c in coverage.classes
        ],
        "label_confidence": _label_confidence(labelled),
        "votes": _votes(labelled),
        "conflicts": conflicts_report(result.conflicts, labelled.taxonomy),
        "overruled": overruled_report(result.overruled, labelled.taxonomy),
        "reached": reach_report(result.reach, labelled),
        "seconds": {k: round(v, 4) for k, v in seconds.items()},
        "outputs": [str(p) for p in outputs],
        "notes": [*scene.notes, *result.notes],
    }


def coverage_report(coverage: Coverage) -> dict[str, Any]:
    """Return how many points are painted, accepted, fused and confident: counts, shares of all.

    Fused are all that have a label, accepted ones too. ``share_of_fused`` says which part of the
    labelled points is confident, from 0.7 on.
    """
    counts = {
        "painted": coverage.painted,
        "accepted": coverage.accepted,
        "fused": coverage.fused,
        "confident": coverage.confident,
    }
    found: dict[str, Any] = {
        name: {"points": count, "share": coverage.share(count)} for name, count in counts.items()
    }
    found["confident"]["share_of_fused"] = coverage.confident_share
    return found


def overruled_report(classes: Sequence[Overruled], taxonomy: Taxonomy) -> dict[str, Any]:
    """Return by class name what became of overruled paint, classes without any label first."""
    return {
        taxonomy.name_of(found.class_id): {
            "id": found.class_id,
            "painted": found.painted,
            "overruled": found.overruled,
            "share": found.share,
            "unlabelled": found.unlabelled,
            "labelled": found.labelled,
        }
        for found in classes
    }


def reach_report(reach: Sequence[Reach], labelled: LabelledScene) -> dict[str, dict[str, float]]:
    """Return by photo and class name the share of the paint that reaches points."""
    found: dict[str, dict[str, float]] = {}
    for r in reach:
        of_photo = found.setdefault(labelled.scene.frames[r.frame_idx].name, {})
        of_photo[labelled.taxonomy.name_of(r.class_id)] = round(r.reached, 4)
    return found


def _label_confidence(labelled: LabelledScene) -> dict[str, float] | None:
    """Return mean and tenths of the confidence of labels; None where the method gives none."""
    if labelled.confidence is None or not labelled.labels.any():
        return None
    confidence = labelled.confidence[labelled.labels > 0]
    tenths = np.percentile(confidence, [10, 50, 90]).round(4).tolist()
    mean = round(float(confidence.mean()), 4)
    return dict(zip(("mean", "p10", "median", "p90"), (mean, *tenths), strict=True))


def _votes(labelled: LabelledScene) -> dict[str, int] | None:
    """Return how many points have the votes of how many photos; None where nobody counts."""
    if labelled.votes is None:
        return None
    points = np.bincount(labelled.votes)
    return {str(photos): int(n) for photos, n in enumerate(points) if n}


def conflicts_report(conflicts: Sequence[Conflict], taxonomy: Taxonomy) -> list[dict[str, Any]]:
    """Return the pairs of classes that photos confuse, most points first."""
    return [
        {
            "classes": list(found.class_ids),
            "names": [taxonomy.name_of(class_id) for class_id in found.class_ids],
            "points": found.points,
        }
        for found in conflicts
    ]


def labelled_scene(project: Project, *, painted_only: bool = False) -> LabelledScene:
    """Return the open work as it shows, ready for an exporter.

    Args:
        project: The work.
        painted_only: Whether to leave out all that was accepted or fused.
    """
    votes = project.ballots.photos()
    if painted_only:
        painted = np.array(project.painted)
        source = np.where(painted > 0, PAINTED, NONE).astype(np.uint8)
        return LabelledScene(project.scene, project.taxonomy, painted, source, None, votes)
    return LabelledScene(
        project.scene,
        project.taxonomy,
        np.asarray(project.labels),
        np.asarray(project.source_of(None)),
        project.confidence_of(None),
        votes,
    )


def _parameters(result: FuseResult) -> dict[str, Any]:
    """Return the values that the method used."""
    # The method and its threshold of confidence stand elsewhere in the report.
    known = {"method", "conf_thresh"}
    values = {name: v for name, v in result.settings.used().items() if name not in known}
    if result.tolerance is not None:
        values["tolerance"] = result.tolerance.absolute
        values["tolerance_share_of_depth"] = result.tolerance.relative
    return {k: v for k, v in values.items() if v is not None}


def _confidence_report(result: FuseResult) -> dict[str, Any]:
    """Return the rule by which depth pixels counted."""
    if result.settings.method == "article":
        threshold = result.settings.conf_thresh
        return {"threshold": threshold, "rule": f"confidence > {threshold:g} (the article's)"}
    return _rule_report(result.labelled.scene.rule)


def _rule_report(rule: ConfidenceRule) -> dict[str, Any]:
    return {"threshold": rule.threshold, "rule": rule.reason}


def _photo_report(frame: Frame) -> dict[str, Any]:
    """Return what is known about a photo."""
    return {
        "name": frame.name,
        "size": [frame.photo.width, frame.photo.height],
        "mask_size": [frame.mask_shape[1], frame.mask_shape[0]],
        "depth_size": None if frame.depth is None else [frame.depth.shape[1], frame.depth.shape[0]],
        "has_confidence": frame.confidence is not None,
    }


def _trusted_pixels(scene: Scene) -> tuple[int, int]:
    """Return how many pixels with depth the rule trusts, and how many there are."""
    trusted = known = 0
    for frame in scene.frames:
        if frame.depth is None:
            continue
        with_depth = np.isfinite(frame.depth) & (frame.depth > 0)
        known += int(np.count_nonzero(with_depth))
        if frame.confidence is not None:
            with_depth &= scene.rule.keep(frame.confidence)
        trusted += int(np.count_nonzero(with_depth))
    return trusted, known
