"""Labelled clouds as GLB: a node per class, which viewers can switch, and a frustum per photo.

trimesh assembles the scene; `gltf_additions` puts in what it drops. Positions are world coordinates
(less a centre where float32 needs it); the root node turns them y up, as glTF wants. Colours are
linear, as glTF defines them. What viewers ignore is kept in the scene's extras: classes, and the
matrices between world and glTF.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from o3d_paint.core.arrays import FloatArray, RgbArray
from o3d_paint.core.geometry import robust_diagonal
from o3d_paint.core.label_source import ACCEPTED, FUSED, NONE, PAINTED
from o3d_paint.core.scene import Frame
from o3d_paint.core.views.frustum import default_size, frustum_corners
from o3d_paint.errors import FormatError
from o3d_paint.io.class_list import class_list
from o3d_paint.io.exporters.gltf_additions import GltfAdditions, PointRecords
from o3d_paint.io.exporters.labelled import ExportOptions, LabelledScene, class_colors
from o3d_paint.io.exporters.ply import needs_double
from o3d_paint.io.store import replacing

if TYPE_CHECKING:
    import trimesh

__all__ = ["linear_bytes", "write_glb", "y_up_from_world"]

_ROOT, _CAMERAS = "root", "cameras"
_FRUSTUM_COLOR = (255, 179, 0)
_THUMBNAIL_SIDE = 256
# The format counts its bytes in 32 bits.
_MAX_BYTES = (1 << 32) - 1
_POSITION_AND_COLOR_BYTES = 16
# More than a node's share of the JSON with a frustum's lines; more than a JPEG of noise.
_NODE_BYTES = 8192
_THUMBNAIL_BYTES = 3 * _THUMBNAIL_SIDE**2


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
    _refuse_oversize(labelled, options)
    # Not at the top: most runs of the program write no GLB, and all would start later.
    from trimesh.exchange.gltf import export_glb

    cloud = labelled.scene.cloud
    center = np.zeros(3)
    if needs_double(cloud.xyz, labelled.scene.spacing):
        center[:] = np.median(cloud.xyz, axis=0).round()
    with replacing(path, inputs=options.inputs) as file:
        scene, additions = _assemble(labelled, center, options)

        def add_point_values(buffers: dict[Any, bytes], tree: dict[str, Any]) -> None:
            # trimesh has turned them to bytes: half of the memory that the points take here.
            scene.geometry.clear()
            additions.add_point_values(buffers, tree)

        file.write(
            export_glb(
                scene,
                include_normals=False,
                buffer_postprocessor=add_point_values,
                tree_postprocessor=additions.complete,
            )
        )


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


def _refuse_oversize(labelled: LabelledScene, options: ExportOptions) -> None:
    """Refuse what the format cannot hold before memory and minutes have gone into it.

    Raises:
        FormatError: It would exceed 4 GiB.
    """
    a_point = _POSITION_AND_COLOR_BYTES + PointRecords(labelled).dtype.itemsize
    a_photo = _NODE_BYTES + (_THUMBNAIL_BYTES if options.thumbnails else 0)
    total = len(labelled.labels) * a_point + len(labelled.scene.frames) * a_photo
    total += (len(labelled.taxonomy) + 1) * _NODE_BYTES
    if total > _MAX_BYTES:
        msg = f"a GLB holds at most 4 GiB and this would be {total / 2**30:.1f}: write a PLY"
        raise FormatError(msg)


def _assemble(
    labelled: LabelledScene, center: FloatArray, options: ExportOptions
) -> tuple[trimesh.Scene, GltfAdditions]:
    """Return the scene, and what is to be added to the document that trimesh makes of it."""
    import trimesh

    turn = y_up_from_world(labelled.scene.up)
    additions = GltfAdditions(labelled, extras=_scene_extras(labelled, turn, center))
    scene = trimesh.Scene()
    scene.graph.update(_ROOT, matrix=turn)
    additions.names[_ROOT] = labelled.scene.name
    _add_classes(scene, additions, labelled, center, options)
    scene.graph.update(_CAMERAS, frame_from=_ROOT)
    positions = np.array([f.position for f in labelled.scene.frames]).reshape(-1, 3)
    spread = robust_diagonal(labelled.scene.cloud.xyz) or labelled.scene.spacing
    size = default_size(positions, spread)
    for index, frame in enumerate(labelled.scene.frames):
        corners = frustum_corners(frame, size)[:5] - center
        key = f"photo {index}"
        additions.names[key] = frame.name
        _add_frustum(scene, key, frame, corners)
        if options.thumbnails:
            additions.names[f"thumbnail {index}"] = f"{frame.name} photo"
            _add_thumbnail(scene, f"thumbnail {index}", key, frame, corners)
    return scene, additions


def _scene_extras(
    labelled: LabelledScene, turn: npt.NDArray[np.float64], center: FloatArray
) -> dict[str, Any]:
    """Return the classes, what sources mean, and the matrices between world and glTF."""
    gltf_from_world = turn.copy()
    gltf_from_world[:3, 3] = -turn[:3, :3] @ center
    world_from_gltf = np.eye(4)
    world_from_gltf[:3, :3] = turn[:3, :3].T
    world_from_gltf[:3, 3] = center
    return {
        **class_list(labelled.taxonomy),
        "source": {"none": NONE, "painted": PAINTED, "fused": FUSED, "accepted": ACCEPTED},
        "gltf_from_world": gltf_from_world.tolist(),
        "world_from_gltf": world_from_gltf.tolist(),
    }


def _add_classes(
    scene: trimesh.Scene,
    additions: GltfAdditions,
    labelled: LabelledScene,
    center: FloatArray,
    options: ExportOptions,
) -> None:
    """Add the points of each class as a node, in the cloud's order."""
    import trimesh

    cloud = labelled.scene.cloud
    rgb = cloud.rgb
    if options.color_by != "photo":
        rgb = class_colors(labelled.labels, labelled.taxonomy)
    order = np.argsort(labelled.labels, kind="stable").astype(np.uint32)
    labels = labelled.labels[order]
    limits = [0, *(np.flatnonzero(labels[1:] != labels[:-1]) + 1).tolist(), len(labels)]
    for start, end in pairwise(limits):
        if end == start:
            continue
        class_id, rows = int(labels[start]), order[start:end]
        xyz = cloud.xyz[rows]
        xyz -= center
        colors = np.full((len(rows), 4), 255, dtype=np.uint8)
        colors[:, :3] = linear_bytes(rgb[rows])
        key = f"class {class_id}"
        scene.add_geometry(
            trimesh.PointCloud(xyz, colors),
            node_name=key,
            geom_name=key,
            parent_node_name=_ROOT,
            metadata={"class_id": class_id},
        )
        additions.add_points(key, _title(labelled, class_id), rows)


def _title(labelled: LabelledScene, class_id: int) -> str:
    """Return a class's name, and one for points without a class or of an unknown one."""
    if class_id in labelled.taxonomy:
        return labelled.taxonomy.get(class_id).name
    return f"class {class_id}" if class_id else "unlabelled"


def _add_frustum(
    scene: trimesh.Scene, key: str, frame: Frame, corners: npt.NDArray[np.float64]
) -> None:
    """Add the eight edges of a frustum: four from the camera, four around the picture."""
    from trimesh.path import Path3D
    from trimesh.path.entities import Line

    edges = [Line([0, corner]) for corner in (1, 2, 3, 4)] + [Line([1, 2, 3, 4, 1])]
    color = [*linear_bytes(np.array(_FRUSTUM_COLOR, dtype=np.uint8)).tolist(), 255]
    colors = np.array([color] * len(edges), dtype=np.uint8)
    scene.add_geometry(
        Path3D(entities=edges, vertices=corners, colors=colors, process=False),
        node_name=key,
        geom_name=key,
        parent_node_name=_CAMERAS,
        metadata={
            "cam_from_world": frame.cam_from_world.tolist(),
            "intrinsics": frame.camera.matrix.tolist(),
            "size": [frame.camera.width, frame.camera.height],
        },
    )


def _add_thumbnail(
    scene: trimesh.Scene, key: str, parent: str, frame: Frame, corners: npt.NDArray[np.float64]
) -> None:
    """Add the photo as a textured rectangle on the frustum's far side."""
    import trimesh
    from trimesh.visual import TextureVisuals
    from trimesh.visual.material import PBRMaterial

    picture = Image.fromarray(frame.photo.pixels())
    picture.thumbnail((_THUMBNAIL_SIDE, _THUMBNAIL_SIDE))
    # trimesh writes PNG unless the picture says that it is a JPEG.
    picture.format = "JPEG"
    material = PBRMaterial(name=frame.name, baseColorTexture=picture, doubleSided=True)
    # trimesh counts texture lines upwards.
    uv = np.array([[0, 1], [1, 1], [1, 0], [0, 0]], dtype=np.float64)
    rectangle = trimesh.Trimesh(
        vertices=corners[1:],
        faces=[[0, 3, 2], [0, 2, 1]],
        visual=TextureVisuals(uv=uv, material=material),
        process=False,
    )
    scene.add_geometry(rectangle, node_name=key, geom_name=key, parent_node_name=parent)
