"""LAS and LAZ, read by laspy in a process of its own. Needs the extra ``las``.

Coordinates are the file's scaled and shifted integers in doubles, so UTM keeps its millimetres. An
extra dimension named like a label outranks the 8-bit classification. Of that, 0 (never classified)
and 1 (unclassified) are no labels, and the other codes have the standard's names.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from o3d_paint.errors import FormatError
from o3d_paint.io.clouds.cloud_file import CloudFile, names_from
from o3d_paint.io.clouds.columns import (
    CONFIDENCE,
    confidence_from,
    label_column,
    labels_from,
    rgb_from,
)
from o3d_paint.io.extras import LAZ_LIBRARIES, require, require_any
from o3d_paint.io.files import open_file
from o3d_paint.io.isolated import read_isolated
from o3d_paint.io.memory import require_memory
from o3d_paint.io.own_records import CLASSES_VLR
from o3d_paint.io.taxonomy_file import find_taxonomy

__all__ = ["matches", "read"]

_BYTES_PER_POINT = 100
_UNCLASSIFIED = 1
_ONE_RETURN = ("return_number", "number_of_returns")
_CRS_USER = "LASF_Projection"
_READ = ("X", "Y", "Z", "classification", "source", "confidence")
# Places in the header and sizes of its records, from the specification of LAS 1.4.
_ROOM = struct.Struct("<94xHII")
_EXTENDED_ROOM = struct.Struct("<235xQI")
_FORMAT_AT, _COMPRESSED = 104, 0xC0
_RECORD, _EXTENDED_RECORD = 54, 60


def matches(start: bytes) -> bool:
    """Return whether a file starts like a LAS or LAZ."""
    return start.startswith(b"LASF")


def read(path: Path) -> CloudFile:
    """Read a LAS or LAZ.

    Raises:
        MissingExtraError: laspy is not installed.
        FormatError: It is damaged.
        SceneError: It would not fit into memory.
    """
    require("laspy", extra="las", purpose=f"reading {path.name}")
    if _is_compressed(path):
        require_any(LAZ_LIBRARIES, extra="las", purpose=f"reading {path.name}")
    _require_room_for_records(path)
    arrays = read_isolated(_read_arrays, path)
    rgb = None
    if "red" in arrays:
        rgb = rgb_from([arrays[c] for c in ("red", "green", "blue")])
    labels = labels_from(arrays["labels"], f"the labels of {path}")
    xyz = arrays["xyz"].astype(np.float64)
    others = tuple(arrays["others"].tobytes().decode().split("\0")[:-1])
    if "classes" in arrays:
        names = names_from(arrays["classes"])
    elif "is_standard" in arrays:
        labels[labels <= _UNCLASSIFIED] = 0
        names = {c.class_id: c.name for c in find_taxonomy("asprs").taxonomy}
    else:
        names = {}
    used = set(np.unique(labels).tolist())
    names = {i: name for i, name in names.items() if i in used}
    found = labels if labels.any() else None
    sure = None if found is None else arrays.get(CONFIDENCE)
    confidence = None if sure is None else confidence_from(sure)
    column = None if found is None or "column" not in arrays else str(arrays["column"])
    return CloudFile(
        xyz, rgb, found, names, others=others, confidence=confidence, label_column=column
    ).checked(path)


def _is_compressed(path: Path) -> bool:
    """Return whether points are compressed, which LAZ says in the highest bits of their format."""
    with open_file(path) as file:
        start = file.read(_FORMAT_AT + 1)
    return len(start) > _FORMAT_AT and start[_FORMAT_AT] & _COMPRESSED != 0


def _require_room_for_records(path: Path) -> None:
    """Refuse counts of records that the file has no room for: laspy would make each of them.

    Raises:
        FormatError: There are too many.
    """
    with open_file(path) as file:
        start = file.read(_EXTENDED_ROOM.size)
    if len(start) < _ROOM.size:
        msg = f"{path} ends within its header: copy it again"
        raise FormatError(msg)
    header_size, points_at, count = _ROOM.unpack_from(start)
    size = path.stat().st_size
    room = (min(points_at, size) - header_size) // _RECORD
    what = "records before its points"
    is_extended = start[24:26] >= b"\x01\x04" and len(start) == _EXTENDED_ROOM.size
    if count <= room and is_extended:
        first, count = _EXTENDED_ROOM.unpack_from(start)
        room = (size - first) // _EXTENDED_RECORD
        what = "records behind its points"
    if count > room:
        msg = f"{path} declares {count} {what}, and has room for {max(0, room)}: it is damaged"
        raise FormatError(msg)


def _read_arrays(path: Path) -> dict[str, npt.NDArray[np.generic]]:
    laspy = require("laspy", extra="las", purpose=f"reading {path.name}")
    with laspy.open(path) as reader:
        header = reader.header
        require_memory(str(path), header.point_count * _BYTES_PER_POINT)
        stored = path.stat().st_size - header.offset_to_point_data
        needed = header.point_count * header.point_format.size
        if not header.are_points_compressed and needed > stored:
            msg = f"{path} declares {header.point_count} points but ends before: it is cut off"
            raise FormatError(msg)
        points = reader.read()
    if len(points) != points.header.point_count:
        msg = f"{path} declares {points.header.point_count} points, found {len(points)}: cut off"
        raise FormatError(msg)
    names = list(points.point_format.extra_dimension_names)
    column = label_column([n for n in names if np.asarray(points[n]).ndim == 1])
    arrays: dict[str, npt.NDArray[np.generic]] = {
        "xyz": np.asarray(points.xyz),
        "labels": np.asarray(points["classification" if column is None else column]),
    }
    if column is None:
        arrays["is_standard"] = np.array(1)
    else:
        arrays["column"] = np.array(column)
    own = points.header.vlrs.get_by_id(CLASSES_VLR)
    if own and column is not None:
        arrays["classes"] = np.array(bytes(own[0].record_data).decode(errors="replace"))
    if CONFIDENCE in names and column is not None:
        arrays[CONFIDENCE] = np.asarray(points[CONFIDENCE])
    if "red" in points.point_format.dimension_names:
        arrays |= {c: np.asarray(points[c]) for c in ("red", "green", "blue")}
        if not any(arrays[c].any() for c in ("red", "green", "blue")):
            # Scanners without a camera write black for every point.
            arrays = {k: v for k, v in arrays.items() if k not in ("red", "green", "blue")}
    others = _others(points, used={*_READ, *arrays, str(column)})
    arrays["others"] = np.frombuffer("".join(f"{o}\0" for o in others).encode(), dtype=np.uint8)
    return arrays


def _others(points: Any, *, used: set[str]) -> list[str]:
    """Return the dimensions that say something and are not read, and the coordinate system."""
    names = [n for n in points.point_format.dimension_names if n not in used]
    # A first of one return is what programs write that know of no others.
    found = [n for n in names if (np.asarray(points[n]) > int(n in _ONE_RETURN)).any()]
    if any(v.user_id == _CRS_USER for v in points.header.vlrs):
        found.append("the coordinate system")
    return found
