"""PCD of the Point Cloud Library, text or binary.

Source: PCL's page on the format. Compressed files (LZF) are read by Open3D.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import RgbArray
from o3d_paint.errors import FormatError
from o3d_paint.io.clouds.cloud_file import CloudFile
from o3d_paint.io.clouds.columns import cloud_of, plain_name, rgb_from
from o3d_paint.io.files import read_file
from o3d_paint.io.isolated import read_isolated
from o3d_paint.io.memory import require_memory

__all__ = ["PACKED", "Header", "matches", "read", "read_header"]

_MAX_HEADER = 1 << 16
_BYTES_PER_POINT = 64
_MAX_ROW = 1 << 20
_KINDS = ("I", "U", "F")
_BOM = b"\xef\xbb\xbf"
PACKED = ("rgb", "rgba")
# Words that begin a header, comments aside; "COLUMNS" is of version 0.5.
_FIRST_WORDS = re.compile(rb"(?:#[^\n]*\n|\s)*(?:VERSION|FIELDS|COLUMNS)\s", re.IGNORECASE)

Columns = dict[str, npt.NDArray[np.generic]]


@dataclass(frozen=True, slots=True)
class Header:
    """Column names, their NumPy type, the count of points, and how the data are written."""

    dtype: np.dtype[np.void]
    count: int
    data: str
    start: int


def matches(start: bytes) -> bool:
    """Return whether a file starts like a PCD."""
    start = start.removeprefix(_BOM)
    return start.startswith(b"# .PCD") or _FIRST_WORDS.match(start) is not None


def read(path: Path) -> CloudFile:
    """Read a PCD.

    Raises:
        FormatError: It is malformed or cut off.
        SceneError: It would not fit into memory.
    """
    content = read_file(path)
    header = read_header(content, path)
    require_memory(str(path), header.count * _BYTES_PER_POINT)
    columns: Columns
    rgb: RgbArray | None = None
    if header.data == "binary_compressed":
        columns = read_isolated(partial(_read_compressed, header.start), path)
        colors = columns.pop("rgb", None)
        rgb = None if colors is None else rgb_from(list(colors.T))
    else:
        points = _points(content, header, path)
        # A column of several values a point, such as a descriptor, is none of those needed here.
        columns = {n: points[n] for n in header.dtype.names or () if points[n].ndim == 1}
        packed = next((n for n in columns if plain_name(n) in PACKED), None)
        rgb = None if packed is None else _unpacked(columns.pop(packed))
    cloud = cloud_of(columns, path)
    return cloud if rgb is None else cloud.with_colors(rgb).checked(path)


def read_header(content: bytes, path: Path) -> Header:
    """Return what the start of a file says.

    Raises:
        FormatError: It is malformed.
    """
    fields: dict[str, list[str]] = {}
    position = 0
    while "DATA" not in fields:
        end = content.find(b"\n", position, _MAX_HEADER)
        if end < 0:
            msg = f"{path} has a header without DATA: it is cut off"
            raise FormatError(msg)
        words = content[position:end].decode("utf-8-sig", errors="replace").split()
        position = end + 1
        if words and not words[0].startswith("#"):
            fields[words[0].upper()] = words[1:]
    fields.setdefault("FIELDS", fields.get("COLUMNS", []))
    try:
        count = _count(fields)
        dtype = _row_type(fields)
        data = fields["DATA"][0].lower()
    except (KeyError, IndexError, ValueError, TypeError) as error:
        msg = f"{path} has a malformed header ({error}): export it again"
        raise FormatError(msg) from error
    if count < 0 or data not in ("ascii", "binary", "binary_compressed"):
        msg = f"{path} declares {count} points as {data!r}: expected ascii or binary"
        raise FormatError(msg)
    return Header(dtype, count, data, position)


def _count(fields: dict[str, list[str]]) -> int:
    """Return the points; files before version 0.7 may say width and height only."""
    if "POINTS" in fields:
        return int(fields["POINTS"][0])
    return int(fields["WIDTH"][0]) * int(fields.get("HEIGHT", ["1"])[0])


def _row_type(fields: dict[str, list[str]]) -> np.dtype[np.void]:
    """Return the type of a row.

    Raises:
        ValueError: A column is of no known type, or a row too long.
    """
    kinds, sizes = fields["TYPE"], [int(s) for s in fields["SIZE"]]
    counts = [int(c) for c in fields.get("COUNT", ["1"] * len(fields["FIELDS"]))]
    if not all(kind.upper() in _KINDS for kind in kinds):
        msg = f"TYPE {' '.join(kinds)[:40]}"
        raise ValueError(msg)
    row = sum(s * c for s, c in zip(sizes, counts, strict=True))
    if min(*sizes, *counts) < 1 or row > _MAX_ROW:
        # NumPy counts the bytes of a row in 32 bits, and crashes where they do not suffice.
        msg = f"a point of {row} bytes"
        raise ValueError(msg)
    taken: set[str] = set()
    columns = []
    for name, kind, size, repeat in zip(fields["FIELDS"], kinds, sizes, counts, strict=True):
        # Padding is called "_" any number of times, and some tools repeat a name.
        unique = f"{name}#{len(taken)}" if name == "_" or name in taken else name
        taken.add(unique)
        shape = () if repeat == 1 else (repeat,)
        columns.append((unique, f"<{kind.lower()}{size}", shape))
    return np.dtype(columns)


def _points(content: bytes, header: Header, path: Path) -> npt.NDArray[np.void]:
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


def _read_compressed(start: int, path: Path) -> Columns:
    """Read a compressed file by Open3D, which knows the usual small letters only.

    Args:
        start: Where the data begin.
        path: The file.

    Raises:
        FormatError: Open3D finds no points.
    """
    import open3d as o3d

    content = read_file(path)
    head = content[:start].removeprefix(_BOM)
    line = re.search(rb"(?im)^FIELDS\s+(.*)$", head)
    names = [plain_name(n) for n in line[1].decode(errors="replace").split()] if line else []
    if line and len(set(names)) == len(names):
        head = head[: line.start(1)] + " ".join(names).encode() + head[line.end(1) :]
    with tempfile.TemporaryDirectory(prefix="o3d-paint-") as folder:
        plain = Path(folder) / "plain.pcd"
        plain.write_bytes(head + content[start:])
        cloud = o3d.t.io.read_point_cloud(plain, format="pcd")
    if "positions" not in cloud.point:
        msg = f"{path} holds no points that can be read: export it uncompressed"
        raise FormatError(msg)
    columns = dict(zip("xyz", cloud.point.positions.numpy().T, strict=True))
    for name, value in cloud.point.items():
        if name == "colors":
            columns["rgb"] = value.numpy()
        elif name != "positions" and value.numpy().size == len(columns["x"]):
            columns[name] = value.numpy().reshape(-1)
    return columns
