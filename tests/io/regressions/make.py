"""Writes the files on which a parser once failed, each named after what was wrong.

They are small and made by code, so that it is plain what is damaged about them.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path

import laspy
import numpy as np
from PIL import Image

_PCD = (
    "# .PCD v0.7\nVERSION 0.7\nFIELDS {fields}\nSIZE {sizes}\nTYPE {types}\nCOUNT {counts}\n"
    "WIDTH 2\nHEIGHT 1\nPOINTS {points}\nDATA {data}\n"
)


def _pcd(path: Path, **changes: str) -> Path:
    header = {
        "fields": "x y z label", "sizes": "4 4 4 2", "types": "F F F U", "counts": "1 1 1 1",
        "points": "2", "data": "binary",
    } | changes  # fmt: skip
    path.write_bytes(_PCD.format(**header).encode() + struct.pack("<fffH", 1, 2, 3, 1) * 8)
    return path


def cloud_files(root: Path) -> dict[str, Path]:
    """Clouds."""
    huge = np.full((3, 3), 1e300)
    np.savez(root / "colors.npz", points=np.zeros((3, 3)), colors=huge)
    np.savez(root / "words.npz", points=np.zeros((3, 3)), labels=np.array(["", "b", "c"]))
    return {
        # NumPy counts a row's bytes in 32 bits: this was a segmentation fault.
        "a row of gigabytes": _pcd(root / "row.pcd", counts="1 1 1 2147483647"),
        "coordinates of several values": _pcd(root / "axis.pcd", counts="3 1 1 1"),
        "a label of several values": _pcd(root / "label.pcd", counts="1 1 1 3"),
        "columns of Python objects": _pcd(root / "object.pcd", types="F F F O"),
        "more points than a float can count": _pcd(root / "count.pcd", points="9" * 400),
        "colours beyond single precision": root / "colors.npz",
        "labels that are words": root / "words.npz",
        "text without a line": _ply(root / "empty.ply", 2, b"\n\n"),
        # laspy would make each of the four billion.
        "records without end before the points": _las(root / "records.las", 100, "I", 2**32 - 1),
        "points that begin beyond the file": _las(root / "far.las", 96, "II", 2**32 - 1, 2**26),
        "records without end behind the points": _las(root / "behind.las", 243, "I", 2**32 - 1),
        # laspy takes the memory for them before it reads.
        "more points than follow": _las(root / "points.las", 247, "Q", 8_000_000),
        "a header cut off": _cut(root / "cut.las", 60),
        # Its reader's word on this has several lines.
        "an E57 of nothing": _e57(root / "a.e57"),
    }


def _las(path: Path, at: int, layout: str, *values: int) -> Path:
    header = laspy.LasHeader(point_format=7, version="1.4")
    header.add_extra_dim(laspy.ExtraBytesParams("label", np.uint16))
    cloud = laspy.LasData(header)
    cloud.x = cloud.y = cloud.z = np.arange(3.0)
    cloud.write(path)
    content = bytearray(path.read_bytes())
    struct.pack_into(f"<{layout}", content, at, *values)
    path.write_bytes(content)
    return path


def _ply(path: Path, count: int, body: bytes, kind: str = "ascii") -> Path:
    header = f"ply\nformat {kind} 1.0\nelement vertex {count}\n"
    axes = "".join(f"property float {axis}\n" for axis in "xyz")
    path.write_bytes(f"{header}{axes}end_header\n".encode() + body)
    return path


def signalling_nan(root: Path) -> Path:
    """A cloud with a NaN that complains when it is computed with, and one point."""
    body = bytes.fromhex("010080ff") * 3 + struct.pack("<fff", 1, 2, 3)
    return _ply(root / "nan.ply", 2, body, "binary_little_endian")


def _cut(path: Path, length: int) -> Path:
    path.write_bytes(_las(path, 0, "").read_bytes()[:length])
    return path


def _e57(path: Path) -> Path:
    path.write_bytes(b"ASTM-E57" + bytes(2040))
    return path


def mask_files(root: Path) -> dict[str, Path]:
    """Masks in JSON, and a folder of pictures."""
    runs = {"size": [float("nan"), 4], "counts": [16]}
    sam = [{"segmentation": runs, "predicted_iou": 1.0}]
    shape = {"label": "a", "points": [[10**400, 0], [1, 1], [2, 0]], "shape_type": "polygon"}
    labelme = {"imageHeight": 4, "imageWidth": 4}
    folder = root / "pictures"
    folder.mkdir()
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(folder / "000.png")
    classes = [{"id": 10**40, "name": "a", "color": [0, 0, 0]}]
    (folder / "classes.json").write_text(json.dumps({"classes": classes}))
    documents = {
        "a size that is no number": sam,
        "corners beyond all numbers": {**labelme, "shapes": [shape]},
        "a shape that is a number": {**labelme, "shapes": [0.5]},
    }
    files = {"class ids beyond all numbers": folder}
    for number, (name, document) in enumerate(documents.items()):
        files[name] = root / f"{number}.json"
        files[name].write_text(json.dumps(document))
    return files


def scene_folders(root: Path) -> dict[str, tuple[str, Path]]:
    """Folders of captures, with the format that reads them."""
    changes = {
        "a focal length beyond all numbers": {"fl_x": 1e308},
        "a focal length of nearly nothing": {"fl_x": 1e-320},
        "a width that is no number": {"w": float("nan")},
        "a principal point of infinity": {"cx": float("inf")},
        "a camera model that is a list": {"camera_model": []},
        "a lens that bends beyond reason": {"camera_model": "OPENCV_FISHEYE", "k1": 1e30},
        "a photo's name of 300 letters": {"file_path": "x" * 300},
        "a depth's name of several lines": {"depth_file_path": "a\nb\rc\u2028d.png"},
        "a pose beyond all numbers": {"transform_matrix": [[10**400] * 4] * 4},
    }
    found = {}
    for number, (name, change) in enumerate(changes.items()):
        folder = root / f"nerfstudio{number}"
        found[name] = ("nerfstudio", _nerfstudio(folder, change))
    for number, (name, pose) in enumerate(
        {
            "a quaternion of nearly nothing": "1e-320 0 0 0 0 0 0",
            "a quaternion of infinity": "inf 0 0 0 0 0 0",
        }.items()
    ):
        found[name] = ("colmap", _colmap(root / f"colmap{number}", pose, "0.png"))
    long_name = "9" * 300 + ".png"
    found["a name of 300 digits"] = ("colmap", _colmap(root / "long", "1 0 0 0 0 0 0", long_name))
    arrays = {
        "depths of three dimensions": np.ones((6, 8, 1), np.float32),
        "depths of one dimension": np.ones(8, np.float32),
        "depths of no number": np.array([["a"]]),
        "depths without a column": np.zeros((6, 0), np.float32),
    }
    for number, (name, depth) in enumerate(arrays.items()):
        found[name] = ("rgbd", _rgbd(root / f"rgbd{number}", depth))
    empty = _rgbd(root / "empty", np.ones((6, 8), np.float32))
    (empty / "poses" / "0.txt").unlink()
    found["a folder of no poses"] = ("rgbd", empty)
    return found


def scene_arrays() -> dict[str, dict[str, np.ndarray]]:
    """Scenes of one file."""
    size = (2, 6, 8)
    images, poses = np.zeros((*size, 3), np.uint8), np.tile(np.eye(4), (2, 1, 1))
    focal = np.tile(np.array([[8, 0, 3.5], [0, 8, 2.5], [1e308, 0, 1]]), (2, 1, 1))
    depth = {"depth": np.ones(size, np.float32), "extrinsics": poses, "processed_images": images}
    points = np.random.default_rng(0).normal(size=(*size, 3)) + np.array([0, 0, 3])
    maps = {"points": points, "camera_poses": poses, "images": images}
    far, steep, flat = points.copy(), points.copy(), poses.copy()
    far[0, :2] = 1.7e308
    steep[..., 2], steep[0, 0, 0, 2] = 1e-200, 1e-320
    flat[:, :3, 3] = 1e308
    lens = np.tile(np.array([[8, 0, 3.5], [0, 8, 2.5], [0, 0, 1]]), (2, 1, 1))
    away = poses.copy()
    away[:, :3, 3] = 1e160
    return {
        "cameras farther than any place": depth | {"intrinsics": lens, "extrinsics": away},
        "intrinsics that cannot be rounded": depth | {"intrinsics": focal},
        "points beyond all numbers": maps | {"points": np.full_like(far, 1.7e308)},
        "rays steeper than any lens": maps | {"points": steep},
        "poses beyond all numbers": maps | {"camera_poses": flat, "points": far},
    }


def _rgbd(folder: Path, depth: np.ndarray) -> Path:
    for name in ("color", "depth", "poses"):
        (folder / name).mkdir(parents=True)
    Image.new("RGB", (8, 6)).save(folder / "color" / "0.png")
    np.save(folder / "depth" / "0.npy", depth)
    (folder / "poses" / "0.txt").write_text("1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n")
    return folder


def _nerfstudio(folder: Path, change: dict[str, object]) -> Path:
    folder.mkdir()
    Image.new("RGB", (8, 6)).save(folder / "0.png")
    np.save(folder / "0.npy", np.ones((6, 8), np.float32))
    frame = {
        "file_path": "0.png",
        "depth_file_path": "0.npy",
        "transform_matrix": np.eye(4).tolist(),
    }
    document = {"fl_x": 8.0, "w": 8, "h": 6, "frames": [frame | change], **change}
    (folder / "transforms.json").write_text(json.dumps(document))
    return folder


def _colmap(folder: Path, pose: str, name: str) -> Path:
    (folder / "images").mkdir(parents=True)
    Image.new("RGB", (8, 6)).save(folder / "images" / "0.png")
    (folder / "cameras.txt").write_text("1 PINHOLE 8 6 8 8 4 3\n")
    (folder / "images.txt").write_text(f"1 {pose} 1 {name}\n\n")
    (folder / "points3D.txt").write_text("1 0 0 1 9 9 9 0.5\n")
    return folder
