"""Labelled clouds as NPZ, with the names that estimators use for points and colours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from o3d_paint.io.class_list import class_list
from o3d_paint.io.exporters.labelled import ExportOptions, LabelledScene, point_colors
from o3d_paint.io.store import replacing

__all__ = ["write_npz"]


def write_npz(labelled: LabelledScene, path: Path, options: ExportOptions) -> None:
    """Write ``points_3d``, ``colors_3d`` (0..1), ``labels``, ``source`` and ``classes`` (JSON).

    Raises:
        StorageError: The file cannot be written.
    """
    arrays: dict[str, Any] = {
        "points_3d": labelled.scene.cloud.xyz,
        "colors_3d": (point_colors(labelled, options) / np.float32(255)).astype(np.float32),
        "labels": labelled.labels.astype(np.int32),
        "source": labelled.source,
        "classes": np.array(json.dumps(class_list(labelled.taxonomy))),
    }
    if labelled.confidence is not None:
        arrays["confidence"] = labelled.confidence
    if labelled.votes is not None:
        arrays["votes"] = labelled.votes
    with replacing(path, inputs=options.inputs) as file:
        np.savez(file, **arrays)
