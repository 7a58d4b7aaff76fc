"""Labels for every point by the way that `fuse` goes, and what they are worth against truth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from o3d_paint.core.metrics import labels_of_nearest, reliability, score
from o3d_paint.core.scene import Scene
from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.fusion.settings import FusionSettings, Method
from o3d_paint.io.masks import fitted_mask
from o3d_paint.project.pipeline import FuseResult, run_fuse

__all__ = ["Figures", "figures_of", "labelled"]

USUAL = FusionSettings().min_confidence


class Figures(NamedTuple):
    """What labels are worth; shares of the points whose class is known.

    Attributes:
        right: Labelled right, with everything labelled.
        mean_iou: Mean intersection over union of the classes in the truth.
        ece: Expected calibration error, 15 bins of equal width.
        labelled: As sure as the usual setting asks, so labelled where nothing is set.
        right_of_labelled: Share of those that is right.
        nearest: Right where every point takes the label of the nearest painted one.
    """

    right: float
    mean_iou: float
    ece: float
    labelled: float
    right_of_labelled: float
    nearest: float


def labelled(
    scene: Scene,
    masks: Mapping[int, NDArray[np.uint16]],
    *,
    method: Method = "graph",
    layer: NDArray[np.uint16] | None = None,
) -> FuseResult:
    """Label every point, however unsure, from masks at the size of their photos."""
    fitted = {i: fitted_mask(mask, scene.frames[i], str(i)) for i, mask in masks.items()}
    classes = {int(c) for mask in masks.values() for c in np.unique(mask)} - {0}
    settings = FusionSettings(method=method, min_confidence=0)
    return run_fuse(scene, fitted, Taxonomy().completed(classes), settings, layer=layer)


def figures_of(result: FuseResult, truth: NDArray[np.uint16]) -> Figures:
    """Hold labels against the truth (N,), 0 where no class is known."""
    labels, confidence = result.labelled.labels, result.labelled.confidence
    assert confidence is not None
    scores = score(labels, truth)
    known = truth > 0
    right, sure = labels[known] == truth[known], confidence[known] >= USUAL
    xyz, painted = result.labelled.scene.cloud.xyz, result.painted > 0
    nearest = labels_of_nearest(xyz[painted], result.painted[painted], at=xyz[known])
    return Figures(
        scores.accuracy,
        scores.mean_iou,
        reliability(confidence[known], right).expected_calibration_error,
        float(sure.mean()),
        float(right[sure].mean()),
        float((nearest == truth[known]).mean()),
    )
