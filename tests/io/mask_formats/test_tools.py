"""Exports of annotation tools, rebuilt from their documents, and our own read back."""

from __future__ import annotations

import base64
import io
import json
import zipfile
import zlib
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from o3d_paint.core.taxonomy import LabelClass, Taxonomy
from o3d_paint.errors import FormatError
from o3d_paint.io.mask_exporters.yolo import _data_yaml, _lines
from o3d_paint.io.mask_formats.mask_set import MaskSet
from o3d_paint.io.mask_formats.registry import read_masks

H, W = 20, 30


def _box(x0: int, y0: int, x1: int, y1: int) -> np.ndarray:
    mask = np.zeros((H, W), dtype=np.uint8)
    mask[y0:y1, x0:x1] = 1
    return mask


FLOOR, CHAIR = _box(0, 8, 30, 20), _box(10, 4, 16, 14)


def _ids(masks: MaskSet, position: int = 0) -> np.ndarray:
    """Names instead of ids: 0 nothing, 1 floor, 2 chair."""
    numbers = {i: {"floor": 1, "chair": 2}[name] for i, name in masks.names.items()}
    entry = masks.masks[position].sized((H, W))
    return np.vectorize(lambda v: numbers.get(v, 0))(entry.read())


EXPECTED = np.where(CHAIR, 2, FLOOR)


def _png(values: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(values).save(file, "PNG")
    return file.getvalue()


def _write(folder: Path, files: dict[str, Any]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            text = content if isinstance(content, str) else json.dumps(content)
            path.write_text(text, encoding="utf-8")
    return folder


def _zip(folder: Path, target: Path) -> Path:
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(folder.rglob("*.*")):
            archive.write(path, path.relative_to(folder))
    return target


# YOLO


def _yolo(folder: Path) -> Path:
    taxonomy = Taxonomy([LabelClass(1, "floor", (1, 2, 3)), LabelClass(2, "chair", (3, 2, 1))])
    mask = EXPECTED.astype(np.uint16)
    return _write(
        folder,
        {
            "data.yaml": _data_yaml(taxonomy, ["train", "val"]),
            "images/train/IMG_1.jpg": b"",
            "labels/train/IMG_1.txt": "\n".join(_lines(mask, taxonomy)),
            "labels/val/IMG_2.txt": "",
        },
    )


def test_yolo_as_it_is_written(tmp_path):
    _yolo(tmp_path / "set")
    for source in (tmp_path / "set", _zip(tmp_path / "set", tmp_path / "set.zip")):
        masks = read_masks(source)
        assert masks.format == "YOLO"
        assert masks.shift == 1
        assert masks.names == {1: "floor", 2: "chair"}
        assert [m.photo for m in masks.masks] == ["IMG_1", "IMG_2"]
        assert (_ids(masks) == EXPECTED).all()
        assert not _ids(masks, 1).any()
    # Labels alone take the names of the data set around them.
    assert read_masks(tmp_path / "set/labels/train").names == {1: "floor", 2: "chair"}
    # Any size will do: corners are shares of the photo.
    large = masks.masks[0].sized((2 * H, 2 * W)).read()
    assert (large[::2, ::2] == masks.masks[0].sized((H, W)).read()).all()


def test_yolo_boxes_and_broken_lines_are_left_out(tmp_path):
    _yolo(tmp_path)
    label = tmp_path / "labels/train/IMG_1.txt"
    label.write_text(label.read_text() + "\n1 0.5 0.5 0.1 0.1\n1 0.1 0.2 0.3 0.4 0.5\n")
    masks = read_masks(tmp_path)
    assert (_ids(masks) == EXPECTED).all()
    said = " ".join(masks.findings.sentences())
    assert "1 box which is no outline" in said
    assert "1 line that is no outline" in said
    label.write_text("1 0.5 0.5 0.1 0.1\n")
    with pytest.raises(FormatError, match="export segmentation"):
        read_masks(tmp_path)


# CVAT


def _cvat(extra: str = "", head: str = "") -> str:
    inside = CHAIR[4:14, 8:18].ravel()
    edges = np.flatnonzero(np.diff(inside)) + 1
    counts = np.diff([0, *edges, inside.size]).tolist()
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n{head}<annotations><version>1.1</version>'
        "<meta><task><labels><label><name>floor</name></label></labels></task></meta>"
        f'<image id="0" name="sub/IMG_1.jpg" width="{W}" height="{H}">'
        f'<mask label="chair" source="manual" occluded="0" rle="{", ".join(map(str, counts))}"'
        ' left="8" top="4" width="10" height="10" z_order="1"></mask>'
        '<polygon label="floor" points="0.00,8.00;30.00,8.00;30.00,20.00;0.00,20.00" z_order="0">'
        f'<attribute name="a">1</attribute></polygon>{extra}</image></annotations>'
    )


def test_cvat_for_images(tmp_path):
    _write(tmp_path / "x", {"annotations.xml": _cvat()})
    zipped = _zip(tmp_path / "x", tmp_path / "x.zip")
    for source in (tmp_path / "x", tmp_path / "x/annotations.xml", zipped):
        masks = read_masks(source)
        assert masks.masks[0].photo == "sub/IMG_1.jpg"
        assert (_ids(masks) == EXPECTED).all()


def test_cvat_shapes_that_are_no_outlines(tmp_path):
    shapes = (
        '<box label="chair" xtl="0" ytl="0" xbr="9" ybr="9"/>'
        '<polygon label="chair" points="1,x"/><mask label="chair" rle="1,2" left="0" top="0"'
        ' width="4" height="4"/>'
        '<mask label="chair" rle="9" left="28" top="0" width="3" height="3"/>'
    )
    _write(tmp_path, {"annotations.xml": _cvat(shapes)})
    masks = read_masks(tmp_path)
    assert (_ids(masks) == EXPECTED).all()
    said = " ".join(masks.findings.sentences())
    assert "1 box which is no outline: draw polygons or masks" in said
    assert "3 shapes that cannot be read" in said


def test_cvat_with_entities_is_refused(tmp_path):
    bomb = '<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>'
    _write(tmp_path, {"annotations.xml": _cvat(head=bomb)})
    with pytest.raises(FormatError, match="declares a document type"):
        read_masks(tmp_path)


# Label Studio


class _Writer:
    """Packs runs as thi.ng/rle-pack does, which Label Studio uses."""

    def __init__(self) -> None:
        self.bits = ""

    def put(self, value: int, count: int) -> None:
        self.bits += format(value, f"0{count}b")

    def data(self) -> list[int]:
        padded = self.bits + "0" * (-len(self.bits) % 8)
        return [int(padded[i : i + 8], 2) for i in range(0, len(padded), 8)]


def _brush(mask: np.ndarray) -> list[int]:
    flat = np.repeat(mask.ravel() * 255, 4)
    writer = _Writer()
    writer.put(flat.size, 32)
    writer.put(8 - 1, 5)
    widths = (3, 4, 8, 16)
    for width in widths:
        writer.put(width - 1, 4)
    edges = [0, *(np.flatnonzero(np.diff(flat)) + 1).tolist(), flat.size]
    for n, (start, end) in enumerate(pairwise(edges)):
        # The first runs are written value by value, which the packer does with short ones.
        is_literal = n == 0 and end - start <= 65536
        writer.put(int(not is_literal), 1)
        writer.put(3, 2)
        writer.put(end - start - 1, 16)
        for _ in range(end - start if is_literal else 1):
            writer.put(int(flat[start]), 8)
    return writer.data()


def _label_studio() -> list[dict]:
    size = {"original_width": W, "original_height": H}
    points = [[0, 40], [100, 40], [100, 100], [0, 100]]
    results = [
        {"type": "polygonlabels", "value": {"points": points, "polygonlabels": ["floor"]}, **size},
        {
            "type": "brushlabels",
            "value": {"format": "rle", "rle": _brush(CHAIR), "brushlabels": ["chair"]},
            **size,
        },
        {"type": "choices", "value": {"choices": ["x"]}, **size},
    ]
    image = "/data/upload/3/1a2b3c4d-IMG%201.jpg"
    cancelled = {"was_cancelled": True, "result": []}
    return [{"id": 1, "data": {"image": image}, "annotations": [cancelled, {"result": results}]}]


def test_label_studio(tmp_path):
    _write(tmp_path, {"project.json": _label_studio()})
    masks = read_masks(tmp_path / "project.json")
    assert masks.masks[0].photo == "IMG 1.jpg"
    assert (_ids(masks) == EXPECTED).all()
    assert "1 result of the kind choices" in " ".join(masks.findings.sentences())


def test_label_studio_brushes_agree_with_its_own_reader(tmp_path):
    brush = pytest.importorskip("label_studio_converter.brush", reason="not installed")
    values = np.array(brush.decode_rle(_brush(CHAIR))).reshape(H, W, 4)
    assert ((values[..., 3] > 0) == (CHAIR > 0)).all()


def test_label_studio_brush_that_is_cut_off(tmp_path):
    document = _label_studio()
    rle = document[0]["annotations"][1]["result"][1]["value"]["rle"]
    del rle[len(rle) // 2 :]
    _write(tmp_path, {"project.json": document})
    masks = read_masks(tmp_path / "project.json")
    assert (masks.masks[0].read() > 0).sum() == FLOOR.sum()
    assert "cut off" in " ".join(masks.findings.sentences())


# Supervisely


def _supervisely(folder: Path) -> Path:
    inside = Image.fromarray(CHAIR[4:14, 10:16] * 255).convert("1")
    file = io.BytesIO()
    inside.save(file, "PNG")
    data = base64.b64encode(zlib.compress(file.getvalue())).decode()
    objects = [
        {
            "classTitle": "floor",
            "geometryType": "polygon",
            "points": {"exterior": [[0, 8], [30, 8], [30, 20], [0, 20]], "interior": []},
        },
        {
            "classTitle": "chair",
            "geometryType": "bitmap",
            "bitmap": {"data": data, "origin": [10, 4]},
        },
        {"classTitle": "chair", "geometryType": "rectangle", "points": {}},
    ]
    annotation = {"size": {"height": H, "width": W}, "objects": objects, "tags": []}
    return _write(
        folder,
        {
            "meta.json": {"classes": [{"title": "floor", "color": "#00ff00"}]},
            "ds0/ann/IMG_1.jpg.json": annotation,
            "ds0/img/IMG_1.jpg": b"",
        },
    )


def test_supervisely(tmp_path):
    _supervisely(tmp_path)
    for source in (tmp_path, tmp_path / "ds0/ann"):
        masks = read_masks(source)
        assert masks.masks[0].photo == "IMG_1.jpg"
        assert (_ids(masks) == EXPECTED).all()
        assert "1 object of the kind rectangle" in " ".join(masks.findings.sentences())


def test_supervisely_bitmap_beyond_its_photo(tmp_path):
    _supervisely(tmp_path)
    path = tmp_path / "ds0/ann/IMG_1.jpg.json"
    path.write_text(path.read_text().replace("[10, 4]", "[28, 4]"))
    masks = read_masks(tmp_path)
    assert (masks.masks[0].read() > 0).sum() == FLOOR.sum()
    assert "does not lie in its photo" in " ".join(masks.findings.sentences())


# COCO panoptic


def write_panoptic(folder: Path) -> Path:
    ids = np.where(CHAIR, 70_000, np.where(FLOOR, 258, 0))
    picture = np.stack([ids % 256, ids // 256 % 256, ids // 65536], axis=-1).astype(np.uint8)
    document = {
        "images": [{"id": 5, "file_name": "IMG_1.jpg", "width": W, "height": H}],
        "annotations": [
            {
                "image_id": 5,
                "file_name": "IMG_1.png",
                "segments_info": [
                    {"id": 258, "category_id": 100, "area": 1, "iscrowd": 0},
                    {"id": 70_000, "category_id": 62, "area": 1, "iscrowd": 0},
                ],
            },
            {"image_id": 6, "file_name": "lost.png", "segments_info": []},
        ],
        "categories": [
            {"id": 62, "name": "chair", "isthing": 1},
            {"id": 100, "name": "floor", "isthing": 0},
        ],
    }
    return _write(folder, {"panoptic_val.json": document, "panoptic_val/IMG_1.png": _png(picture)})


def test_coco_panoptic(tmp_path):
    write_panoptic(tmp_path)
    for source in (tmp_path, tmp_path / "panoptic_val.json"):
        masks = read_masks(source)
        assert masks.names == {62: "chair", 100: "floor"}
        assert masks.masks[0].photo == "IMG_1.jpg"
        assert (_ids(masks) == EXPECTED).all()
        assert "whose picture is not there" in " ".join(masks.findings.sentences())


# Folders of single objects


def test_sam_2_folders_per_object(tmp_path):
    files = {
        f"{name}/{frame:05d}.png": _png(mask * 255)
        for name, mask in (("floor", FLOOR), ("chair", CHAIR))
        for frame in range(3)
    }
    masks = read_masks(_write(tmp_path, files))
    assert [m.photo for m in masks.masks] == ["00000", "00001", "00002"]
    assert (_ids(masks) == EXPECTED).all()


def test_folders_per_frame_with_named_objects(tmp_path):
    files = {
        f"frame_{frame:03d}/{name}.png": _png(mask * 255)
        for name, mask in (("floor", FLOOR), ("chair", CHAIR))
        for frame in range(3)
    }
    masks = read_masks(_write(tmp_path, files))
    assert [m.photo for m in masks.masks] == ["frame_000", "frame_001", "frame_002"]
    assert (_ids(masks) == EXPECTED).all()


def test_sams_own_folders_are_regions_without_classes(tmp_path):
    files = {"IMG_1/metadata.csv": "id,area\n0,1\n1,2\n"}
    files |= {f"IMG_1/{i}.png": _png(m * 255) for i, m in enumerate((FLOOR, CHAIR))}
    masks = read_masks(_write(tmp_path, files))
    assert not masks.has_classes
    assert masks.masks[0].photo == "IMG_1"
    regions = list(masks.masks[0].read_regions())
    assert (regions[0] == FLOOR).all()
    assert (regions[1] == CHAIR).all()


def test_masks_of_training_and_validation_are_no_objects(tmp_path):
    files = {f"train/{i}.png": _png(FLOOR) for i in range(2)}
    files |= {f"val/{i}.png": _png(CHAIR) for i in range(2, 4)}
    masks = read_masks(_write(tmp_path, files))
    assert "objects" not in masks.format
    assert len(masks.masks) == 4
