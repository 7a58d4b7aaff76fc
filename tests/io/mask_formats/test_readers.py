from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from o3d_paint.errors import FormatError
from o3d_paint.io.mask_formats.mask_set import VOID, MaskSet
from o3d_paint.io.mask_formats.registry import read_masks
from o3d_paint.io.voc_palette import voc_color

cocomask = pytest.importorskip("pycocotools.mask", reason="pycocotools is not installed")

SHAPE = (20, 30)


def _box(x0: int, y0: int, x1: int, y1: int) -> np.ndarray:
    mask = np.zeros(SHAPE, dtype=np.uint8)
    mask[y0:y1, x0:x1] = 1
    return mask


def _encoded(mask: np.ndarray) -> dict[str, Any]:
    encoded = cocomask.encode(np.asfortranarray(mask))
    return {"size": encoded["size"], "counts": encoded["counts"].decode()}


def _written(path: Path, document: Any) -> Path:
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def _labels(masks: MaskSet, photo: str) -> np.ndarray:
    return next(m for m in masks.masks if m.photo == photo).read()


def _coco(**changes: Any) -> dict[str, Any]:
    document = {
        "images": [
            {"id": 7, "file_name": "a.jpg", "height": 20, "width": 30},
            {"id": 9, "file_name": "b.jpg", "height": 20, "width": 30},
        ],
        "categories": [{"id": 3, "name": "roof"}, {"id": 90, "name": "walls"}],
        "annotations": [
            {"image_id": 7, "category_id": 90, "segmentation": _encoded(_box(0, 0, 20, 20))},
            {"image_id": 7, "category_id": 3, "segmentation": [[5, 5, 10, 5, 10, 12, 5, 12]]},
        ],
    }
    return document | changes


def test_coco_polygons_and_run_lengths(tmp_path: Path) -> None:
    masks = read_masks(_written(tmp_path / "x.json", _coco()))
    assert masks.names == {3: "roof", 90: "walls"}
    expected = _box(0, 0, 20, 20) * 90
    expected[5:12, 5:10] = 3
    assert (_labels(masks, "a.jpg") == expected).all()
    assert not _labels(masks, "b.jpg").any()


@pytest.mark.parametrize("scale", [1, 3])
def test_polygons_cover_what_the_reference_library_covers(tmp_path: Path, scale: int) -> None:
    ring = [2.3 * scale, 1.2, 25.8, 4.4, 20.0, 18.9, 4.5, 15.1]
    annotations = [{"image_id": 7, "category_id": 3, "segmentation": [ring]}]
    masks = read_masks(_written(tmp_path / "x.json", _coco(annotations=annotations)))
    ours = _labels(masks, "a.jpg") > 0
    theirs = cocomask.decode(cocomask.frPyObjects([ring], *SHAPE)[0]) > 0
    rim = np.abs(np.gradient(theirs.astype(float))).sum(axis=0) > 0
    assert (ours == theirs)[~rim].all()
    assert np.count_nonzero(ours & theirs) / np.count_nonzero(ours | theirs) > 0.95


def test_uncompressed_run_lengths(tmp_path: Path) -> None:
    counts = [40, 60, 500]
    annotations = [
        {"image_id": 7, "category_id": 3, "segmentation": {"size": [20, 30], "counts": counts}}
    ]
    masks = read_masks(_written(tmp_path / "x.json", _coco(annotations=annotations)))
    assert (_labels(masks, "a.jpg") == _box(2, 0, 5, 20) * 3).all()


def test_a_category_zero_is_a_class(tmp_path: Path) -> None:
    document = _coco(categories=[{"id": 0, "name": "roof"}, {"id": 90, "name": "walls"}])
    for annotation in document["annotations"]:
        annotation["category_id"] = min(annotation["category_id"] // 10 * 90 // 9, 90)
    masks = read_masks(_written(tmp_path / "x.json", document))
    assert masks.names == {1: "roof", 91: "walls"}
    assert set(np.unique(_labels(masks, "a.jpg")).tolist()) == {0, 1, 91}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"annotations": [{"image_id": 1, "category_id": 3, "segmentation": []}]}, "image_id"),
        ({"annotations": [{"image_id": 7, "category_id": 4, "segmentation": []}]}, "category_id"),
        ({"annotations": [{"image_id": 7, "segmentation": []}]}, "category_id"),
        ({"annotations": [{"image_id": 7, "category_id": 3}]}, "without an outline"),
        ({"annotations": [3]}, "that is no object"),
        ({"annotations": 3}, "must be list"),
        ({"images": [{"id": 1, "file_name": "a", "height": 1e9, "width": 1e9}]}, "no photo has"),
        ({"images": [{"id": 1, "file_name": "a", "height": True, "width": 3}]}, "must be int"),
    ],
)
def test_broken_coco_is_refused(tmp_path: Path, changes: dict[str, Any], found: str) -> None:
    with pytest.raises(FormatError, match=found):
        read_masks(_written(tmp_path / "x.json", _coco(**changes)))


@pytest.mark.parametrize(
    "segmentation",
    [
        {"size": [20, 31], "counts": "00"},
        {"size": [20, 30], "counts": [1, 2]},
        {"size": [20, 30], "counts": ["a"]},
        {"size": [20, 30], "counts": "é"},
        [[1, 2, 3]],
        [[1, 2, 3, 4]],
        "counts",
        {"counts": "00"},
        [[1, 2, 3, 4, 5, float("nan")]],
        [["a", "b", "c", "d", "e", "f"]],
    ],
)
def test_broken_regions_are_left_out_and_named(tmp_path: Path, segmentation: Any) -> None:
    good = _coco()["annotations"][0]
    annotations = [{"image_id": 7, "category_id": 3, "segmentation": segmentation}, good]
    masks = read_masks(_written(tmp_path / "x.json", _coco(annotations=annotations)))
    assert (_labels(masks, "a.jpg") == _box(0, 0, 20, 20) * 90).all()
    (sentence,) = masks.findings.sentences()
    assert sentence.startswith("Left out: 1 annotation with")
    assert "annotations[0] of " in sentence


def _sam_records() -> list[dict[str, Any]]:
    boxes = [_box(2, 2, 6, 6), _box(0, 0, 15, 15)]
    return [{"segmentation": _encoded(b), "area": int(b.sum()), "predicted_iou": 1} for b in boxes]


@pytest.mark.parametrize("has_header", [True, False])
def test_segment_anything_gives_regions_without_classes(tmp_path: Path, has_header: bool) -> None:
    document: Any = _sam_records()
    if has_header:
        image = {"file_name": "sa_1.jpg", "width": 30, "height": 20}
        document = {"image": image, "annotations": document}
    masks = read_masks(_written(tmp_path / "sa_1.json", document))
    assert not masks.has_classes
    labels = _labels(masks, "sa_1.jpg" if has_header else "sa_1")
    assert (labels == _box(0, 0, 15, 15) * 2 - _box(2, 2, 6, 6)).all()


def test_grounded_sam_files_of_a_folder_share_their_classes(tmp_path: Path) -> None:
    for name, classes in (("one", ["roof", "walls"]), ("two", ["car", "walls"])):
        annotations = [
            {"class_name": c, "segmentation": _encoded(_box(0, 5 * i, 9, 5 * i + 5))}
            for i, c in enumerate(classes)
        ]
        document = {
            "image_path": f"C:\\photos\\{name}.jpg",
            "annotations": annotations,
            "img_width": 30,
            "img_height": 20,
        }
        _written(tmp_path / f"{name}.json", document)
    masks = read_masks(tmp_path)
    assert masks.names == {1: "car", 2: "roof", 3: "walls"}
    assert np.unique(_labels(masks, "one.jpg")).tolist() == [0, 2, 3]
    assert np.unique(_labels(masks, "two.jpg")).tolist() == [0, 1, 3]


def test_labelme_areas_in_the_order_of_the_file(tmp_path: Path) -> None:
    shapes = [
        {"label": "walls", "points": [[0, 0], [20, 15]], "shape_type": "rectangle"},
        {"label": "roof", "points": [[5, 5], [10, 5], [10, 10], [5, 10]], "shape_type": "polygon"},
        {"label": "dot", "points": [[5, 5]], "shape_type": "point"},
    ]
    document = {"shapes": shapes, "imageHeight": 20, "imageWidth": 30, "imagePath": "../p/a.jpg"}
    masks = read_masks(_written(tmp_path / "a.json", document))
    expected = _box(0, 0, 20, 15) * 2
    expected[5:10, 5:10] = 1
    assert masks.names == {1: "roof", 2: "walls"}
    assert (_labels(masks, "a.jpg") == expected).all()
    assert "points and lines (shapes[2] of " in " ".join(masks.findings.sentences())
    shapes[0]["shape_type"] = "spline"
    masks = read_masks(_written(tmp_path / "a.json", document))
    assert masks.names == {1: "roof"}
    assert "unknown kind 'spline'" in " ".join(masks.findings.sentences())


def _cvat(path: Path, label_map: str, colors: list[tuple[int, int, int]]) -> Path:
    picture = np.zeros((*SHAPE, 3), dtype=np.uint8)
    for i, color in enumerate(colors):
        picture[5 * i : 5 * i + 5] = color
    Image.fromarray(picture).save(path.with_suffix(".png"))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("labelmap.txt", label_map)
        archive.write(path.with_suffix(".png"), "SegmentationClass/sub/a.png")
        archive.writestr("ImageSets/Segmentation/default.txt", "sub/a\n")
    path.with_suffix(".png").unlink()
    return path


LABEL_MAP = "# label:color_rgb:parts:actions\nbackground:0,0,0::\nroof:10,20,30::\nwalls:1,2,3::\n"


def test_cvat_export(tmp_path: Path) -> None:
    masks = read_masks(_cvat(tmp_path / "c.zip", LABEL_MAP, [(10, 20, 30), (0, 0, 0), (1, 2, 3)]))
    assert masks.names == {1: "roof", 2: "walls"}
    assert masks.colors == {1: (10, 20, 30), 2: (1, 2, 3)}
    assert _labels(masks, "sub/a.png")[:, 0].tolist() == [1] * 5 + [0] * 5 + [2] * 5 + [0] * 5


def test_a_colour_in_no_class_is_named(tmp_path: Path) -> None:
    masks = read_masks(_cvat(tmp_path / "c.zip", LABEL_MAP, [(10, 20, 31)]))
    with pytest.raises(FormatError, match=r"\(10, 20, 31\) on 25 %"):
        masks.masks[0].read()


def test_archives_that_are_damaged_or_of_another_kind_are_refused(tmp_path: Path) -> None:
    path = _cvat(tmp_path / "c.zip", LABEL_MAP, [(10, 20, 30)])
    data = bytearray(path.read_bytes())
    position = data.index(b"\x89PNG")
    data[position : position + 40] = bytes(40)
    path.write_bytes(data)
    with pytest.raises(FormatError, match="export it again"):
        read_masks(path).masks[0].read()
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(FormatError, match="holds no masks"):
        read_masks(tmp_path / "other.zip")


def test_label_studio_tags_of_one_task_lie_over_each_other(tmp_path: Path) -> None:
    for task, tag, box in (
        (11, "roof", (0, 0, 20, 20)),
        (11, "car", (2, 2, 5, 5)),
        (4, "roof", ()),
    ):
        picture = _box(*box) * 255 if box else np.zeros(SHAPE, dtype=np.uint8)
        name = f"task-{task}-annotation-3-by-1-tag-{tag}-0.png"
        Image.fromarray(picture).save(tmp_path / name)
    masks = read_masks(tmp_path)
    assert masks.is_in_order
    assert masks.names == {1: "car", 2: "roof"}
    assert [m.photo for m in masks.masks] == ["task-4", "task-11"]
    assert (masks.masks[1].read() == _box(0, 0, 20, 20) * 2 - _box(2, 2, 5, 5)).all()


@pytest.mark.parametrize("mode", ["L", "P", "I;16"])
def test_the_values_of_pictures_are_class_ids(tmp_path: Path, mode: str) -> None:
    values = np.arange(600).reshape(SHAPE) % 7 + (1000 if mode == "I;16" else 0)
    image = Image.fromarray(values.astype(np.uint16 if mode == "I;16" else np.uint8))
    if mode == "P":
        image.putpalette([255 - i % 256 for i in range(768)])
    image.save(tmp_path / "photo_1.png")
    masks = read_masks(tmp_path)
    assert masks.names == {}
    assert (_labels(masks, "photo_1") == values).all()


def test_pascal_voc_colours_are_known(tmp_path: Path) -> None:
    assert [voc_color(i) for i in (1, 2, 8, 20)] == [
        (128, 0, 0),
        (0, 128, 0),
        (64, 0, 0),
        (0, 64, 128),
    ]
    picture = np.zeros((*SHAPE, 3), dtype=np.uint8)
    picture[:10] = voc_color(15)
    Image.fromarray(picture).save(tmp_path / "a.png")
    assert np.unique(_labels(read_masks(tmp_path), "a")).tolist() == [0, 15]


@pytest.mark.parametrize("mode", ["P", "RGB"])
def test_borders_of_pascal_voc_are_of_no_class(tmp_path: Path, mode: str) -> None:
    values = _box(2, 2, 9, 9) * 255
    values[3:7, 3:7] = 15
    image = Image.fromarray(values)
    image.putpalette([v for i in range(256) for v in voc_color(i)])
    image.convert(mode).save(tmp_path / "a.png")
    expected = np.where(values == 255, VOID, values.astype(np.uint16))
    masks = read_masks(tmp_path)
    assert (_labels(masks, "a") == expected).all()
    assert masks.findings.void == {"255 of Pascal VOC's palette"}


def test_labelme_saves_beside_the_photos(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for name in "ab":
        Image.fromarray(rng.integers(0, 256, (*SHAPE, 3), np.uint8)).save(tmp_path / f"{name}.jpg")
    shape = {"label": "roof", "points": [[2, 2], [9, 2], [9, 9]], "shape_type": "polygon"}
    size = {"imageHeight": SHAPE[0], "imageWidth": SHAPE[1], "imageData": None}
    _written(tmp_path / "b.json", {"shapes": [shape], "imagePath": "b.jpg", **size})
    masks = read_masks(tmp_path)
    assert [m.photo for m in masks.masks] == ["b.jpg"]
    assert _labels(masks, "b.jpg").any()


def test_colours_of_a_class_table_of_ones_own(tmp_path: Path) -> None:
    classes = [{"id": 12, "name": "roof", "color": [9, 8, 7]}]
    _written(tmp_path / "classes.json", {"classes": classes})
    picture = np.zeros((*SHAPE, 3), dtype=np.uint8)
    picture[3] = (9, 8, 7)
    Image.fromarray(picture).save(tmp_path / "a.png")
    masks = read_masks(tmp_path)
    assert masks.names == {12: "roof"}
    assert np.flatnonzero(_labels(masks, "a").any(axis=1)).tolist() == [3]


def test_stacks_of_arrays(tmp_path: Path) -> None:
    ids = np.stack([_box(0, 0, 5, 5), _box(1, 1, 9, 9) * 3]).astype(np.int64)
    np.save(tmp_path / "ids.npy", ids)
    np.savez(tmp_path / "ids.npz", masks=ids, other=np.zeros(3))
    for name in ("ids.npy", "ids.npz"):
        masks = read_masks(tmp_path / name)
        assert masks.is_in_order
        assert (np.stack([m.read() for m in masks.masks]) == ids).all()
    np.save(tmp_path / "regions.npy", ids > 0)
    assert not read_masks(tmp_path / "regions.npy").has_classes
    np.save(tmp_path / "void.npy", ids[1] - 1)
    masks = read_masks(tmp_path / "void.npy")
    assert (masks.masks[0].read() == np.where(ids[1] > 0, ids[1] - 1, VOID)).all()
    assert masks.findings.void == {"-1"}
    np.save(tmp_path / "bad.npy", ids[1] * 30_000)
    with pytest.raises(FormatError, match="from 0 to 90000"):
        read_masks(tmp_path / "bad.npy").masks[0].read()
    np.save(tmp_path / "float.npy", ids * 1.0)
    with pytest.raises(FormatError, match="whole numbers"):
        read_masks(tmp_path / "float.npy")


def test_what_is_no_mask_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="there are no masks"):
        read_masks(tmp_path / "missing.json")
    with pytest.raises(FormatError, match="holds no masks"):
        read_masks(tmp_path)
    (tmp_path / "deep.json").write_text("[" * 200_000, encoding="utf-8")
    with pytest.raises(FormatError, match="deep"):
        read_masks(tmp_path / "deep.json")
    with pytest.raises(FormatError, match="none of the known kinds"):
        read_masks(_written(tmp_path / "other.json", {"a": 1}))
