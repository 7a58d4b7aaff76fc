"""Labelled clouds as binary PLY, as CloudCompare, Open3D, MeshLab and plyfile read them.

Labels are ``int``: Open3D's reader drops ``ushort`` properties. Classes are in comments, one each:
``comment class <id> <red> <green> <blue> <name>``, the name as a JSON string.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt

from o3d_paint import __version__
from o3d_paint.core.arrays import FloatArray
from o3d_paint.io.exporters.labelled import ExportOptions, LabelledScene, point_colors
from o3d_paint.io.store import replacing

__all__ = ["needs_double", "write_ply"]

Column = npt.NDArray[np.generic]

_BLOCK = 1 << 18
_COORDINATE_LOSS = 1e-3
_TYPE_NAMES = {"f4": "float", "f8": "double", "u1": "uchar", "i4": "int"}


def write_ply(labelled: LabelledScene, path: Path, options: ExportOptions) -> None:
    """Write a PLY in the order of the cloud's points.

    Args:
        labelled: What to write.
        path: Where to.
        options: Colours default to the photos'.

    Raises:
        StorageError: The file cannot be written.
    """
    layout = _layout(labelled)
    record = np.dtype([(name, f"<{kind}") for name, kind in layout])
    columns = _columns(labelled, options)
    count = len(labelled.labels)
    with replacing(path, inputs=options.inputs) as file:
        file.write(_header(labelled, layout))
        block = np.zeros(min(count, _BLOCK), dtype=record)
        for start in range(0, count, _BLOCK):
            part = block[: min(count - start, _BLOCK)]
            for name, values in columns.items():
                part[name] = values[start : start + len(part)]
            file.write(part.data)


def needs_double(xyz: FloatArray, spacing: float) -> bool:
    """Return whether float32 would move points by more than a thousandth of their spacing."""
    # NaN are points that are nowhere, which no type moves.
    reach = float(np.nanmax(np.abs(xyz), initial=0.0))
    # Half a unit in the last place bounds the rounding; only doubtful clouds are looked at whole.
    if reach * 2.0**-24 <= _COORDINATE_LOSS * spacing:
        return False
    lost = np.nanmax(np.abs(xyz - xyz.astype(np.float32)), initial=0.0)
    return bool(lost > _COORDINATE_LOSS * spacing)


def _layout(labelled: LabelledScene) -> list[tuple[str, str]]:
    """Return the properties in order, with the NumPy type of each."""
    scene = labelled.scene
    axis = "f8" if needs_double(scene.cloud.xyz, scene.spacing) else "f4"
    layout = [(name, axis) for name in "xyz"]
    layout += [(name, "u1") for name in ("red", "green", "blue")]
    layout += [("label", "i4"), ("source", "u1")]
    if labelled.confidence is not None:
        layout.append(("confidence", "f4"))
    if labelled.votes is not None:
        layout.append(("votes", "u1"))
    return layout


def _columns(labelled: LabelledScene, options: ExportOptions) -> dict[str, Column]:
    """Return the values of every property, views where possible."""
    cloud = labelled.scene.cloud
    rgb = point_colors(labelled, options)
    columns: dict[str, Column] = {name: cloud.xyz[:, i] for i, name in enumerate("xyz")}
    columns |= {name: rgb[:, i] for i, name in enumerate(("red", "green", "blue"))}
    columns |= {"label": labelled.labels, "source": labelled.source}
    if labelled.confidence is not None:
        columns["confidence"] = labelled.confidence
    if labelled.votes is not None:
        columns["votes"] = labelled.votes
    return columns


def _header(labelled: LabelledScene, layout: list[tuple[str, str]]) -> bytes:
    """Return the header; readers take it for ASCII, so names are escaped."""
    lines = [
        "ply",
        "format binary_little_endian 1.0",
        f"comment written by O3D Paint {__version__}",
        "comment label 0 is unlabelled; source 0 none, 1 painted, 2 fused, 3 accepted",
    ]
    for c in labelled.taxonomy:
        red, green, blue = c.color
        lines.append(f"comment class {c.class_id} {red} {green} {blue} {json.dumps(c.name)}")
    lines.append(f"element vertex {len(labelled.labels)}")
    lines += [f"property {_TYPE_NAMES[kind]} {name}" for name, kind in layout]
    return ("\n".join([*lines, "end_header"]) + "\n").encode("ascii")
