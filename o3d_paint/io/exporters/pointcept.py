"""Pointcept: a folder of NPY files for one scene, as its ``DefaultDataset`` reads them.

Source: Pointcept, ``pointcept/datasets/defaults.py``: ``coord`` and ``normal`` float32, ``color`` 0
to 255, ``segment`` int32 from 0, -1 where nothing is to be learnt. It passes over other files.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from o3d_paint.core.arrays import FloatArray
from o3d_paint.io.class_list import class_list
from o3d_paint.io.exporters.labelled import ExportOptions, LabelledScene, point_colors
from o3d_paint.io.exporters.ply import needs_double
from o3d_paint.io.exporters.whole_folder import whole_folder
from o3d_paint.io.store import write_json

__all__ = ["write_pointcept"]

_IGNORED = -1
# As many as span a plane well where a few lie across an edge.
_NEIGHBOURS = 16
_FEWEST = 3


def write_pointcept(labelled: LabelledScene, path: Path, options: ExportOptions) -> None:
    """Write a folder of that name, whole or not at all.

    ``segment`` is the position of a class in the list, which ``classes.json`` has in that order.
    Where float32 would move points they are stored less the ``offset`` that it names.

    Raises:
        StorageError: The folder is there already, or cannot be written.
    """
    scene = labelled.scene
    xyz = scene.cloud.xyz
    is_far = needs_double(xyz, scene.spacing)
    offset = np.median(xyz, axis=0).round() if is_far and len(xyz) else np.zeros(3)
    size = max((c.class_id for c in labelled.taxonomy), default=0)
    segments = np.full(max(size, int(labelled.labels.max(initial=0))) + 1, _IGNORED, np.int32)
    for position, label_class in enumerate(labelled.taxonomy):
        segments[label_class.class_id] = position
    arrays: dict[str, npt.NDArray[np.generic]] = {
        "coord": (xyz - offset).astype(np.float32),
        "color": point_colors(labelled, options),
        "normal": _normals(labelled),
        "segment": segments[labelled.labels],
    }
    with whole_folder(path, options) as folder:
        for name, values in arrays.items():
            np.save(folder / f"{name}.npy", values, allow_pickle=False)
        listed = {**class_list(labelled.taxonomy), "offset": offset.tolist()}
        write_json(folder / "classes.json", listed)


def _normals(labelled: LabelledScene) -> FloatArray:
    """Return (N, 3) float32 unit normals that look at the nearest camera, or up without one."""
    import open3d as o3d

    scene = labelled.scene
    xyz = scene.cloud.xyz
    up = np.tile(scene.up, (len(xyz), 1))
    if len(xyz) < _FEWEST:
        return up.astype(np.float32)
    cloud = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(xyz - xyz.mean(axis=0)))
    cloud.estimate_normals(o3d.geometry.KDTreeSearchParamKNN(min(_NEIGHBOURS, len(xyz))))
    normals = np.asarray(cloud.normals)
    towards = up
    if scene.frames:
        places = np.array([f.position for f in scene.frames])
        towards = places[cKDTree(places).query(xyz)[1]] - xyz
    away = np.einsum("ij,ij->i", normals, towards) < 0
    turned: FloatArray = np.where(away[:, None], -normals, normals).astype(np.float32)
    return turned
