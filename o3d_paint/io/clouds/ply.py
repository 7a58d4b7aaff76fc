"""PLY point clouds, text or binary of either byte order, with any scalar as label.

Source: G. Turk, "The PLY Polygon File Format". Types that other readers pass over (``ushort``) and
coordinates in doubles are kept.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from o3d_paint.errors import FormatError
from o3d_paint.io.clouds.cloud_file import CloudFile, label_column, labels_from, rgb_from
from o3d_paint.io.files import open_file
from o3d_paint.io.memory import require_memory

__all__ = ["matches", "read"]

_TYPES = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1",
    "short": "i2", "int16": "i2", "ushort": "u2", "uint16": "u2",
    "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4",
    "float": "f4", "float32": "f4", "double": "f8", "float64": "f8",
}  # fmt: skip
# The last are those of PMVS and of old editions of MeshLab.
_COLOR_NAMES = (
    ("red", "green", "blue"),
    ("r", "g", "b"),
    ("diffuse_red", "diffuse_green", "diffuse_blue"),
)
_FORMATS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
_MAX_HEADER = 1 << 20
_BYTES_PER_POINT = 64


@dataclass(slots=True)
class _Header:
    """What the text at the start declares: byte order, vertices before which nothing stands."""

    order: str
    count: int
    properties: list[tuple[str, str]]
    comments: list[str]


def matches(start: bytes) -> bool:
    """Return whether a file starts like a PLY."""
    return start.startswith((b"ply\n", b"ply\r"))


def read(path: Path) -> CloudFile:
    """Read the vertices of a PLY.

    Raises:
        FormatError: The header is malformed or the data are cut off.
        SceneError: It would not fit into memory.
    """
    with open_file(path) as file:
        header = _header(file, path)
        require_memory(str(path), header.count * _BYTES_PER_POINT)
        vertices = _vertices(file, header, path)
    names = [name for name, _ in header.properties]
    missing = [n for n in ("x", "y", "z") if n not in names]
    if missing:
        msg = f"{path} has vertices without {missing}: found {names[:12]}"
        raise FormatError(msg)
    xyz = np.stack([vertices[n].astype(np.float64) for n in ("x", "y", "z")], axis=1)
    rgb = None
    for channels in _COLOR_NAMES:
        if all(c in names for c in channels):
            rgb = rgb_from([vertices[c] for c in channels])
            break
    column = label_column(names)
    labels = None if column is None else labels_from(vertices[column], f"{column!r} of {path}")
    return CloudFile(xyz, rgb, labels, _class_names(header.comments)).checked(path)


def _header(file: BinaryIO, path: Path) -> _Header:
    order, elements, comments = None, [], []
    properties: dict[str, list[tuple[str, str]]] = {}
    while True:
        line = file.readline(_MAX_HEADER)
        words = line.decode("utf-8", errors="replace").split()
        if not line.endswith(b"\n") or file.tell() > _MAX_HEADER:
            msg = f"{path} has a header without {'end_header'!r}: it is cut off"
            raise FormatError(msg)
        if not words or words[0] in ("ply", "obj_info"):
            continue
        if words[0] == "end_header":
            break
        try:
            if words[0] == "comment":
                comments.append(line.decode("utf-8", errors="replace").strip()[8:])
            elif words[0] == "format":
                order = _FORMATS[words[1]]
            elif words[0] == "element":
                elements.append((words[1], int(words[2])))
                properties[words[1]] = []
            elif words[0] == "property":
                kind = "list" if words[1] == "list" else _TYPES[words[1]]
                properties[elements[-1][0]].append((words[-1], kind))
        except (IndexError, KeyError, ValueError) as error:
            msg = f"{path} has the header line {line[:80]!r}, which is not PLY"
            raise FormatError(msg) from error
    if order is None or not elements or elements[0][0] != "vertex" or elements[0][1] < 0:
        msg = f"{path} must have a format and its vertices first, found elements {elements[:4]}"
        raise FormatError(msg)
    own = properties["vertex"]
    if any(kind == "list" for _, kind in own) or len({n for n, _ in own}) < len(own) or not own:
        msg = f"{path} has vertices with lists or repeated names: export plain scalar columns"
        raise FormatError(msg)
    return _Header(order, elements[0][1], own, comments)


def _vertices(file: BinaryIO, header: _Header, path: Path) -> npt.NDArray[np.void]:
    dtype = np.dtype([(name, header.order + kind) for name, kind in header.properties])
    if header.order:
        data = file.read(header.count * dtype.itemsize)
        if len(data) < header.count * dtype.itemsize:
            msg = f"{path} declares {header.count} points but ends before: it is cut off"
            raise FormatError(msg)
        return np.frombuffer(data, dtype=dtype)
    try:
        rows = np.loadtxt(
            BytesIO(file.read()), max_rows=header.count, ndmin=2, dtype=np.float64, encoding="ascii"
        )
    except (ValueError, UnicodeDecodeError) as error:
        msg = f"{path} has lines that are not {len(header.properties)} numbers ({error})"
        raise FormatError(msg) from error
    if rows.shape != (header.count, len(header.properties)):
        msg = f"{path} declares {header.count} points of {len(header.properties)} values, found"
        raise FormatError(f"{msg} {rows.shape}: it is cut off")
    vertices = np.zeros(header.count, dtype=dtype)
    with np.errstate(invalid="ignore", over="ignore"):
        for i, (name, _) in enumerate(header.properties):
            vertices[name] = rows[:, i].astype(dtype[name])
    return vertices


def _class_names(comments: list[str]) -> dict[int, str]:
    """Return the class table of a PLY that this program wrote: ``class ID r g b "NAME"``."""
    names = {}
    for comment in comments:
        words = comment.split(maxsplit=5)
        if len(words) == 6 and words[0] == "class" and words[1].isdecimal():
            try:
                names[int(words[1])] = str(json.loads(words[5]))
            except ValueError:
                # A comment is free text; one that only looks like a class table is no error.
                continue
    return names
