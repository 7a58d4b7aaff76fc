"""Labelled clouds as GLB: a node per class, which viewers can switch, and a frustum per photo.

Positions are world coordinates (less a centre where float32 needs it); the root node turns them
y up, as glTF wants. Colours are linear, as glTF defines them. What viewers ignore is kept in the
scene's extras: classes, and the matrices between world and glTF.
"""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from o3d_paint.core.arrays import FloatArray, RgbArray
from o3d_paint.core.geometry import robust_diagonal
from o3d_paint.core.scene import Frame
from o3d_paint.core.views.frustum import default_size, frustum_corners
from o3d_paint.io.exporters.class_list import class_list
from o3d_paint.io.exporters.gltf import FLOAT, LINES, POINTS, TRIANGLES, UBYTE, USHORT, GltfBuilder
from o3d_paint.io.exporters.labelled import ExportOptions, LabelledScene, class_colors
from o3d_paint.io.exporters.ply import needs_double
from o3d_paint.io.store import replacing

__all__ = ["linear_bytes", "write_glb", "y_up_from_world"]

# glTF wants every attribute to start at a multiple of four.
_ALIGNMENT = 4
_LINE = np.dtype([("position", "3<f4"), ("color", "4u1")])
_CORNER = np.dtype([("position", "3<f4"), ("texture", "2<f4")])
_FRUSTUM_COLOR = (255, 179, 0)
_THUMBNAIL_SIDE = 256


def write_glb(labelled: LabelledScene, path: Path, options: ExportOptions) -> None:
    """Write a GLB.

    Args:
        labelled: What to write.
        path: Where to.
        options: Colours default to the classes'; thumbnails are shown in the frustums.

    Raises:
        StorageError: The file cannot be written.
        FormatError: It would exceed 4 GiB.
    """
    scene = labelled.scene
    center = np.zeros(3)
    if needs_double(scene.cloud.xyz, scene.spacing):
        center[:] = np.median(scene.cloud.xyz, axis=0).round()
    builder = GltfBuilder()
    nodes = _add_classes(builder, labelled, center, options)
    nodes.append(_add_cameras(builder, labelled, center, options))
    turn = y_up_from_world(scene.up)
    root = builder.add_node(scene.name, children=nodes, matrix=turn)
    gltf_from_world = turn.copy()
    gltf_from_world[:3, 3] = -turn[:3, :3] @ center
    world_from_gltf = np.eye(4)
    world_from_gltf[:3, :3] = turn[:3, :3].T
    world_from_gltf[:3, 3] = center
    extras = {
        **class_list(labelled.taxonomy),
        "source": {"none": 0, "painted": 1, "fused": 2},
        "gltf_from_world": gltf_from_world.tolist(),
        "world_from_gltf": world_from_gltf.tolist(),
    }
    with replacing(path, inputs=options.inputs) as file:
        builder.write(file, root=root, extras=extras)


def y_up_from_world(up: FloatArray) -> npt.NDArray[np.float64]:
    """Return the (4, 4) rotation that turns ``up`` to +y, turning other directions least."""
    target = np.array([0.0, 1.0, 0.0])
    axis, cosine = np.cross(up, target), float(up @ target)
    matrix = np.eye(4)
    if cosine < -1 + 1e-12:
        # Half a turn about x: any axis at right angles would do.
        matrix[1, 1] = matrix[2, 2] = -1
        return matrix
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    matrix[:3, :3] = np.eye(3) + cross + cross @ cross / (1 + cosine)
    return matrix


def linear_bytes(srgb: RgbArray) -> RgbArray:
    """Return sRGB bytes as linear bytes, which is what glTF's vertex colours are."""
    values = np.arange(256) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    table = np.rint(linear * 255).astype(np.uint8)
    bytes_: RgbArray = table[srgb]
    return bytes_


def _add_classes(
    builder: GltfBuilder, labelled: LabelledScene, center: FloatArray, options: ExportOptions
) -> list[int]:
    """Add the points, sorted by class in one buffer, as one node per class."""
    order = np.argsort(labelled.labels, kind="stable")
    labels = labelled.labels[order]
    records = np.zeros(len(order), dtype=_point_type(labelled))
    cloud = labelled.scene.cloud
    xyz = cloud.xyz if not center.any() else cloud.xyz - center
    records["position"] = xyz.astype(np.float32)[order]
    rgb = cloud.rgb
    if options.color_by != "photo":
        rgb = class_colors(labelled.labels, labelled.taxonomy)
    records["color"][:, :3] = linear_bytes(rgb)[order]
    records["color"][:, 3] = 255
    records["label"] = labels
    for name in ("source", "votes", "confidence"):
        if name in (records.dtype.names or ()):
            records[name] = getattr(labelled, name)[order]
    view = builder.add_view(records, stride=records.dtype.itemsize)
    limits = [0, *(np.flatnonzero(np.diff(labels.astype(np.int32))) + 1).tolist(), len(labels)]
    return [
        _add_class(builder, labelled, view, records[start:end], start=start)
        for start, end in pairwise(limits)
        if end > start
    ]


def _point_type(labelled: LabelledScene) -> np.dtype[Any]:
    """Return the record of a point: what is known of each, every field where glTF wants it."""
    fields = {"position": "3<f4", "color": "4u1", "label": "<u2", "source": "u1"}
    if labelled.votes is not None:
        fields["votes"] = "u1"
    if labelled.confidence is not None:
        fields["confidence"] = "<f4"
    sizes = [-(-np.dtype(kind).itemsize // _ALIGNMENT) * _ALIGNMENT for kind in fields.values()]
    ends = np.cumsum(sizes).tolist()
    return np.dtype(
        {
            "names": list(fields),
            "formats": list(fields.values()),
            "offsets": [0, *ends[:-1]],
            "itemsize": ends[-1],
        }
    )


def _add_class(
    builder: GltfBuilder,
    labelled: LabelledScene,
    view: int,
    records: npt.NDArray[Any],
    *,
    start: int,
) -> int:
    """Add one class's run of the buffer as a node."""
    class_id = int(records["label"][0])
    title = f"class {class_id}" if class_id else "unlabelled"
    if class_id in labelled.taxonomy:
        title = labelled.taxonomy.get(class_id).name
    position = records["position"]
    bounds = np.stack([position.min(axis=0), position.max(axis=0)])
    base, count = start * records.dtype.itemsize, len(records)
    fields = {
        "POSITION": ("position", "VEC3", FLOAT, bounds, False),
        "COLOR_0": ("color", "VEC4", UBYTE, None, True),
        "_LABEL": ("label", "SCALAR", USHORT, None, False),
        "_SOURCE": ("source", "SCALAR", UBYTE, None, False),
        "_VOTES": ("votes", "SCALAR", UBYTE, None, False),
        "_CONFIDENCE": ("confidence", "SCALAR", FLOAT, None, False),
    }
    offsets = {name: field[1] for name, field in (records.dtype.fields or {}).items()}
    attributes = {
        attribute: builder.add_accessor(
            view,
            kind,
            component,
            count=count,
            offset=base + offsets[name],
            bounds=limits,
            normalized=normalized,
        )
        for attribute, (name, kind, component, limits, normalized) in fields.items()
        if name in offsets
    }
    mesh = builder.add_mesh(attributes, POINTS, name=title)
    return builder.add_node(title, mesh=mesh, extras={"class_id": class_id})


def _add_cameras(
    builder: GltfBuilder, labelled: LabelledScene, center: FloatArray, options: ExportOptions
) -> int:
    """Add a frustum per photo under one node."""
    scene = labelled.scene
    positions = np.array([f.position for f in scene.frames]).reshape(-1, 3)
    size = default_size(positions, robust_diagonal(scene.cloud.xyz) or scene.spacing)
    children = []
    for frame in scene.frames:
        corners = (frustum_corners(frame, size)[:5] - center).astype(np.float32)
        parts = []
        if options.thumbnails:
            parts.append(_add_thumbnail(builder, frame, corners))
        mesh = _add_lines(builder, frame.name, corners)
        extras = {
            "cam_from_world": frame.cam_from_world.tolist(),
            "intrinsics": frame.camera.matrix.tolist(),
            "size": [frame.camera.width, frame.camera.height],
        }
        children.append(builder.add_node(frame.name, mesh=mesh, children=parts, extras=extras))
    return builder.add_node("cameras", children=children)


def _add_lines(builder: GltfBuilder, name: str, corners: npt.NDArray[np.float32]) -> int:
    """Add the eight edges of a frustum."""
    ends = [(0, 1), (0, 2), (0, 3), (0, 4), (1, 2), (2, 3), (3, 4), (4, 1)]
    lines = np.zeros(2 * len(ends), dtype=_LINE)
    lines["position"] = corners[np.array(ends).reshape(-1)]
    lines["color"][:, :3] = linear_bytes(np.array(_FRUSTUM_COLOR, dtype=np.uint8))
    lines["color"][:, 3] = 255
    view = builder.add_view(lines, stride=_LINE.itemsize)
    bounds = np.stack([corners.min(axis=0), corners.max(axis=0)])
    count = len(lines)
    attributes = {
        "POSITION": builder.add_accessor(view, "VEC3", FLOAT, count=count, bounds=bounds),
        "COLOR_0": builder.add_accessor(
            view, "VEC4", UBYTE, count=count, offset=12, normalized=True
        ),
    }
    return builder.add_mesh(attributes, LINES, name=name)


def _add_thumbnail(builder: GltfBuilder, frame: Frame, corners: npt.NDArray[np.float32]) -> int:
    """Add the photo as a textured rectangle on the frustum's far side."""
    triangles = np.array([1, 4, 3, 1, 3, 2])
    quad = np.zeros(len(triangles), dtype=_CORNER)
    quad["position"] = corners[triangles]
    quad["texture"] = np.array([[0, 0], [0, 0], [1, 0], [1, 1], [0, 1]])[triangles]
    view = builder.add_view(quad, stride=_CORNER.itemsize)
    bounds = np.stack([corners[1:].min(axis=0), corners[1:].max(axis=0)])
    attributes = {
        "POSITION": builder.add_accessor(view, "VEC3", FLOAT, count=len(quad), bounds=bounds),
        "TEXCOORD_0": builder.add_accessor(view, "VEC2", FLOAT, count=len(quad), offset=12),
    }
    material = builder.add_textured_material(_thumbnail(frame), "image/jpeg", name=frame.name)
    mesh = builder.add_mesh(attributes, TRIANGLES, name=f"{frame.name} photo", material=material)
    return builder.add_node(f"{frame.name} photo", mesh=mesh)


def _thumbnail(frame: Frame) -> bytes:
    """Return a small JPEG of the photo."""
    picture = Image.fromarray(frame.photo.pixels())
    picture.thumbnail((_THUMBNAIL_SIDE, _THUMBNAIL_SIDE))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()
