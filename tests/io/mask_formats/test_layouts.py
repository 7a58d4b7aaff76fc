"""Folders and archives of masks as tools leave them."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from o3d_paint.errors import FormatError
from o3d_paint.io.mask_formats.registry import read_masks
from o3d_paint.io.voc_palette import voc_color

SHAPE = (20, 30)
HASH = "6f1c2a9b8d7e4f5061728394a5b6c7d8"


def half(left: int, right: int, dtype: type = np.uint8) -> np.ndarray:
    mask = np.full(SHAPE, right, dtype)
    mask[:, :15] = left
    return mask


def photo(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (*SHAPE, 3), np.uint8)


def write(root: Path, files: dict[str, object]) -> Path:
    """Write pictures, arrays, JSON and text by name."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, np.ndarray) and path.suffix == ".npy":
            np.save(path, content)
        elif isinstance(content, np.ndarray):
            Image.fromarray(content).save(path)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content))
    return root


def zipped(root: Path) -> Path:
    path = root.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(root.rglob("*")):
            archive.write(file, file.relative_to(root.parent))
    return path


def found(path: Path) -> dict[str, list[str]]:
    """By photo, the names of the classes of its mask's first row."""
    masks = read_masks(path)
    names = {0: "", **masks.names}
    return {
        m.photo: [names.get(int(i), str(i)) for i in dict.fromkeys(m.read()[0].tolist())]
        for m in masks.masks
    }


def coco(*photos: str) -> dict[str, object]:
    box = [[0, 0, 15, 0, 15, 20, 0, 20]]
    return {
        "images": [
            {"id": i, "file_name": n, "height": 20, "width": 30} for i, n in enumerate(photos)
        ],
        "categories": [{"id": 4, "name": "wall"}],
        "annotations": [
            {"image_id": i, "category_id": 4, "segmentation": box} for i in range(len(photos))
        ],
    }


def labelme(name: str, **shape: object) -> dict[str, object]:
    given = {"label": "wall", "points": [[0, 0], [15, 0], [15, 20], [0, 20]], **shape}
    return {"shapes": [given], "imagePath": name, "imageHeight": 20, "imageWidth": 30}


LAYOUTS = {
    "Roboflow's masks": (
        {
            "README.dataset.txt": "x",
            f"train/IMG_1_jpg.rf.{HASH}.jpg": photo(),
            f"train/IMG_1_jpg.rf.{HASH}_mask.png": half(1, 0),
            "train/_classes.csv": "Pixel Value, Class\n0, background\n1, wall\n",
            f"valid/IMG_2_jpg.rf.{HASH}.jpg": photo(1),
            f"valid/IMG_2_jpg.rf.{HASH}_mask.png": half(0, 1),
            "valid/_classes.csv": "Pixel Value, Class\n0, background\n1, wall\n",
        },
        {"IMG_1": ["wall", ""], "IMG_2": ["", "wall"]},
    ),
    "Roboflow's COCO": (
        {
            f"train/IMG_1_jpg.rf.{HASH}.jpg": photo(),
            "train/_annotations.coco.json": coco(f"IMG_1_jpg.rf.{HASH}.jpg"),
            f"test/IMG_2_jpg.rf.{HASH}.jpg": photo(1),
            "test/_annotations.coco.json": coco(f"IMG_2_jpg.rf.{HASH}.jpg"),
        },
        {"IMG_1": ["wall", ""], "IMG_2": ["wall", ""]},
    ),
    "Label Studio's COCO": (
        {"result.json": coco("images/1a2b3c4d-IMG_1.jpg"), "images/1a2b3c4d-IMG_1.jpg": photo()},
        {"IMG_1": ["wall", ""]},
    ),
    "CVAT's COCO": (
        {"annotations/instances_default.json": coco("a/IMG_1.png"), "images/a/IMG_1.png": photo()},
        {"IMG_1": ["wall", ""]},
    ),
    "Cityscapes": (
        {
            "gtFine/val/bonn/bonn_000001_gtFine_labelIds.png": half(7, 0),
            "gtFine/val/bonn/bonn_000001_gtFine_color.png": photo(),
            "gtFine/val/bonn/bonn_000001_gtFine_instanceIds.png": half(7001, 0, np.uint16),
            "gtFine/val/bonn/bonn_000001_gtFine_polygons.json": {"imgHeight": 1, "objects": []},
            "leftImg8bit/val/bonn/bonn_000001_leftImg8bit.png": photo(),
        },
        {"bonn_000001": ["7", ""]},
    ),
    "Pascal VOC": (
        {
            "JPEGImages/IMG_1.jpg": photo(),
            "SegmentationClass/IMG_1.png": np.where(
                half(1, 0)[..., None] > 0, np.array(voc_color(15), np.uint8), np.uint8(0)
            ),
            "SegmentationObject/IMG_1.png": half(1, 0),
        },
        {"IMG_1": ["15", ""]},
    ),
    "labelme's VOC": (
        {
            "class_names.txt": "_background_\nfloor\nwall\n",
            "JPEGImages/IMG_1.jpg": photo(),
            "SegmentationClassPNG/IMG_1.png": half(2, 0),
            "SegmentationClassVisualization/IMG_1.jpg": photo(),
        },
        {"IMG_1": ["wall", ""]},
    ),
    "labelme beside photos": (
        {"IMG_1.json": labelme("IMG_1.jpg"), "IMG_1.jpg": photo(), "IMG_2.jpg": photo(1)},
        {"IMG_1": ["wall", ""]},
    ),
    "folders a camera": (
        {
            "left/0001.png": half(1, 2),
            "right/0001.png": half(2, 1),
            "classes.txt": "floor\nwall\n",
        },
        {"left/0001": ["floor", "wall"], "right/0001": ["wall", "floor"]},
    ),
    "photos beside masks of their name": (
        {"IMG_1.jpg": photo(), "IMG_1.png": half(3, 0), "IMG_2.JPG": photo(),
         "IMG_2.png": half(0, 3)},
        {"IMG_1": ["3", ""], "IMG_2": ["", "3"]},
    ),
    "Metashape": (
        {"IMG_1.jpg": photo(), "IMG_1_mask.png": half(255, 0), "IMG_2_mask.png": half(0, 255)},
        {"IMG_1": ["255", ""], "IMG_2": ["", "255"]},
    ),
    "CamVid": (
        {
            "IMG_1_L.png": np.where(
                half(1, 0)[..., None] > 0, np.array((9, 8, 7), np.uint8), np.uint8(60)
            ),
            "label_colors.txt": "9 8 7\tBuilding\n60 60 60\tSky\n",
        },
        {"IMG_1": ["Building", "Sky"]},
    ),
    "arrays with a list": (
        {"IMG_1.npy": half(2, 0), "classes.json": {"2": "wall"}},
        {"IMG_1": ["wall", ""]},
    ),
    "hidden files of systems": (
        {"IMG_1.png": half(3, 0), "._IMG_1.png": "x", "__MACOSX/._IMG_1.png": "x",
         ".DS_Store": "x"},
        {"IMG_1": ["3", ""]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("is_zipped", [False, True], ids=["unpacked", "zipped"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_of_tools(tmp_path: Path, layout: str, is_zipped: bool) -> None:
    files, expected = LAYOUTS[layout]
    root = write(tmp_path / "export", files)
    got = found(zipped(root) if is_zipped else root)
    assert len(got) == len(expected)
    for name, classes in expected.items():
        (photo_name,) = (p for p in got if name in p)
        assert got[photo_name] == classes


def test_arrays_named_after_photos(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", IMG_1=half(3, 0), IMG_2=half(0, 3), poses=np.zeros((2, 4, 4)))
    assert found(tmp_path / "a.npz") == {"IMG_1": ["3", ""], "IMG_2": ["", "3"]}
    (sentence,) = read_masks(tmp_path / "a.npz").findings.sentences()
    assert "'poses'" in sentence


@pytest.mark.parametrize("is_zipped", [False, True], ids=["unpacked", "zipped"])
def test_files_that_are_no_masks_are_left_out_and_named(tmp_path: Path, is_zipped: bool) -> None:
    root = write(
        tmp_path / "export",
        {
            "IMG_1.json": labelme("IMG_1.jpg"),
            "IMG_2.json": "{",
            "IMG_3.json": labelme("IMG_3.jpg", shape_type="spline"),
            "meta.json": {"a": 1},
        },
    )
    source = zipped(root) if is_zipped else root
    assert list(found(source)) == ["IMG_1.jpg"]
    (sentence,) = read_masks(source).findings.sentences()
    assert sentence.startswith("Left out: 3 files without masks")
    for name in ("IMG_2.json", "IMG_3.json", "meta.json"):
        assert name in sentence


def test_names_in_archives_of_macos(tmp_path: Path) -> None:
    write(tmp_path, {"a.png": half(3, 0)})
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(tmp_path / "a.png", "Kueche_1.png")
    # UTF-8 of the same length, which macOS does not flag as such.
    data = (tmp_path / "a.zip").read_bytes().replace(b"Kueche", "K\u00fcche".encode())
    (tmp_path / "a.zip").write_bytes(data)
    assert found(tmp_path / "a.zip") == {"K\u00fcche_1": ["3", ""]}


X_ANYLABELING = {
    "rectangle of two": {"shape_type": "rectangle", "points": [[0, 0], [15, 20]]},
    "rectangle of four": {"shape_type": "rectangle"},
    "rotation": {"shape_type": "rotation", "direction": 0.0},
    "oriented_rectangle": {"shape_type": "oriented_rectangle"},
    "quadrilateral": {"shape_type": "quadrilateral"},
    "polygon": {"shape_type": "polygon"},
    "no kind": {"shape_type": None},
}


@pytest.mark.parametrize("kind", X_ANYLABELING)
def test_shapes_of_x_anylabeling(tmp_path: Path, kind: str) -> None:
    write(tmp_path, {"a.json": labelme("a.jpg", **X_ANYLABELING[kind])})
    assert found(tmp_path / "a.json") == {"a.jpg": ["wall", ""]}


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ({"shape_type": "polygon", "points": [[0, 0], [9, 9]]}, "polygon of 2"),
        ({"shape_type": "rectangle", "points": [[0, 0], [9, 9], [5, 5]]}, "rectangle of 3"),
        ({"shape_type": "circle", "points": [[0, 0]]}, "circle of 1"),
        ({"shape_type": "linestrip"}, "points and lines"),
        ({"shape_type": "cuboid"}, "unknown kind 'cuboid'"),
        ({"points": [[0, "x"], [1, 1], [2, 2]]}, "must be a list of x, y pairs"),
        ({"points": [[0, 1e999], [1, 1], [2, 2]]}, "finite numbers"),
        ({"label": None}, "'label'"),
    ],
)
def test_shapes_that_are_no_area(tmp_path: Path, shape: dict[str, object], words: str) -> None:
    document = labelme("a.jpg")
    document["shapes"].append({**document["shapes"][0], **shape})  # type: ignore[attr-defined]
    write(tmp_path, {"a.json": document, "b.json": labelme("b.jpg", **shape)})
    assert found(tmp_path / "a.json") == {"a.jpg": ["wall", ""]}
    (sentence,) = read_masks(tmp_path / "a.json").findings.sentences()
    assert sentence.startswith("Left out: 1 shape ")
    assert words in sentence
    with pytest.raises(FormatError, match="no shape that can be used") as caught:
        read_masks(tmp_path / "b.json")
    assert words in str(caught.value)


def test_a_circle_is_a_disc(tmp_path: Path) -> None:
    shape = {"shape_type": "circle", "points": [[15, 10], [15, 4]]}
    write(tmp_path, {"a.json": labelme("a.jpg", **shape)})
    mask = read_masks(tmp_path / "a.json").masks[0].read() > 0
    v, u = np.mgrid[0:20, 0:30]
    distance = np.hypot(u - 14.5, v - 9.5)
    assert mask[distance < 5.8].all()
    assert not mask[distance > 6.1].any()


@pytest.mark.parametrize(
    ("name", "words"),
    [("annotations.xml", "masks rather"), ("IMG_1.txt", "rather than boxes")],
)
def test_what_is_not_read_is_called_by_name_with_the_way_in(
    tmp_path: Path, name: str, words: str
) -> None:
    write(tmp_path, {name: "0 0.1 0.1 2.5 7.1"})
    for source in (tmp_path / name, tmp_path):
        with pytest.raises(FormatError, match=words):
            read_masks(source)
