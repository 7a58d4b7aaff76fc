"""Labelled clouds as binary PCD, as the Point Cloud Library, Open3D and CloudCompare read them.

Source: PCL's page on the format, version 0.7. Colours are packed into the bits of a float; labels
are unsigned 32-bit, the type of PCL's ``PointXYZL``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from o3d_paint.io.exporters.labelled import ExportOptions, LabelledScene, point_colors
from o3d_paint.io.exporters.ply import needs_double
from o3d_paint.io.store import replacing

__all__ = ["write_pcd"]


def write_pcd(labelled: LabelledScene, path: Path, options: ExportOptions) -> None:
    """Write a PCD in the order of the cloud's points.

    Raises:
        StorageError: The file cannot be written.
    """
    cloud = labelled.scene.cloud
    axis = "f8" if needs_double(cloud.xyz, labelled.scene.spacing) else "f4"
    layout = [(name, axis) for name in "xyz"]
    layout += [("rgb", "f4"), ("label", "u4"), ("source", "u1")]
    if labelled.confidence is not None:
        layout.append(("confidence", "f4"))
    points = np.zeros(len(cloud), dtype=[(n, f"<{k}") for n, k in layout])
    points["x"], points["y"], points["z"] = cloud.xyz.T
    r, g, b = point_colors(labelled, options).astype(np.uint32).T
    points["rgb"] = (r << 16 | g << 8 | b).view(np.float32)
    points["label"], points["source"] = labelled.labels, labelled.source
    if labelled.confidence is not None:
        points["confidence"] = labelled.confidence
    with replacing(path, inputs=options.inputs) as file:
        file.write(_header(layout, len(points)))
        file.write(points.data)


def _header(layout: list[tuple[str, str]], count: int) -> bytes:
    names, kinds = zip(*layout, strict=True)
    lines = [
        "# .PCD v0.7 - Point Cloud Data file format",
        "VERSION 0.7",
        f"FIELDS {' '.join(names)}",
        f"SIZE {' '.join(k[1] for k in kinds)}",
        f"TYPE {' '.join(k[0].upper() for k in kinds)}",
        f"COUNT {' '.join('1' for _ in kinds)}",
        f"WIDTH {count}",
        "HEIGHT 1",
        "VIEWPOINT 0 0 0 1 0 0 0",
        f"POINTS {count}",
        "DATA binary",
    ]
    return ("\n".join(lines) + "\n").encode("ascii")
