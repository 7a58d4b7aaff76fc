"""SemanticKITTI: ``NAME.label`` and, beside it, the points as ``NAME.bin``.

Source: the semantic-kitti-api. Labels are uint32, class in the low and instance in the high 16
bits; points are float32 x, y, z and remission, which is 0 here. Where float32 would move points,
they are stored relative to a centre, which ``NAME.pose.txt`` holds as KITTI writes poses of scans:
a line of the 3x4 matrix from stored to world coordinates.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from o3d_paint.io.exporters.labelled import ExportOptions, LabelledScene
from o3d_paint.io.exporters.ply import needs_double
from o3d_paint.io.store import refuse_overwriting, remove_file, replacing, write_bytes

__all__ = ["kitti_companions", "write_kitti"]


def write_kitti(labelled: LabelledScene, path: Path, options: ExportOptions) -> None:
    """Write labels and points in the same order.

    Raises:
        StorageError: A file cannot be written.
    """
    points_path, pose_path = kitti_companions(path)
    for companion in (points_path, pose_path):
        refuse_overwriting(companion, options.inputs)
    cloud = labelled.scene.cloud
    is_far = needs_double(cloud.xyz, labelled.scene.spacing)
    center = np.nanmedian(cloud.xyz, axis=0).round() if is_far else np.zeros(3)
    points = np.zeros((len(cloud), 4), dtype="<f4")
    points[:, :3] = cloud.xyz - center
    with replacing(points_path, inputs=options.inputs) as file:
        file.write(points.data)
    if is_far:
        pose = np.column_stack([np.eye(3), center])
        line = " ".join(f"{value:.0f}" for value in pose.ravel())
        write_bytes(pose_path, f"{line}\n".encode("ascii"), inputs=options.inputs)
    else:
        remove_file(pose_path, inputs=options.inputs)
    with replacing(path, inputs=options.inputs) as file:
        file.write(labelled.labels.astype("<u4").data)


def kitti_companions(path: Path) -> tuple[Path, Path]:
    """Return the files of points and, where coordinates are large, of their centre."""
    return path.with_suffix(".bin"), path.with_suffix(".pose.txt")
