"""PCD of the Point Cloud Library, text or binary.

Source: PCL's page on the format. Compressed files (LZF) are read by Open3D.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import RgbArray
from o3d_paint.errors import FormatError
from o3d_paint.io.clouds.cloud_file import CloudFile, label_column, labels_from, rgb_from
from o3d_paint.io.files import read_file
from o3d_paint.io.isolated import read_isolated
from o3d_paint.io.memory import require_memory

__all__ = ["matches", "read"]

_MAX_HEADER = 1 << 16
_BYTES_PER_POINT = 64
_MAX_ROW = 1 << 20
_KINDS = ("I", "U", "F")


@dataclass(frozen=True, slots=True)
class _Header:
    """Column names, their NumPy type, the count of points, and how the data are written."""

    dtype: np.dtype[np.void]
    count: int
    data: str
    start: int


def matches(start: bytes) -> bool:
    """Return whether a file starts like a PCD."""
    return start.startswith((b"# .PCD", b"VERSION"))


def read(path: Path) -> CloudFile:
    """Read a PCD.

    Raises:
        FormatError: It is malformed or cut off.
        SceneError: It would not fit into memory.
    """
    content = read_file(path)
    header = _header(content, path)
    require_memory(str(path), header.count * _BYTES_PER_POINT)
    names = list(header.dtype.names or ())
    columns: dict[str, npt.NDArray[np.generic]]
    if header.data == "binary_compressed":
        columns = read_isolated(_read_compressed, path)
        rgb = rgb_from(list(columns["rgb"].T)) if "rgb" in columns else None
        xyz = columns["xyz"].astype(np.float64)
    else:
        points = _points(content, header, path)
        # A column of several values a point, such as a descriptor, is none of those needed here.
        columns = {n: points[n] for n in names if points[n].ndim == 1}
        if not all(n in columns for n in ("x", "y", "z")):
            msg = f"{path} has no x, y, z: found {names[:12]}"
            raise FormatError(msg)
        with np.errstate(invalid="ignore"):
            xyz = np.stack([points[n].astype(np.float64) for n in ("x", "y", "z")], axis=1)
        packed = next((columns[n] for n in ("rgb", "rgba") if n in columns), None)
        rgb = None if packed is None else _unpacked(packed)
    column = label_column(list(columns))
    labels = None
    if column is not None:
        labels = labels_from(columns[column].reshape(-1), f"{column!r} of {path}")
    return CloudFile(xyz, rgb, labels).checked(path)


def _header(content: bytes, path: Path) -> _Header:
    fields: dict[str, list[str]] = {}
    position = 0
    while "DATA" not in fields:
        end = content.find(b"\n", position, _MAX_HEADER)
        if end < 0:
            msg = f"{path} has a header without DATA: it is cut off"
            raise FormatError(msg)
        words = content[position:end].decode("ascii", errors="replace").split()
        position = end + 1
        if words and not words[0].startswith("#"):
            fields[words[0]] = words[1:]
    try:
        count = int(fields["POINTS"][0])
        counts = [int(c) for c in fields.get("COUNT", ["1"] * len(fields["FIELDS"]))]
        columns = [
            (_unique(name, i), f"<{kind.lower()}{int(size)}", (repeat,))
            if repeat != 1
            else (_unique(name, i), f"<{kind.lower()}{int(size)}")
            for i, (name, kind, size, repeat) in enumerate(
                zip(fields["FIELDS"], fields["TYPE"], fields["SIZE"], counts, strict=True)
            )
        ]
        if not all(kind.upper() in _KINDS for kind in fields["TYPE"]):
            msg = f"TYPE {' '.join(fields['TYPE'])[:40]}"
            raise ValueError(msg)
        sizes = [int(s) for s in fields["SIZE"]]
        row = sum(s * c for s, c in zip(sizes, counts, strict=True))
        if min(*sizes, *counts) < 1 or row > _MAX_ROW:
            # NumPy counts the bytes of a row in 32 bits, and crashes where they do not suffice.
            msg = f"a point of {row} bytes"
            raise ValueError(msg)
        dtype = np.dtype(columns)
        data = fields["DATA"][0]
    except (KeyError, IndexError, ValueError, TypeError) as error:
        msg = f"{path} has a malformed header ({error}): export it again"
        raise FormatError(msg) from error
    if count < 0 or data not in ("ascii", "binary", "binary_compressed"):
        msg = f"{path} declares {count} points as {data!r}: expected ascii or binary"
        raise FormatError(msg)
    return _Header(dtype, count, data, position)


def _unique(name: str, number: int) -> str:
    """Return a column's name; padding is called ``_`` any number of times."""
    return f"_{number}" if name == "_" else name


def _points(content: bytes, header: _Header, path: Path) -> npt.NDArray[np.void]:
    size = header.dtype.itemsize
    if header.data == "binary":
        if len(content) < header.start + header.count * size:
            msg = f"{path} declares {header.count} points but ends before: it is cut off"
            raise FormatError(msg)
        return np.frombuffer(content, header.dtype, header.count, header.start)
    try:
        rows = np.loadtxt(BytesIO(content[header.start :]), ndmin=2, dtype=np.float64)
    except ValueError as error:
        msg = f"{path} has lines that are not numbers ({error}): export it again"
        raise FormatError(msg) from error
    fields = [(name, header.dtype[name]) for name in header.dtype.names or ()]
    widths = [int(np.prod(field.shape)) for _, field in fields]
    if rows.shape != (header.count, sum(widths)):
        msg = f"{path} declares {header.count} points of {sum(widths)} values, found {rows.shape}"
        raise FormatError(msg)
    points = np.zeros(header.count, dtype=header.dtype)
    ends = np.cumsum(widths).tolist()
    with np.errstate(invalid="ignore", over="ignore"):
        for (name, field), width, end in zip(fields, widths, ends, strict=True):
            values = rows[:, end - width : end].reshape(header.count, *field.shape)
            points[name] = values.astype(field.base)
    return points


def _unpacked(packed: npt.NDArray[np.generic]) -> RgbArray:
    """Return colours that lie in the bits of a float or integer, blue lowest."""
    bits = packed.astype(np.float32).view(np.uint32) if packed.dtype.kind == "f" else packed
    codes = bits.astype(np.uint32)
    return np.stack([codes >> 16 & 255, codes >> 8 & 255, codes & 255], axis=1).astype(np.uint8)


def _read_compressed(path: Path) -> dict[str, npt.NDArray[np.generic]]:
    import open3d as o3d

    cloud = o3d.t.io.read_point_cloud(path, format="pcd")
    arrays = {"xyz": cloud.point.positions.numpy()} if "positions" in cloud.point else {}
    if not arrays:
        msg = f"{path} holds no points that can be read: export it uncompressed"
        raise FormatError(msg)
    for name, value in cloud.point.items():
        if name == "colors":
            arrays["rgb"] = value.numpy()
        elif name != "positions":
            arrays[name] = value.numpy()
    return arrays
