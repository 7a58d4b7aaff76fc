"""Point clouds of OPF: glTF whose arrays lie in files beside it.

Source: the specification of OPF 1.0, "OPF-glTF point cloud". glTF has y up: the processing system's
x, y, z are its x, -z, y.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np

from o3d_paint.core.arrays import FloatArray, RgbArray
from o3d_paint.errors import FormatError
from o3d_paint.io.files import read_file
from o3d_paint.io.json_file import item, read_json
from o3d_paint.io.paths import existing

__all__ = ["read_points"]

_FLOAT, _BYTE = 5126, 5121
_Z_UP = np.array([[1.0, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]])


def read_points(path: Path) -> tuple[FloatArray, RgbArray | None]:
    """Read the points of a file, in the processing system.

    Returns:
        (N, 3) places and (N, 3) colours, or None where a part has none.

    Raises:
        FormatError: It is malformed or cut off, or names files out of its folder.
        SceneError: It would not fit into memory.
    """
    document = read_json(path)
    places, colors = [], []
    for node in item(document, "nodes", list, str(path)):
        mesh = _entry(document, "meshes", item(node, "mesh", int, str(path)), path)
        for primitive in item(mesh, "primitives", list, str(path))[:1]:
            attributes = item(primitive, "attributes", dict, str(path))
            xyz = _array(document, attributes.get("POSITION"), _FLOAT, 3, path).astype(np.float64)
            matrix = _Z_UP @ _matrix(node, path)
            places.append(xyz @ matrix[:3, :3].T + matrix[:3, 3])
            if "COLOR_0" in attributes:
                colors.append(_array(document, attributes["COLOR_0"], _BYTE, 4, path)[:, :3])
    xyz = np.concatenate(places) if places else np.zeros((0, 3))
    rgb = np.concatenate(colors) if colors else np.zeros((0, 3), dtype=np.uint8)
    return xyz, rgb if len(rgb) == len(xyz) else None


def _matrix(node: Any, path: Path) -> FloatArray:
    """Return the (4, 4) transform of a node, which glTF has column by column."""
    try:
        values = np.array(node.get("matrix", np.eye(4).ravel()), dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        values = np.zeros(0)
    if values.shape != (16,) or not np.isfinite(values).all():
        msg = f"{path} has a node whose matrix is not 16 numbers: export it again"
        raise FormatError(msg)
    return values.reshape(4, 4).T


def _entry(document: Any, key: str, index: Any, path: Path) -> Any:
    entries = item(document, key, list, str(path))
    if not isinstance(index, int) or not 0 <= index < len(entries):
        msg = f"{path} names entry {index} of its {key}, which is not there: export it again"
        raise FormatError(msg)
    return entries[index]


def _array(document: Any, index: Any, kind: int, width: int, path: Path) -> Any:
    """Return the (N, width) values of an accessor."""
    accessor = _entry(document, "accessors", index, path)
    if accessor.get("componentType") != kind or accessor.get("type") != f"VEC{width}":
        msg = f"{path} has points of another type than OPF says: export it again"
        raise FormatError(msg)
    view = _entry(document, "bufferViews", accessor.get("bufferView"), path)
    buffer = _entry(document, "buffers", view.get("buffer"), path)
    file = existing(path.parent, unquote(item(buffer, "uri", str, str(path))), path)
    if file is None:
        msg = f"{path} names {buffer['uri']!r}, which is not there: copy the whole folder"
        raise FormatError(msg)
    count, start = item(accessor, "count", int, str(path)), view.get("byteOffset", 0)
    start = start if isinstance(start, int) else -1
    dtype = np.dtype("<f4" if kind == _FLOAT else "u1")
    data = read_file(file)
    end = start + count * width * dtype.itemsize
    if count < 0 or start < 0 or end > len(data):
        msg = f"{file} is cut off: copy it again"
        raise FormatError(msg)
    return np.frombuffer(data[start:end], dtype=dtype).reshape(count, width)
