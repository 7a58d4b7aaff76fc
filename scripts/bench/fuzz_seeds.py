"""Sound files of every format, small, to be damaged by `bench.fuzz`.

Each function writes a case into an empty folder and returns the files that may be damaged.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

H, W, PHOTOS = 24, 32, 2
_RNG = np.random.default_rng(0)
_K = np.array([[30.0, 0, 15.5], [0, 30, 11.5], [0, 0, 1]])
_DEPTH = _RNG.uniform(1, 3, (PHOTOS, H, W)).astype(np.float32)
_IMAGES = _RNG.integers(0, 255, (PHOTOS, H, W, 3), dtype=np.uint8)
_POSES = np.tile(np.eye(4), (PHOTOS, 1, 1))
_POSES[1, :3, 3] = 0.1, 0.0, 0.2
_MASK = (np.arange(H * W).reshape(H, W) // 50 % 4).astype(np.uint8)


def _npz(path: Path, **arrays: np.ndarray) -> Path:
    with path.open("wb") as file:
        np.savez(file, **arrays)
    return path


def _text(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _photo(path: Path, i: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(_IMAGES[i]).save(path)
    return path


def _depth_picture(path: Path, i: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray((_DEPTH[i] * 1000).astype(np.uint16)).save(path)
    return path


def _rows(matrix: np.ndarray) -> str:
    return "\n".join(" ".join(f"{v:.6f}" for v in row) for row in matrix)


def _lines(poses: np.ndarray) -> str:
    return "\n".join(" ".join(f"{v:.6f}" for v in p.ravel()) for p in poses)


def estimator(root: Path) -> list[Path]:
    """A kit's file, and one as VGGT and MapAnything write it."""
    points = np.linspace(-1, 1, 150).reshape(50, 3)
    kit = _npz(
        root / "kit.npz", points_3d=points, colors_3d=np.zeros((50, 3), np.float32), depth=_DEPTH,
        conf=_DEPTH, intrinsics=np.tile(_K, (PHOTOS, 1, 1)), extrinsics=_POSES[:, :3],
        processed_images=_IMAGES,
    )  # fmt: skip
    vggt = _npz(
        root / "vggt.npz", depth=_DEPTH[..., None], depth_conf=_DEPTH, extrinsic=_POSES,
        images=_IMAGES.transpose(0, 3, 1, 2).astype(np.float32) / 255,
        intrinsic=np.tile(_K, (PHOTOS, 1, 1)), final_mask=_DEPTH > 1.5,
    )  # fmt: skip
    return [kit, vggt]


def pi3(root: Path) -> list[Path]:
    """A point map of Pi3."""
    v, u = np.mgrid[0:H, 0:W]
    rays = np.stack([(u - 15.5) / 30, (v - 11.5) / 30, np.ones((H, W))], axis=-1)
    return [
        _npz(
            root / "pi3.npz", points=rays * _DEPTH[..., None], camera_poses=_POSES,
            conf=np.ones((PHOTOS, H, W, 1), np.float32), images=_IMAGES / np.float32(255),
        )
    ]  # fmt: skip


def own_scene(root: Path) -> list[Path]:
    """A scene that `write_scene` wrote."""
    return [
        _npz(
            root / "own.npz", o3d_paint_scene=np.array(1), points_3d=np.zeros((9, 3)),
            colors_3d=np.zeros((9, 3), np.float32), depth=_DEPTH, extrinsics=_POSES[:, :3],
            intrinsics=np.tile(_K, (PHOTOS, 1, 1)), processed_images=_IMAGES, up=np.eye(3)[2],
            names=np.array(["a", "b"]), labels=np.arange(9, dtype=np.uint16),
            label_ids=np.array([1, 2], np.uint16), label_names=np.array(["roof", "wall"]),
        )
    ]  # fmt: skip


def streaming(root: Path) -> list[Path]:
    """The output folder of DA3 Streaming."""
    files = [_text(root / "camera_poses.txt", _lines(_POSES))]
    (root / "results_output").mkdir()
    for i in range(PHOTOS):
        path = root / "results_output" / f"frame_{i}.npz"
        files.append(_npz(path, image=_IMAGES[i], depth=_DEPTH[i], conf=_DEPTH[i], intrinsics=_K))
    return files


def npy(root: Path) -> list[Path]:
    """Two arrays."""
    np.save(root / "a.npy", _DEPTH)
    np.save(root / "b.npy", np.asfortranarray(_MASK))
    return [root / "a.npy", root / "b.npy"]


def stacks(root: Path) -> list[Path]:
    """Masks as arrays: ids, regions, an archive."""
    np.save(root / "a.npy", np.stack([_MASK, _MASK]))
    np.save(root / "b.npy", np.stack([_MASK == 1, _MASK == 2]))
    return [root / "a.npy", root / "b.npy", _npz(root / "c.npz", masks=np.stack([_MASK] * 2))]


def pictures(root: Path) -> list[Path]:
    """A folder of grey, indexed, 16-bit and colour PNG with a class table."""
    Image.fromarray(_MASK).save(root / "000.png")
    indexed = Image.fromarray(_MASK, mode="P")
    indexed.putpalette(list(range(256)) * 3)
    indexed.save(root / "001.png")
    Image.fromarray(_MASK.astype(np.uint16) * 300).save(root / "002.png")
    colors = np.array([[0, 0, 0], [9, 8, 7], [1, 2, 3], [250, 0, 0]], np.uint8)
    Image.fromarray(colors[_MASK]).save(root / "003.png")
    classes = [{"id": i, "name": f"c{i}", "color": colors[i].tolist()} for i in (1, 2, 3)]
    table = _text(root / "classes.json", json.dumps({"classes": classes}))
    return [*sorted(root.glob("*.png")), table]


_RLE = {"size": [H, W], "counts": [100, 20, 300, 48, H * W - 468]}
_PACKED = {"size": [H, W], "counts": "T3d0P9`1:"}
_POLYGON = [[2.0, 2.0, 20.0, 3.5, 15.0, 20.0]]


def coco(root: Path) -> list[Path]:
    """COCO with polygons and both forms of run lengths."""
    images = [{"id": i, "file_name": f"{i:03d}.png", "height": H, "width": W} for i in range(2)]
    annotations = [
        {"id": n, "image_id": n % 2, "category_id": n % 3, "segmentation": s}
        for n, s in enumerate((_POLYGON, _RLE, _packed(), _POLYGON))
    ]
    categories = [{"id": i, "name": f"class {i}"} for i in range(3)]
    document = {"images": images, "annotations": annotations, "categories": categories}
    return [_text(root / "a.json", json.dumps(document))]


def _packed() -> dict[str, object]:
    from o3d_paint.io.mask_formats.rle import text_from_counts

    return {"size": [H, W], "counts": text_from_counts(_RLE["counts"])}


def sam(root: Path) -> list[Path]:
    """Segment Anything's list, and a file of SA-1B."""
    records = [
        {"segmentation": s, "area": 9, "predicted_iou": 0.9, "stability_score": 0.9}
        for s in (_RLE, _packed())
    ]
    image = {"file_name": "000.jpg", "width": W, "height": H}
    return [
        _text(root / "a.json", json.dumps(records)),
        _text(root / "b.json", json.dumps({"image": image, "annotations": records})),
    ]


def grounded_sam(root: Path) -> list[Path]:
    """A result of Grounded SAM 2."""
    annotations = [{"class_name": n, "segmentation": _packed(), "score": [0.5]} for n in "ab"]
    document = {
        "image_path": "a/000.jpg", "annotations": annotations, "box_format": "xyxy",
        "img_width": W, "img_height": H,
    }  # fmt: skip
    return [_text(root / "a.json", json.dumps(document))]


def labelme(root: Path) -> list[Path]:
    """Labelme's JSON with every kind of shape."""
    shapes = [
        {"label": "a", "points": [[2, 2], [20, 3], [15, 20]], "shape_type": "polygon"},
        {"label": "b", "points": [[2, 2], [9, 9]], "shape_type": "rectangle"},
        {"label": "b", "points": [[8, 8], [9, 12]], "shape_type": "circle"},
        {"label": "c", "points": [[8, 8]], "shape_type": "point"},
    ]
    document = {"shapes": shapes, "imagePath": "000.jpg", "imageHeight": H, "imageWidth": W}
    return [_text(root / "a.json", json.dumps(document))]


_LABEL_MAP = "# label:color_rgb:parts:actions\nbackground:0,0,0::\nroof:200,0,0::\nwall:0,9,9::\n"


def cvat(root: Path) -> list[Path]:
    """CVAT's archive."""
    colors = np.array([[0, 0, 0], [200, 0, 0], [0, 9, 9], [200, 0, 0]], np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(colors[_MASK]).save(buffer, "PNG")
    with zipfile.ZipFile(root / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("labelmap.txt", _LABEL_MAP)
        archive.writestr("ImageSets/Segmentation/default.txt", "000\n001\n")
        for i in range(2):
            archive.writestr(f"SegmentationClass/{i:03d}.png", buffer.getvalue())
    return [root / "a.zip"]


def label_map(root: Path) -> list[Path]:
    """CVAT's label map."""
    return [_text(root / "labelmap.txt", _LABEL_MAP)]


def run_lengths(root: Path) -> list[Path]:
    """Compressed run lengths."""
    return [_text(root / "a.txt", str(_packed()["counts"]))]


def strokes(root: Path) -> list[Path]:
    """Recorded strokes."""
    stroke = {"class": 2, "brush": 70.0, "points": [[0.1, 0.2], [0.5, 0.5], [0.9, 0.1]]}
    document = {
        "classes": {"1": "floor", "2": "ball"}, "sequence": [0, 0, 1],
        "frames": {"0": [stroke, {**stroke, "class": 0}], "1": [stroke]},
    }  # fmt: skip
    return [_text(root / "a.json", json.dumps(document))]


def taxonomy(root: Path) -> list[Path]:
    """Class lists in both forms."""
    classes = [{"id": 1, "name": "roof", "color": [9, 9, 9]}, {"name": "b", "color": "#cc3311"}]
    document = {"name": "x", "classes": [*classes, "tree"]}
    files = [_text(root / "a.json", json.dumps(document))]
    return [*files, _text(root / "b.json", json.dumps(classes))]


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
    return [root / "a.pcd", _text(root / "b.pcd", plain + "DATA ascii\n" + text)]


def text_cloud(root: Path) -> list[Path]:
    """XYZ, CSV and PTS."""
    rows = [f"{i}.5 {i} 1.25 9 8 7 {i % 3}" for i in range(12)]
    return [
        _text(root / "a.xyz", "\n".join(rows)),
        _text(root / "b.csv", "x,y,z,red,green,blue,label\n" + "\n".join(rows).replace(" ", ",")),
        _text(root / "c.pts", "12\n" + "\n".join(rows)),
    ]


def cloud_npz(root: Path) -> list[Path]:
    """A cloud as NPZ."""
    labels = np.arange(9, dtype=np.int64)
    points = np.linspace(-1, 1, 27).reshape(9, 3)
    return [_npz(root / "a.npz", points=points, colors=points * 0 + 0.5, labels=labels)]


def _colmap_photos(root: Path) -> None:
    for i in range(PHOTOS):
        _photo(root / "images" / f"{i}.png", i)


def colmap_text(root: Path) -> list[Path]:
    """A COLMAP model as text."""
    _colmap_photos(root)
    sparse = root / "sparse" / "0"
    images = "".join(f"{i + 1} 1 0 0 0 0.1 0 {i} {i + 1} {i}.png\n1 2 3\n" for i in range(PHOTOS))
    cameras = f"# cameras\n1 PINHOLE {W} {H} 30 30 16 12\n2 OPENCV {W} {H} 30 30 16 12 .1 0 0 0\n"
    points = "".join(f"{i} {i} 0 2 9 8 7 0.5 1 2\n" for i in range(9))
    return [
        _text(sparse / "cameras.txt", cameras),
        _text(sparse / "images.txt", images),
        _text(sparse / "points3D.txt", points),
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
    path.write_bytes(f"{W}&{H}&1&".encode() + _DEPTH[0].tobytes())
    return [path]


def poses(root: Path) -> list[Path]:
    """Pose files of every kind."""
    log = "".join(f"{i} {i} {i + 1}\n{_rows(_POSES[i])}\n" for i in range(PHOTOS))
    return [
        _text(root / "K.txt", _rows(_K)),
        _text(root / "pose.txt", _rows(_POSES[1])),
        _text(root / "lines.txt", _lines(_POSES)),
        _text(root / "log.txt", log),
        _text(root / "seven.txt", "1 2 3 0 0 0 1\n1 2 4 0.1 0 0 1\n"),
        _text(root / "tum.txt", "# time\n0.1 1 2 3 0 0 0 1\n0.2 1 2 4 0.1 0 0 1\n"),
    ]


def nerfstudio(root: Path) -> list[Path]:
    """A folder of nerfstudio."""
    frames = []
    for i in range(PHOTOS):
        _photo(root / "images" / f"{i}.png", i)
        _depth_picture(root / "depth" / f"{i}.png", i)
        frames.append(
            {
                "file_path": f"images/{i}.png", "depth_file_path": f"depth/{i}.png",
                "transform_matrix": _POSES[i].tolist(),
            }
        )  # fmt: skip
    document = {
        "camera_model": "OPENCV", "w": W, "h": H, "fl_x": 30.0, "fl_y": 30.0, "cx": 16, "cy": 12,
        "k1": 0.01, "k2": 0, "p1": 0, "p2": 0, "frames": frames,
    }  # fmt: skip
    return [_text(root / "transforms.json", json.dumps(document))]


def seven_scenes(root: Path) -> list[Path]:
    """A folder of 7-Scenes."""
    files = [_text(root / "camera-intrinsics.txt", _rows(_K))]
    for i in range(PHOTOS):
        _photo(root / f"frame-{i:06d}.color.png", i)
        _depth_picture(root / f"frame-{i:06d}.depth.png", i)
        files.append(_text(root / f"frame-{i:06d}.pose.txt", _rows(_POSES[i])))
    return [*files, root / "frame-000001.depth.png"]


def _color_and_depth(root: Path, color: str = "color") -> None:
    for i in range(PHOTOS):
        _photo(root / color / f"{i}.png", i)
        _depth_picture(root / "depth" / f"{i}.png", i)


def tum(root: Path) -> list[Path]:
    """A folder of TUM RGB-D."""
    _color_and_depth(root, "rgb")
    truth = "# t x y z\n0.1 1 2 3 0 0 0 1\n0.2 1 2 4 0.1 0 0 1\n"
    return [
        _text(root / "rgb.txt", "# rgb\n0.1 rgb/0.png\n0.2 rgb/1.png\n"),
        _text(root / "depth.txt", "0.11 depth/0.png\n0.21 depth/1.png\n"),
        _text(root / "groundtruth.txt", truth),
    ]


def redwood(root: Path) -> list[Path]:
    """A folder of Redwood."""
    _color_and_depth(root)
    log = "".join(f"{i} {i} {i + 1}\n{_rows(_POSES[i])}\n" for i in range(PHOTOS))
    return [_text(root / "trajectory.log", log), _text(root / "camera.param", _rows(_K))]


def replica(root: Path) -> list[Path]:
    """A folder of Replica."""
    for i in range(PHOTOS):
        _photo(root / "results" / f"frame{i:06d}.jpg", i)
        _depth_picture(root / "results" / f"depth{i:06d}.png", i)
    camera = {"fx": 30, "fy": 30, "cx": 16, "cy": 12, "scale": 6553.5, "w": W, "h": H}
    return [
        _text(root / "traj.txt", _lines(_POSES)),
        _text(root / "cam_params.json", json.dumps({"camera": camera})),
    ]


def hololens(root: Path) -> list[Path]:
    """A folder of HoloLens."""
    _color_and_depth(root, "images")
    return [
        _text(root / "poses_all.txt", _lines(_POSES)),
        _text(root / "all_images.txt", "a/0.png\na/1.png\n"),
        _text(root / "K.txt", _rows(_K)),
    ]
