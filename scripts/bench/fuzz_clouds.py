"""Sound clouds, small, to be damaged by `bench.fuzz`.

Each function writes a case into an empty folder and returns the files that may be damaged.
"""

from __future__ import annotations

import json
import struct
from functools import cache, lru_cache
from pathlib import Path

import laspy
import numpy as np
import pye57

from bench.fuzz_parts import npz_file, text_file
from o3d_paint.io.own_records import CLASSES_VLR

_HEADER = "property float x\nproperty double y\nproperty float z\nproperty uchar red\n"
_HEADER += "property uchar green\nproperty uchar blue\nproperty ushort label\nend_header\n"


def ply(root: Path) -> list[Path]:
    """Binary PLY of both byte orders, and text."""
    files = []
    for order, kind in (("<", "binary_little_endian"), (">", "binary_big_endian"), ("", "ascii")):
        start = f'ply\nformat {kind} 1.0\ncomment class 1 9 9 9 "roof"\nelement vertex 12\n'
        if order:
            rows = [struct.pack(f"{order}fdfBBBH", i, i, 1, 9, 8, 7, i % 3) for i in range(12)]
            body = b"".join(rows)
        else:
            body = "".join(f"{i} {i} 1.5 9 8 7 {i % 3}\n" for i in range(12)).encode()
        path = root / f"{kind}.ply"
        path.write_bytes((start + _HEADER).encode() + body)
        files.append(path)
    return files


def pcd(root: Path) -> list[Path]:
    """Binary PCD and text."""
    start = (
        "# .PCD v0.7\nVERSION 0.7\nFIELDS x y z rgb label _\nSIZE 4 4 4 4 2 1\nTYPE F F F U U U\n"
        "COUNT 1 1 1 1 1 3\nWIDTH 12\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS 12\n"
    )
    rows = b"".join(struct.pack("<fffIH3x", i, i, 1, 0x0A0B0C, i % 3) for i in range(12))
    (root / "a.pcd").write_bytes((start + "DATA binary\n").encode() + rows)
    plain = start.replace(" _", "").replace(" 2 1", " 2").replace("U U U", "U U")
    plain = plain.replace("1 1 1 1 1 3", "1 1 1 1 1")
    text = "".join(f"{i} {i} 1 658188 {i % 3}\n" for i in range(12))
    return [root / "a.pcd", text_file(root / "b.pcd", plain + "DATA ascii\n" + text)]


def text_cloud(root: Path) -> list[Path]:
    """XYZ, CSV and PTS."""
    rows = [f"{i}.5 {i} 1.25 9 8 7 {i % 3}" for i in range(12)]
    commas = "\n".join(rows).replace(" ", ",")
    return [
        text_file(root / "a.xyz", "\n".join(rows)),
        text_file(root / "b.csv", "x,y,z,red,green,blue,label\n" + commas),
        text_file(root / "c.pts", "12\n" + "\n".join(rows)),
    ]


def cloud_npz(root: Path) -> list[Path]:
    """A cloud as NPZ."""
    labels = np.arange(9, dtype=np.int64)
    points = np.linspace(-1, 1, 27).reshape(9, 3)
    return [npz_file(root / "a.npz", points=points, colors=points * 0 + 0.5, labels=labels)]


def las(root: Path) -> list[Path]:
    """LAS 1.2 with colours, 1.4 with labels and a list of classes of their own, and LAZ."""
    classes = json.dumps({"classes": [{"id": 1, "name": "roof", "color": [9, 9, 9]}]}).encode()
    files = []
    for name, version, layout in (("a.las", "1.2", 2), ("b.las", "1.4", 7), ("c.laz", "1.4", 7)):
        header = laspy.LasHeader(point_format=layout, version=version)
        header.scales, header.offsets = np.full(3, 0.001), np.array([400_000.0, 5e6, 0])
        if version == "1.4":
            header.add_extra_dim(laspy.ExtraBytesParams("label", np.uint16))
            header.vlrs.append(laspy.VLR(CLASSES_VLR, 1, "class list (JSON)", classes))
        cloud = laspy.LasData(header)
        cloud.x, cloud.y, cloud.z = np.arange(36.0).reshape(3, 12) + header.offsets[:, None]
        cloud.classification = np.arange(12) % 3
        cloud.red = np.arange(12) * 256
        if version == "1.4":
            cloud["label"] = np.arange(12)
        cloud.write(root / name)
        files.append(root / name)
    return files


def e57(root: Path) -> list[Path]:
    """E57 with two scans, one of them turned and in colours."""
    files = []
    axes = ("cartesianX", "cartesianY", "cartesianZ")
    data = dict(zip(axes, np.arange(36.0).reshape(3, 12), strict=True))
    colors = {f"color{c}": np.arange(12, dtype=np.uint8) for c in ("Red", "Green", "Blue")}
    for name, columns in (("a.e57", data), ("b.e57", data | colors)):
        path = root / name
        file = pye57.E57(str(path), mode="w")
        file.write_scan_raw(columns, rotation=np.array([0.8, 0.6, 0, 0]), translation=np.ones(3))
        file.write_scan_raw(columns)
        file.close()
        files.append(path)
    return files


def e57_pages(data: bytes) -> bytes:
    """Return an E57 whose pages carry sums that fit, or nothing would be read behind them."""
    pages = [data[i : i + _PAGE] for i in range(0, len(data), _PAGE)]
    return b"".join(
        p[:-4] + _sum_of(p[:-4]).to_bytes(4, "big") if len(p) == _PAGE else p for p in pages
    )


_PAGE = 1024


@cache
def _sums() -> list[int]:
    """Return CRC-32C of every byte."""
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


@lru_cache(maxsize=256)
def _sum_of(data: bytes) -> int:
    table, value = _sums(), 0xFFFFFFFF
    for byte in data:
        value = (value >> 8) ^ table[(value ^ byte) & 255]
    return value ^ 0xFFFFFFFF
