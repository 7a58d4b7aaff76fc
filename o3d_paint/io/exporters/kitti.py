"""SemanticKITTI: ``NAME.label`` and, beside it, the points as ``NAME.bin``.

Source: the semantic-kitti-api. Labels are uint32, class in the low and instance in the high 16
bits; points are float32 x, y, z and remission, which is 0 here.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from o3d_paint.io.exporters.labelled import ExportOptions, LabelledScene
from o3d_paint.io.store import refuse_overwriting, replacing

__all__ = ["write_kitti"]


def write_kitti(labelled: LabelledScene, path: Path, options: ExportOptions) -> None:
    """Write labels and points in the same order.

    Raises:
        StorageError: A file cannot be written.
    """
    points_path = path.with_suffix(".bin")
    refuse_overwriting(points_path, options.inputs)
    xyz = labelled.scene.cloud.xyz
    points = np.zeros((len(xyz), 4), dtype="<f4")
    points[:, :3] = xyz
    with replacing(points_path, inputs=options.inputs) as file:
        file.write(points.data)
    with replacing(path, inputs=options.inputs) as file:
        file.write(labelled.labels.astype("<u4").data)
