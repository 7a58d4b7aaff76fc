"""S3DIS: a folder for the area, with all points and an annotation file for each class.

Source: the layout of the Stanford 3D Indoor Scene data set: ``AREA/AREA.txt`` and
``AREA/Annotations/CLASS_1.txt``, lines ``x y z r g b``. Unlabelled points become ``clutter``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from o3d_paint.io.exporters.labelled import ExportOptions, LabelledScene, point_colors
from o3d_paint.io.exporters.selection import file_stem, only_classes
from o3d_paint.io.exporters.whole_folder import whole_folder

__all__ = ["write_s3dis"]

_UNLABELLED = "clutter"


def write_s3dis(labelled: LabelledScene, path: Path, options: ExportOptions) -> None:
    """Write a folder of that name, whole or not at all.

    Raises:
        StorageError: The folder is there already, or cannot be written.
    """
    with whole_folder(path, options) as folder:
        _write_area(labelled, folder, path.stem, options)


def _write_area(labelled: LabelledScene, folder: Path, name: str, options: ExportOptions) -> None:
    annotations = folder / "Annotations"
    annotations.mkdir()
    _write_points(labelled, folder / f"{name}.txt", options)
    used: set[str] = set()
    for class_id in np.unique(labelled.labels).tolist():
        stem = file_stem(labelled.taxonomy.get(class_id).name) if class_id else _UNLABELLED
        number = 1
        while f"{stem}_{number}" in used:
            number += 1
        used.add(f"{stem}_{number}")
        part = only_classes(labelled, [class_id])
        _write_points(part, annotations / f"{stem}_{number}.txt", options)


def _write_points(labelled: LabelledScene, path: Path, options: ExportOptions) -> None:
    rows = np.hstack([labelled.scene.cloud.xyz, point_colors(labelled, options)])
    np.savetxt(path, rows, fmt=["%.6f"] * 3 + ["%d"] * 3)
