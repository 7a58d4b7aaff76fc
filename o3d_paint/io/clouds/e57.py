"""E57 of terrestrial scanners, read by pye57 in a process of its own. Needs the extra ``e57``.

All scans of a file are joined, each moved by its own pose; points that a scanner marks as invalid
keep their rows. The standard has no labels; those that this program added are read. Colours are of
any range: `colorLimits` of the ASTM E2807 standard says which.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray
from o3d_paint.io.clouds.cloud_file import CloudFile, names_from
from o3d_paint.io.clouds.columns import confidence_from, labels_from
from o3d_paint.io.extras import require
from o3d_paint.io.isolated import read_isolated
from o3d_paint.io.memory import require_memory
from o3d_paint.io.own_records import E57_CLASSES, E57_PREFIX

__all__ = ["matches", "read"]

_BYTES_PER_POINT = 150
_GREY = 128
_COLORS = ("colorRed", "colorGreen", "colorBlue")
_CARTESIAN = ("cartesianX", "cartesianY", "cartesianZ")
_SPHERICAL = ("sphericalRange", "sphericalAzimuth", "sphericalElevation")
_INVALID = ("cartesianInvalidState", "sphericalInvalidState")
_COLOR_INVALID = "isColorInvalid"
_8_BIT = 255
_LABEL, _CONFIDENCE = f"{E57_PREFIX}:label", f"{E57_PREFIX}:confidence"
# How points lie in the scanner's grid says nothing that a cloud need keep.
_UNTOLD = ("rowIndex", "columnIndex", "returnIndex", "returnCount")


def matches(start: bytes) -> bool:
    """Return whether a file starts like an E57."""
    return start.startswith(b"ASTM-E57")


def read(path: Path) -> CloudFile:
    """Read an E57.

    Raises:
        MissingExtraError: pye57 is not installed.
        FormatError: It is damaged.
        SceneError: It would not fit into memory.
    """
    require("pye57", extra="e57", purpose=f"reading {path.name}")
    arrays = read_isolated(_read_arrays, path)
    rgb = arrays["rgb"].astype(np.uint8) if "rgb" in arrays else None
    others = tuple(arrays["others"].tobytes().decode().split("\0")[:-1])
    labels = labels_from(arrays["labels"], f"the labels of {path}") if "labels" in arrays else None
    names = names_from(arrays["classes"]) if "classes" in arrays else {}
    sure = arrays.get("confidence")
    return CloudFile(
        arrays["xyz"].astype(np.float64),
        rgb,
        labels,
        {} if labels is None else names,
        others=others,
        confidence=None if sure is None else confidence_from(sure),
    ).checked(path)


def _read_arrays(path: Path) -> dict[str, npt.NDArray[np.generic]]:
    pye57 = require("pye57", extra="e57", purpose=f"reading {path.name}")
    file = pye57.E57(str(path))
    headers = [file.get_header(i) for i in range(file.scan_count)]
    require_memory(str(path), sum(h.point_count for h in headers) * _BYTES_PER_POINT)
    scans = [_scan(file, header) for header in headers]
    xyz = [_positions(file, h, s) for h, s in zip(headers, scans, strict=True)]
    arrays: dict[str, npt.NDArray[np.generic]] = {}
    arrays["xyz"] = np.concatenate(xyz) if xyz else np.zeros((0, 3))
    if any(_COLORS[0] in scan for scan in scans):
        colors = [_colors(h, s) for h, s in zip(headers, scans, strict=True)]
        arrays["rgb"] = np.concatenate(colors)
    if any(_LABEL in scan for scan in scans):
        for name, field in (("labels", _LABEL), ("confidence", _CONFIDENCE)):
            empty = [np.zeros(h.point_count) for h in headers]
            parts = [s.get(field, e) for s, e in zip(scans, empty, strict=True)]
            arrays[name] = np.concatenate(parts)
        root = file.image_file.root()
        if root.isDefined(E57_CLASSES):
            arrays["classes"] = np.array(root[E57_CLASSES].value())
    others = _others(file, headers)
    arrays["others"] = np.frombuffer("".join(f"{o}\0" for o in others).encode(), dtype=np.uint8)
    return arrays


def _scan(file: Any, header: Any) -> dict[str, FloatArray]:
    """Return the fields that are needed, as numbers of one type whatever the file stores."""
    libe57 = require("pye57.libe57", extra="e57", purpose="reading")
    given = set(header.point_fields)
    wanted = [
        name
        for group in (_CARTESIAN, _SPHERICAL, _COLORS)
        if given.issuperset(group)
        for name in group
    ]
    wanted += [n for n in (*_INVALID, _COLOR_INVALID, _LABEL, _CONFIDENCE) if n in given]
    data = {name: np.zeros(header.point_count) for name in wanted}
    buffers = libe57.VectorSourceDestBuffer()
    for name, values in data.items():
        # The two flags convert numbers and apply the scale of scaled integers.
        buffer = libe57.SourceDestBuffer(file.image_file, name, values, len(values), True, True)
        buffers.append(buffer)
    if header.point_count and wanted:
        header.points.reader(buffers).read()
    return data


def _positions(file: Any, header: Any, scan: dict[str, FloatArray]) -> FloatArray:
    """Return (N, 3) points in the world, not finite where the scanner met nothing."""
    if _CARTESIAN[0] in scan:
        xyz = np.stack([scan[n] for n in _CARTESIAN], axis=1)
    elif _SPHERICAL[0] in scan:
        distance, azimuth, elevation = (scan[n] for n in _SPHERICAL)
        across = distance * np.cos(elevation)
        xyz = np.stack(
            [across * np.cos(azimuth), across * np.sin(azimuth), distance * np.sin(elevation)],
            axis=1,
        )
    else:
        xyz = np.full((header.point_count, 3), np.nan)
    if header.has_pose():
        xyz = file.to_global(xyz, header.rotation, header.translation)
    for name in _INVALID:
        # 1 is a direction without a distance, 2 nothing at all.
        if name in scan:
            xyz[scan[name] != 0] = np.nan
    return np.asarray(xyz, dtype=np.float64)


def _colors(header: Any, scan: dict[str, FloatArray]) -> npt.NDArray[np.uint8]:
    """Return (N, 3) colours; grey where a station was not photographed."""
    if _COLORS[0] not in scan:
        return np.full((header.point_count, 3), _GREY, dtype=np.uint8)
    values = np.stack([scan[n] for n in _COLORS], axis=1)
    low, high = _limits(header, values)
    scaled = (np.nan_to_num(values) - low) / (high - low) * _8_BIT
    if _COLOR_INVALID in scan:
        scaled[scan[_COLOR_INVALID] != 0] = _GREY
    return np.clip(np.round(scaled), 0, _8_BIT).astype(np.uint8)


def _limits(header: Any, values: FloatArray) -> tuple[float, float]:
    """Return black and white of a scan's colours: its colorLimits, else what its values suggest.

    Limits that the values use the 8-bit corner of only are believed to be wrong: some programs
    write 0 to 65535 whatever the colours are.
    """
    highest = float(np.nanmax(values, initial=0))
    guess = 1.0 if highest <= 1 else float(_8_BIT if highest <= _8_BIT else 65_535)
    try:
        limits = header.node["colorLimits"]
        low = min(float(limits[f"{n}Minimum"].value()) for n in _COLORS)
        high = max(float(limits[f"{n}Maximum"].value()) for n in _COLORS)
    except Exception:
        # The node is optional, and its parts of any type of number.
        return 0.0, guess
    if not low < high or highest > high or (high > _8_BIT >= highest > 1):
        return 0.0, guess
    return low, high


def _others(file: Any, headers: Sequence[Any]) -> list[str]:
    """Return what the file holds besides points and colours."""
    known = {*_CARTESIAN, *_SPHERICAL, *_COLORS, *_INVALID, _COLOR_INVALID, *_UNTOLD}
    fields = (f for h in headers for f in h.point_fields if not f.startswith(f"{E57_PREFIX}:"))
    found = list(dict.fromkeys(f for f in fields if f not in known))
    root = file.image_file.root()
    if root.isDefined("images2D") and root["images2D"].childCount():
        found.append(f"{root['images2D'].childCount()} photos")
    if root.isDefined("coordinateMetadata") and root["coordinateMetadata"].value().strip():
        found.append("the coordinate system")
    return found
