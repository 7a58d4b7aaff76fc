"""Sound scenes of one file, masks and lists, small, to be damaged by `bench.fuzz`.

Each function writes a case into an empty folder and returns the files that may be damaged.
"""

from __future__ import annotations

import base64
import io
import json
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from bench.fuzz_parts import (
    DEPTH,
    IMAGES,
    MASK,
    PHOTOS,
    POSES,
    H,
    K,
    W,
    matrix_lines,
    npz_file,
    text_file,
)


def estimator(root: Path) -> list[Path]:
    """A kit's file, and one as VGGT and MapAnything write it."""
    points = np.linspace(-1, 1, 150).reshape(50, 3)
    kit = npz_file(
        root / "kit.npz", points_3d=points, colors_3d=np.zeros((50, 3), np.float32), depth=DEPTH,
        conf=DEPTH, intrinsics=np.tile(K, (PHOTOS, 1, 1)), extrinsics=POSES[:, :3],
        processed_images=IMAGES,
    )  # fmt: skip
    vggt = npz_file(
        root / "vggt.npz", depth=DEPTH[..., None], depth_conf=DEPTH, extrinsic=POSES,
        images=IMAGES.transpose(0, 3, 1, 2).astype(np.float32) / 255,
        intrinsic=np.tile(K, (PHOTOS, 1, 1)), final_mask=DEPTH > 1.5,
    )  # fmt: skip
    return [kit, vggt]


def narrow(root: Path) -> Path:
    """A scene whose photos are two pixels wide."""
    return npz_file(
        root / "narrow.npz", depth=DEPTH[:, :, :2], intrinsics=np.tile(K, (PHOTOS, 1, 1)),
        extrinsics=POSES, processed_images=IMAGES[:, :, :2],
    )  # fmt: skip


def pi3(root: Path) -> list[Path]:
    """A point map of Pi3."""
    v, u = np.mgrid[0:H, 0:W]
    rays = np.stack([(u - 15.5) / 30, (v - 11.5) / 30, np.ones((H, W))], axis=-1)
    return [
        npz_file(
            root / "pi3.npz", points=rays * DEPTH[..., None], camera_poses=POSES,
            conf=np.ones((PHOTOS, H, W, 1), np.float32), images=IMAGES / np.float32(255),
        )
    ]  # fmt: skip


def own_scene(root: Path) -> list[Path]:
    """A scene that `write_scene` wrote."""
    return [
        npz_file(
            root / "own.npz", o3d_paint_scene=np.array(1), points_3d=np.zeros((9, 3)),
            colors_3d=np.zeros((9, 3), np.float32), depth=DEPTH, extrinsics=POSES[:, :3],
            intrinsics=np.tile(K, (PHOTOS, 1, 1)), processed_images=IMAGES, up=np.eye(3)[2],
            names=np.array(["a", "b"]), labels=np.arange(9, dtype=np.uint16),
            label_ids=np.array([1, 2], np.uint16), label_names=np.array(["roof", "wall"]),
        )
    ]  # fmt: skip


def streaming(root: Path) -> list[Path]:
    """The output folder of DA3 Streaming."""
    files = [text_file(root / "camera_poses.txt", matrix_lines(POSES))]
    (root / "results_output").mkdir()
    for i in range(PHOTOS):
        path = root / "results_output" / f"frame_{i}.npz"
        files.append(npz_file(path, image=IMAGES[i], depth=DEPTH[i], conf=DEPTH[i], intrinsics=K))
    return files


def npy(root: Path) -> list[Path]:
    """Two arrays."""
    np.save(root / "a.npy", DEPTH)
    np.save(root / "b.npy", np.asfortranarray(MASK))
    return [root / "a.npy", root / "b.npy"]


def stacks(root: Path) -> list[Path]:
    """Masks as arrays: ids, regions, an archive."""
    np.save(root / "a.npy", np.stack([MASK, MASK]))
    np.save(root / "b.npy", np.stack([MASK == 1, MASK == 2]))
    return [root / "a.npy", root / "b.npy", npz_file(root / "c.npz", masks=np.stack([MASK] * 2))]


def pictures(root: Path) -> list[Path]:
    """A folder of grey, indexed, 16-bit and colour PNG with a class table."""
    Image.fromarray(MASK).save(root / "000.png")
    indexed = Image.fromarray(MASK, mode="P")
    indexed.putpalette(list(range(256)) * 3)
    indexed.save(root / "001.png")
    Image.fromarray(MASK.astype(np.uint16) * 300).save(root / "002.png")
    colors = np.array([[0, 0, 0], [9, 8, 7], [1, 2, 3], [250, 0, 0]], np.uint8)
    Image.fromarray(colors[MASK]).save(root / "003.png")
    classes = [{"id": i, "name": f"c{i}", "color": colors[i].tolist()} for i in (1, 2, 3)]
    table = text_file(root / "classes.json", json.dumps({"classes": classes}))
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
    return [text_file(root / "a.json", json.dumps(document))]


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
        text_file(root / "a.json", json.dumps(records)),
        text_file(root / "b.json", json.dumps({"image": image, "annotations": records})),
    ]


def grounded_sam(root: Path) -> list[Path]:
    """A result of Grounded SAM 2."""
    annotations = [{"class_name": n, "segmentation": _packed(), "score": [0.5]} for n in "ab"]
    document = {
        "image_path": "a/000.jpg", "annotations": annotations, "box_format": "xyxy",
        "img_width": W, "img_height": H,
    }  # fmt: skip
    return [text_file(root / "a.json", json.dumps(document))]


def labelme(root: Path) -> list[Path]:
    """Labelme's JSON with every kind of shape."""
    picture = io.BytesIO()
    Image.fromarray(np.eye(6, 9, dtype=bool)).save(picture, "PNG")
    mask = base64.b64encode(picture.getvalue()).decode()
    shapes = [
        {"label": "a", "points": [[2, 2], [20, 3], [15, 20]], "shape_type": "polygon"},
        {"label": "b", "points": [[2, 2], [9, 9]], "shape_type": "rectangle"},
        {"label": "b", "points": [[8, 8], [9, 12]], "shape_type": "circle"},
        {"label": "c", "points": [[8, 8]], "shape_type": "point"},
        {"label": "d", "points": [[4, 3], [12, 8]], "shape_type": "mask", "mask": mask},
    ]
    document = {"shapes": shapes, "imagePath": "000.jpg", "imageHeight": H, "imageWidth": W}
    return [text_file(root / "a.json", json.dumps(document))]


_LABEL_MAP = "# label:color_rgb:parts:actions\nbackground:0,0,0::\nroof:200,0,0::\nwall:0,9,9::\n"


def cvat(root: Path) -> list[Path]:
    """CVAT's archive."""
    colors = np.array([[0, 0, 0], [200, 0, 0], [0, 9, 9], [200, 0, 0]], np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(colors[MASK]).save(buffer, "PNG")
    with zipfile.ZipFile(root / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("labelmap.txt", _LABEL_MAP)
        archive.writestr("ImageSets/Segmentation/default.txt", "000\n001\n")
        for i in range(2):
            archive.writestr(f"SegmentationClass/{i:03d}.png", buffer.getvalue())
    return [root / "a.zip"]


def label_map(root: Path) -> list[Path]:
    """CVAT's label map."""
    return [text_file(root / "labelmap.txt", _LABEL_MAP)]


def run_lengths(root: Path) -> list[Path]:
    """Compressed run lengths."""
    return [text_file(root / "a.txt", str(_packed()["counts"]))]


def strokes(root: Path) -> list[Path]:
    """Recorded strokes."""
    stroke = {"class": 2, "brush": 70.0, "points": [[0.1, 0.2], [0.5, 0.5], [0.9, 0.1]]}
    document = {
        "classes": {"1": "floor", "2": "ball"}, "sequence": [0, 0, 1],
        "frames": {"0": [stroke, {**stroke, "class": 0}], "1": [stroke]},
    }  # fmt: skip
    return [text_file(root / "a.json", json.dumps(document))]


def taxonomy(root: Path) -> list[Path]:
    """Class lists in both forms."""
    classes = [{"id": 1, "name": "roof", "color": [9, 9, 9]}, {"name": "b", "color": "#cc3311"}]
    document = {"name": "x", "classes": [*classes, "tree"]}
    files = [text_file(root / "a.json", json.dumps(document))]
    return [*files, text_file(root / "b.json", json.dumps(classes))]


def label_studio(root: Path) -> list[Path]:
    """Label Studio's brush labels: two tasks, one of them with two tags."""
    names = (
        "1-annotation-1-by-1-tag-Car",
        "1-annotation-1-by-1-tag-Tree",
        "2-annotation-7-by-1-tag-Car",
    )
    for i, name in enumerate(names):
        here = np.equal(MASK, i + 1).astype(np.uint8) * 255
        Image.fromarray(here).save(root / f"task-{name}-0.png")
    return sorted(root.glob("*.png"))
