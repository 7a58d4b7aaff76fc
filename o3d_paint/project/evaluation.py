"""A project asked about itself: each painted photo predicted from the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from o3d_paint.core.arrays import IdArray
from o3d_paint.core.consistency import suggested_tolerance
from o3d_paint.core.disagreement import Conflict, conflicts_by_pair
from o3d_paint.core.evidence import Evidence
from o3d_paint.core.metrics import LeftOut, Scores, combined, leave_one_out
from o3d_paint.core.progress import Progress
from o3d_paint.core.reproject import reproject_labels
from o3d_paint.core.scene import Scene
from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.errors import SceneError
from o3d_paint.fusion.fuse import fuse
from o3d_paint.fusion.graph import build_graph
from o3d_paint.fusion.result import Fusion
from o3d_paint.fusion.settings import FusionSettings
from o3d_paint.project.project import Project
from o3d_paint.project.report import conflicts_report

__all__ = ["Evaluation", "evaluate", "photos_left_out", "scores_report"]

Shown = Callable[[int, IdArray], None]
"""Given a photo's position and the (H, W) mask that the other photos predict for it."""

_FEWEST_PHOTOS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """How well painted photos predict each other.

    Attributes:
        taxonomy: The classes.
        photo_names: Of all photos of the scene.
        photos: One for each painted photo that labels points, in the scene's order.
        method: What derived the labels.
        conflicts: Pairs of classes on whose points painted photos disagree.
        accepted: Accepted predictions, which took no part.
    """

    taxonomy: Taxonomy
    photo_names: tuple[str, ...]
    photos: tuple[LeftOut, ...]
    method: str
    conflicts: tuple[Conflict, ...]
    accepted: int = 0

    @property
    def scores(self) -> Scores:
        """All photos together, each point counted once for each photo that labels it."""
        return combined(photo.scores for photo in self.photos)

    def to_json(self) -> dict[str, Any]:
        """Return the figures as values of JSON's types."""
        return {
            "protocol": "leave one photo out",
            "method": self.method,
            "accepted": self.accepted,
            **scores_report(self.scores, self.taxonomy),
            "conflicts": conflicts_report(self.conflicts, self.taxonomy),
            "photos": [
                {
                    "photo": self.photo_names[photo.frame_idx],
                    **scores_report(photo.scores, self.taxonomy),
                }
                for photo in self.photos
            ],
        }


def evaluate(
    project: Project, *, shown: Shown | None = None, progress: Progress | None = None
) -> Evaluation:
    """Predict each painted photo of a project from the others, with the project's own method.

    Args:
        project: The work; it is not changed.
        shown: Told what the others predict for each photo, as a mask at the size of its paint.
        progress: Told how far it is; may raise to cancel.

    Raises:
        SceneError: Fewer than two photos are painted.
    """
    project.complete_indexes()
    evidence = project.evidence()
    if len(evidence.frames) < _FEWEST_PHOTOS:
        msg = (
            f"{len(evidence.frames)} painted photo of {project.scene.name} labels points, expected"
            " two at least to compare them: paint another one"
        )
        raise SceneError(msg)
    scene, settings = project.scene, project.fusion_settings

    def drawn(frame_idx: int, labels: IdArray) -> None:
        if shown is not None:
            shown(frame_idx, _drawn(project, frame_idx, labels))

    photos = photos_left_out(scene, evidence, settings, predicted=drawn, progress=progress)
    names = tuple(f.name for f in scene.frames)
    conflicts = conflicts_by_pair(evidence.tally())
    accepted = len(project.accepted)
    return Evaluation(project.taxonomy, names, photos, settings.method, conflicts, accepted)


def photos_left_out(
    scene: Scene,
    evidence: Evidence,
    settings: FusionSettings,
    *,
    predicted: Shown | None = None,
    progress: Progress | None = None,
) -> tuple[LeftOut, ...]:
    """Predict each painted photo from the others; safe to run on a worker.

    Args:
        scene: Cloud and photos.
        evidence: What was painted; accepted predictions take no part.
        settings: How to fuse; what is less sure than they want counts as missed.
        predicted: Given a photo's position and the (N,) labels that the others predict.
        progress: Told how far it is; may raise to cancel.
    """
    chosen, evidence = settings.resolved(scene), replace(evidence, accepted=None)
    graph = build_graph(scene.cloud) if chosen.method == "graph" else None
    waiting = [votes.frame_idx for votes in evidence.frames]

    last: Fusion | None = None

    def predict(others: Evidence) -> IdArray:
        nonlocal last
        fusion = fuse(scene.cloud, others, chosen, frames=scene.frames, graph=graph, known=last)
        last = fusion
        labels = fusion.shown(chosen.min_confidence).labels
        if predicted is not None:
            predicted(waiting.pop(0), labels)
        return labels

    return leave_one_out(evidence, predict, progress=progress)


def scores_report(scores: Scores, taxonomy: Taxonomy) -> dict[str, Any]:
    """Return scores as values of JSON's types; None where there is nothing to measure."""
    true = scores.confusion.sum(axis=1)
    predicted = scores.confusion[:, 1:].sum(axis=0)
    return {
        "points": scores.total,
        "accuracy": _number(scores.accuracy),
        "accuracy_of_labelled": _number(scores.accuracy_of_labelled),
        "mean_iou": _number(scores.mean_iou),
        "coverage": _number(scores.coverage),
        "classes": [
            {
                "id": int(class_id),
                "name": taxonomy.name_of(int(class_id)),
                "iou": float(iou),
                "true": int(t),
                "predicted": int(p),
            }
            for class_id, iou, t, p in zip(
                scores.class_ids, scores.iou, true, predicted, strict=True
            )
        ],
        "confusion": {
            "true": scores.class_ids.tolist(),
            "predicted": [0, *scores.class_ids.tolist()],
            "counts": scores.confusion.tolist(),
        },
    }


def _drawn(project: Project, frame_idx: int, labels: IdArray) -> IdArray:
    """Return the mask of a photo that some labels make, at the size of its paint."""
    scene = project.scene
    frame = scene.frames[frame_idx]
    return reproject_labels(
        frame,
        scene.cloud.xyz,
        labels,
        rule=scene.rule,
        tolerance=suggested_tolerance(scene),
        spacing=scene.spacing,
        shape=frame.mask_shape,
    )


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
