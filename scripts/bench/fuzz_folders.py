"""Sound folders of captures, small, to be damaged by `bench.fuzz`.

Each function writes a case into an empty folder and returns the files that may be damaged.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np

from bench.fuzz_parts import (
    DEPTH,
    PHOTOS,
    POSES,
    H,
    K,
    W,
    depth_picture,
    matrix_lines,
    matrix_text,
    photo,
    text_file,
)


def _colmap_photos(root: Path) -> None:
    for i in range(PHOTOS):
        photo(root / "images" / f"{i}.png", i)


def colmap_text(root: Path) -> list[Path]:
    """A COLMAP model as text."""
    _colmap_photos(root)
    sparse = root / "sparse" / "0"
    images = "".join(f"{i + 1} 1 0 0 0 0.1 0 {i} {i + 1} {i}.png\n1 2 3\n" for i in range(PHOTOS))
    cameras = f"# cameras\n1 PINHOLE {W} {H} 30 30 16 12\n2 OPENCV {W} {H} 30 30 16 12 .1 0 0 0\n"
    points = "".join(f"{i} {i} 0 2 9 8 7 0.5 1 2\n" for i in range(9))
    return [
        text_file(sparse / "cameras.txt", cameras),
        text_file(sparse / "images.txt", images),
        text_file(sparse / "points3D.txt", points),
    ]


def colmap_binary(root: Path) -> list[Path]:
    """A COLMAP model in binary."""
    _colmap_photos(root)
    sparse = root / "sparse"
    sparse.mkdir()
    cameras = struct.pack("<Q", 2) + struct.pack("<iiQQ4d", 1, 1, W, H, 30, 30, 16, 12)
    cameras += struct.pack("<iiQQ8d", 2, 4, W, H, 30, 30, 16, 12, 0.1, 0, 0, 0)
    images = struct.pack("<Q", PHOTOS)
    for i in range(PHOTOS):
        images += struct.pack("<i7di", i + 1, 1, 0, 0, 0, 0.1, 0, i, i + 1)
        images += f"{i}.png".encode() + b"\0" + struct.pack("<Q", 1) + struct.pack("<ddq", 1, 2, 3)
    points = struct.pack("<Q", 5)
    for i in range(5):
        points += struct.pack("<Q3d3BdQ", i, i, 0, 2, 9, 8, 7, 0.5, 1) + struct.pack("<ii", 1, 2)
    for name, data in (("cameras", cameras), ("images", images), ("points3D", points)):
        (sparse / f"{name}.bin").write_bytes(data)
    return sorted(sparse.glob("*.bin"))


def colmap_depth(root: Path) -> list[Path]:
    """A depth map of COLMAP."""
    path = root / "a.geometric.bin"
    path.write_bytes(f"{W}&{H}&1&".encode() + DEPTH[0].tobytes())
    return [path]


def poses(root: Path) -> list[Path]:
    """Pose files of every kind."""
    log = "".join(f"{i} {i} {i + 1}\n{matrix_text(POSES[i])}\n" for i in range(PHOTOS))
    return [
        text_file(root / "K.txt", matrix_text(K)),
        text_file(root / "pose.txt", matrix_text(POSES[1])),
        text_file(root / "lines.txt", matrix_lines(POSES)),
        text_file(root / "log.txt", log),
        text_file(root / "seven.txt", "1 2 3 0 0 0 1\n1 2 4 0.1 0 0 1\n"),
        text_file(root / "tum.txt", "# time\n0.1 1 2 3 0 0 0 1\n0.2 1 2 4 0.1 0 0 1\n"),
    ]


def nerfstudio(root: Path) -> list[Path]:
    """A folder of nerfstudio."""
    frames = []
    for i in range(PHOTOS):
        photo(root / "images" / f"{i}.png", i)
        depth_picture(root / "depth" / f"{i}.png", i)
        frames.append(
            {
                "file_path": f"images/{i}.png", "depth_file_path": f"depth/{i}.png",
                "transform_matrix": POSES[i].tolist(),
            }
        )  # fmt: skip
    document = {
        "camera_model": "OPENCV", "w": W, "h": H, "fl_x": 30.0, "fl_y": 30.0, "cx": 16, "cy": 12,
        "k1": 0.01, "k2": 0, "p1": 0, "p2": 0, "frames": frames,
    }  # fmt: skip
    return [text_file(root / "transforms.json", json.dumps(document))]


def seven_scenes(root: Path) -> list[Path]:
    """A folder of 7-Scenes."""
    files = [text_file(root / "camera-intrinsics.txt", matrix_text(K))]
    for i in range(PHOTOS):
        photo(root / f"frame-{i:06d}.color.png", i)
        depth_picture(root / f"frame-{i:06d}.depth.png", i)
        files.append(text_file(root / f"frame-{i:06d}.pose.txt", matrix_text(POSES[i])))
    return [*files, root / "frame-000001.depth.png"]


def _color_and_depth(root: Path, color: str = "color") -> None:
    for i in range(PHOTOS):
        photo(root / color / f"{i}.png", i)
        depth_picture(root / "depth" / f"{i}.png", i)


def tum(root: Path) -> list[Path]:
    """A folder of TUM RGB-D."""
    _color_and_depth(root, "rgb")
    truth = "# t x y z\n0.1 1 2 3 0 0 0 1\n0.2 1 2 4 0.1 0 0 1\n"
    return [
        text_file(root / "rgb.txt", "# rgb\n0.1 rgb/0.png\n0.2 rgb/1.png\n"),
        text_file(root / "depth.txt", "0.11 depth/0.png\n0.21 depth/1.png\n"),
        text_file(root / "groundtruth.txt", truth),
    ]


def redwood(root: Path) -> list[Path]:
    """A folder of Redwood."""
    _color_and_depth(root)
    log = "".join(f"{i} {i} {i + 1}\n{matrix_text(POSES[i])}\n" for i in range(PHOTOS))
    return [
        text_file(root / "trajectory.log", log),
        text_file(root / "camera.param", matrix_text(K)),
    ]


def replica(root: Path) -> list[Path]:
    """A folder of Replica."""
    for i in range(PHOTOS):
        photo(root / "results" / f"frame{i:06d}.jpg", i)
        depth_picture(root / "results" / f"depth{i:06d}.png", i)
    camera = {"fx": 30, "fy": 30, "cx": 16, "cy": 12, "scale": 6553.5, "w": W, "h": H}
    return [
        text_file(root / "traj.txt", matrix_lines(POSES)),
        text_file(root / "cam_params.json", json.dumps({"camera": camera})),
    ]


def hololens(root: Path) -> list[Path]:
    """A folder of HoloLens."""
    _color_and_depth(root, "images")
    return [
        text_file(root / "poses_all.txt", matrix_lines(POSES)),
        text_file(root / "all_images.txt", "a/0.png\na/1.png\n"),
        text_file(root / "K.txt", matrix_text(K)),
    ]


def scannet(root: Path) -> list[Path]:
    """A folder of ScanNet as its reader exports it."""
    _color_and_depth(root)
    intrinsics = np.eye(4)
    intrinsics[:3, :3] = K
    files = [text_file(root / "intrinsic" / "intrinsic_depth.txt", matrix_text(intrinsics))]
    for i in range(PHOTOS):
        files.append(text_file(root / "pose" / f"{i}.txt", matrix_text(POSES[i])))
    return [*files, root / "depth" / "1.png"]


def posed_rgbd(root: Path) -> list[Path]:
    """A folder of an unknown kind, with depths as pictures and as arrays."""
    _color_and_depth(root, "rgb")
    (root / "depth" / "1.png").unlink()
    np.save(root / "depth" / "1.npy", DEPTH[1])
    return [
        text_file(root / "poses.txt", matrix_lines(POSES)),
        text_file(root / "intrinsics.txt", matrix_text(K)),
        root / "depth" / "0.png",
        root / "depth" / "1.npy",
    ]
