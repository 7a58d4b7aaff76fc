from __future__ import annotations

import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from o3d_paint.core.consistency import suggested_tolerance
from o3d_paint.core.reproject import reproject_labels
from o3d_paint.core.scene import ArrayPhoto
from o3d_paint.core.taxonomy import LabelClass, Taxonomy
from o3d_paint.errors import FormatError, SceneError, StorageError
from o3d_paint.io.exporters.labelled import LabelledScene
from o3d_paint.io.images import FilePhoto
from o3d_paint.io.mask_exporters import MASK_WRITERS, write_masks
from o3d_paint.io.mask_exporters.source import file_stems
from o3d_paint.io.masks import load_masks
from o3d_paint.io.scene import load_scene
from tests.io.ball_on_floor import arrays, save

FLOOR, BALL = 7, 3
TRUTH = np.array([0, FLOOR, BALL], np.uint16)[arrays()[1]]
TAXONOMY = Taxonomy(
    (
        LabelClass(FLOOR, 'floor: "wood"', (10, 200, 30)),
        LabelClass(BALL, "Kugel 屋", (0, 0, 0)),
        LabelClass(9, "unused", (10, 200, 30)),
    )
)


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    return load_scene(save(tmp_path_factory.mktemp("s") / "s.npz", arrays()[0]))


@pytest.fixture(scope="module")
def labelled(scene):
    """The scene with the truth of every point: one point a pixel with depth, photo by photo."""
    labels = TRUTH[TRUTH > 0]
    assert len(labels) == len(scene.cloud)
    return LabelledScene(scene, TAXONOMY, labels, np.ones(len(labels), np.uint8))


@pytest.fixture(scope="module")
def expected(labelled):
    """What the cloud says of every photo; all but pixels on the very edge are the truth's."""
    scene = labelled.scene
    masks = [
        reproject_labels(
            frame,
            scene.cloud.xyz,
            labelled.labels,
            rule=scene.rule,
            tolerance=suggested_tolerance(scene),
            spacing=scene.spacing,
        )
        for frame in scene.frames
    ]
    assert (np.stack(masks) == TRUTH).mean() > 0.99
    return masks


def polygon_mask(text, shape):
    """What Ultralytics makes of a label file: corners cut to whole pixels, filled."""
    height, width = shape
    mask = np.zeros(shape, np.int64)
    for line in text.splitlines():
        number, *values = line.split()
        corners = np.array(values, np.float32).reshape(-1, 2)
        assert len(corners) >= 3
        assert corners.min() >= 0
        assert corners.max() <= 1
        one = np.zeros(shape, np.uint8)
        cv2.fillPoly(one, [(corners * (width, height)).astype(np.int32)], 1)
        mask[one > 0] = int(number) + 1
    return mask


def test_png_for_every_photo(tmp_path, labelled, expected):
    done = write_masks(labelled, tmp_path / "out")
    assert [p.name for p in done.paths] == [
        "000.png",
        "001.png",
        "002.png",
        "003.png",
        "classes.json",
    ]
    for i, path in enumerate(done.paths[:4]):
        with Image.open(path) as image:
            assert image.mode == "P"
            assert image.getpalette()[3 * FLOOR : 3 * FLOOR + 3] == [10, 200, 30]
            np.testing.assert_array_equal(np.asarray(image), expected[i])
    classes = json.loads((tmp_path / "out" / "classes.json").read_text())["classes"]
    assert {c["id"]: c["name"] for c in classes}[BALL] == "Kugel 屋"


def test_coco_by_pycocotools(tmp_path, labelled, expected):
    coco_module = pytest.importorskip("pycocotools.coco", reason="pycocotools is not installed")
    done = write_masks(labelled, tmp_path, "coco", photos=True)
    path = done.paths[-1]
    assert path == tmp_path / "annotations.json"
    coco = coco_module.COCO(str(path))
    assert {c["id"]: c["name"] for c in coco.loadCats(coco.getCatIds())} == {
        c.class_id: c.name for c in TAXONOMY
    }
    for i, image in enumerate(coco.loadImgs(coco.getImgIds())):
        assert (image["height"], image["width"]) == expected[i].shape
        with Image.open(tmp_path / image["file_name"]) as photo:
            assert photo.size == (60, 40)
        mask = np.zeros_like(expected[i])
        for record in coco.loadAnns(coco.getAnnIds(imgIds=image["id"])):
            coverage = coco.annToMask(record).astype(bool)
            assert record["area"] == coverage.sum()
            x, y, w, h = record["bbox"]
            assert coverage[y : y + h, x : x + w].sum() == coverage.sum()
            assert coverage[y].any()
            assert coverage[:, x + w - 1].any()
            mask[coverage] = record["category_id"]
        np.testing.assert_array_equal(mask, expected[i])


def test_cvat_archive(tmp_path, labelled, expected):
    done = write_masks(labelled, tmp_path / "a.zip", "cvat", photos=True)
    assert done.paths == (tmp_path / "a.zip",)
    assert len(done.notes) == 3  # a colon, black, and a colour used twice
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.testzip() is None
        listed = archive.read("ImageSets/Segmentation/default.txt").decode().split()
        assert listed == ["000", "001", "002", "003"]
        table = {}
        for line in archive.read("labelmap.txt").decode().splitlines()[1:]:
            name, color, parts, actions = line.split(":")
            assert parts == actions == ""
            table[tuple(map(int, color.split(",")))] = name
        assert table[0, 0, 0] == "background"
        assert table[10, 200, 30] == 'floor_ "wood"'
        assert len(table) == 4
        for i, stem in enumerate(listed):
            with Image.open(archive.open(f"SegmentationClass/{stem}.png")) as image:
                colors = np.asarray(image.convert("RGB"))
            floor = (colors == (10, 200, 30)).all(-1)
            np.testing.assert_array_equal(floor, expected[i] == FLOOR)
            np.testing.assert_array_equal(colors.any(-1), expected[i] > 0)
            with Image.open(archive.open(f"SegmentationObject/{stem}.png")) as image:
                objects = np.asarray(image.convert("RGB"))
            # The first two colours of the VOC data set; ids ascend.
            np.testing.assert_array_equal((objects == (128, 0, 0)).all(-1), expected[i] == BALL)
            np.testing.assert_array_equal((objects == (0, 128, 0)).all(-1), expected[i] == FLOOR)
            with Image.open(archive.open(f"JPEGImages/{stem}.jpg")) as photo:
                assert photo.size == (60, 40)


def test_no_photo_is_a_remark_in_cvats_list(tmp_path, labelled, scene, expected):
    """A line that begins with # is passed over by its reader, and the photo with it."""
    names = ("#a.jpg", "_#a.jpg", "b.jpg", "c.jpg")
    frames = tuple(replace(f, name=n) for f, n in zip(scene.frames, names, strict=True))
    named = replace(scene, frames=frames)
    done = write_masks(replace(labelled, scene=named), tmp_path / "a.zip", "cvat")
    assert [n for n in done.notes if "#a" in n] == [
        "Photo '#a' is written as '__#a': rename it so in CVAT as well."
    ]
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        listed = archive.read("ImageSets/Segmentation/default.txt").decode().split()
        assert listed == ["__#a", "_#a", "b", "c"]
        with Image.open(archive.open("SegmentationClass/__#a.png")) as image:
            colors = np.asarray(image.convert("RGB"))
    np.testing.assert_array_equal(colors.any(-1), expected[0] > 0)


def yolo_labels(folder, count):
    """The label file of each photo, found as Ultralytics does: by the photo's path."""
    table = dict(re.findall(r"^(train|val): (.+)$", (folder / "data.yaml").read_text(), re.M))
    halves = [sorted((folder / table[name]).glob("*.jpg")) for name in ("train", "val")]
    photos = sorted({p for half in halves for p in half}, key=lambda p: p.name)
    assert len({p.stem for p in photos}) == len(photos) == count
    labels = [folder / p.relative_to(folder).with_suffix(".txt") for p in photos]
    return [Path(str(p).replace("/images/", "/labels/")) for p in labels], halves


def with_photos(labelled, count):
    """The scene with so many of its photos, over and over."""
    frames = labelled.scene.frames
    frames = tuple(replace(frames[i % 4], name=f"{i:03d}") for i in range(count))
    return replace(labelled, scene=replace(labelled.scene, frames=frames))


@pytest.mark.parametrize(
    ("count", "validation"), [(2, [1]), (3, [2]), (4, [3]), (5, [4]), (11, [4, 9])]
)
def test_yolo_sets_photos_aside(tmp_path, labelled, count, validation):
    done = write_masks(with_photos(labelled, count), tmp_path, "yolo")
    labels, (train, val) = yolo_labels(tmp_path, count)
    assert [int(p.stem) for p in val] == validation
    assert [int(p.stem) for p in train] == [i for i in range(count) if i not in validation]
    assert all(p.is_file() for p in labels)
    assert {p for p in done.paths if p.suffix == ".txt"} == set(labels)
    assert f"{len(validation)} of {count} photo" in done.notes[0]


def test_yolo_of_one_photo_says_that_it_proves_nothing(tmp_path, labelled):
    done = write_masks(with_photos(labelled, 1), tmp_path, "yolo")
    labels, (train, val) = yolo_labels(tmp_path, 1)
    assert train == val
    assert labels[0].is_file()
    assert "training and validation at once" in done.notes[0]
    assert done.notes[0] in (tmp_path / "data.yaml").read_text()


def test_yolo_again_with_more_photos_leaves_none_in_both_halves(tmp_path, labelled, scene):
    write_masks(with_photos(labelled, 4), tmp_path, "yolo")
    write_masks(with_photos(labelled, 6), tmp_path, "yolo")
    labels, (_, val) = yolo_labels(tmp_path, 6)
    assert [p.stem for p in val] == ["004"]
    assert sorted(tmp_path.glob("labels/*/*.txt")) == sorted(labels)
    kept = tmp_path / "images" / "val" / "001.jpg"
    kept.write_bytes(b"mine")
    with pytest.raises(StorageError, match="is being read"):
        write_masks(with_photos(labelled, 4), tmp_path, "yolo", inputs=[kept])
    assert kept.read_bytes() == b"mine"


def test_yolo_data_set(tmp_path, labelled, expected):
    write_masks(labelled, tmp_path, "yolo")
    table = (tmp_path / "data.yaml").read_text()
    assert '  0: "floor: \\"wood\\""\n  1: "Kugel \\u5c4b"\n  2: "unused"\n' in table
    ids = np.array([0, FLOOR, BALL, 9])
    labels, (train, val) = yolo_labels(tmp_path, 4)
    for label, mask in zip(labels, expected, strict=True):
        found = polygon_mask(label.read_text(), mask.shape)
        np.testing.assert_array_equal(ids[found], mask)
    for path in (*train, *val):
        with Image.open(path) as photo:
            assert photo.size == (60, 40)


def test_yolo_leaves_specks_out(tmp_path, labelled, expected):
    sizes = [
        (np.bincount(ndimage.label(m == i, np.ones((3, 3)))[0].ravel())[1:], i)
        for m in expected
        for i in (FLOOR, BALL, 9)
    ]
    areas = np.concatenate([area for area, _ in sizes])
    smallest = int(np.median(areas)) + 1
    done = write_masks(labelled, tmp_path, "yolo", min_region=smallest)
    few, many = np.count_nonzero(areas < smallest), np.count_nonzero(areas >= smallest)
    assert few
    assert many
    assert f"{few} specks were left out (--min-region 0 keeps them)." in done.notes
    labels, _ = yolo_labels(tmp_path, 4)
    assert sum(len(label.read_text().splitlines()) for label in labels) == many
    assert len(write_masks(labelled, tmp_path, "yolo", min_region=0).notes) == 1


def test_yolo_polygons_as_areas(tmp_path, labelled, expected):
    """CVAT's import takes corners for places in the picture, not for pixels to draw through."""
    coco_mask = pytest.importorskip("pycocotools.mask", reason="pycocotools is not installed")
    write_masks(labelled, tmp_path, "yolo")
    ids = np.array([FLOOR, BALL, 9])
    labels, _ = yolo_labels(tmp_path, 4)
    for label, mask in zip(labels, expected, strict=True):
        height, width = mask.shape
        read = np.zeros_like(mask)
        for line in label.read_text().splitlines():
            number, *values = line.split()
            corners = np.array(values, float).reshape(-1, 2) * (width, height)
            runs = coco_mask.frPyObjects([corners.ravel().tolist()], height, width)
            read[coco_mask.decode(runs)[..., 0] > 0] = ids[int(number)]
        np.testing.assert_array_equal(read, mask)


@pytest.mark.parametrize("format_name", ["png", "coco", "cvat"])
def test_what_is_written_comes_in_again(tmp_path, labelled, scene, format_name, expected):
    done = write_masks(labelled, tmp_path, format_name)
    path = tmp_path if format_name == "png" else done.paths[-1]
    back = load_masks(path, scene, TAXONOMY if format_name == "png" else None)
    names = {c.class_id: c.name[:5] for c in back.taxonomy}
    assert sorted(back.masks) == [0, 1, 2, 3]
    for i, mask in back.masks.items():
        for class_id, name in ((FLOOR, "floor"), (BALL, "Kugel")):
            (read,) = (k for k, n in names.items() if n == name)
            enlarged = cv2.resize(expected[i], (1620, 1080), interpolation=cv2.INTER_NEAREST)
            np.testing.assert_array_equal(mask == read, enlarged == class_id)


def test_paint_goes_before_the_cloud(tmp_path, labelled, expected):
    paint = np.zeros((1080, 1620), np.uint16)
    paint[540:, :] = 9
    write_masks(labelled, tmp_path, painted={1: paint})
    with Image.open(tmp_path / "001.png") as image:
        mask = np.asarray(image)
    np.testing.assert_array_equal(mask[:20], expected[1][:20])
    assert (mask[20:] == 9).all()
    with Image.open(tmp_path / "002.png") as image:
        np.testing.assert_array_equal(np.asarray(image), expected[2])


def test_large_and_unknown_ids(tmp_path, labelled, expected):
    labels = np.where(labelled.labels == BALL, 40_000, FLOOR).astype(np.uint16)
    write_masks(replace(labelled, labels=labels), tmp_path)
    with Image.open(tmp_path / "000.png") as image:
        assert set(np.unique(np.asarray(image))) == set(np.unique(expected[0])) - {BALL} | {40_000}
    classes = json.loads((tmp_path / "classes.json").read_text())["classes"]
    assert 40_000 in [c["id"] for c in classes]


def test_photos_are_never_written_over(tmp_path, labelled, scene):
    Image.fromarray(scene.frames[0].photo.pixels()).save(tmp_path / "000.png")
    before = (tmp_path / "000.png").read_bytes()
    photo = FilePhoto(tmp_path / "000.png", 40, 60, turned=False)
    frames = (replace(scene.frames[0], photo=photo), *scene.frames[1:])
    with pytest.raises(StorageError, match="written over"):
        write_masks(replace(labelled, scene=replace(scene, frames=frames)), tmp_path)
    assert (tmp_path / "000.png").read_bytes() == before


def test_a_projects_own_masks_are_left_alone(tmp_path, labelled):
    project = tmp_path / "s.o3dpaint"
    (project / "masks").mkdir(parents=True)
    (project / "project.json").write_text("{}")
    for folder in (project, project / "masks"):
        with pytest.raises(StorageError, match="belongs to the project"):
            write_masks(labelled, folder)
    assert not list(project.rglob("*.png"))


def test_unknown_format_and_no_photos(tmp_path, labelled, scene):
    with pytest.raises(FormatError, match="png, coco, cvat, yolo"):
        write_masks(labelled, tmp_path, "voc")
    bare = replace(labelled, scene=replace(scene, frames=()))
    with pytest.raises(SceneError, match="no photos"):
        write_masks(bare, tmp_path)


def test_stopping_half_way_leaves_the_old_file(tmp_path, labelled, monkeypatch):
    write_masks(labelled, tmp_path, "coco")
    before = (tmp_path / "annotations.json").read_bytes()

    def stop(share, stage):
        if share >= 0.5:
            raise KeyboardInterrupt

    for name in MASK_WRITERS:
        with pytest.raises(KeyboardInterrupt):
            write_masks(labelled, tmp_path / name, name, progress=stop)
        assert not list((tmp_path / name).rglob("*.part"))
    assert not (tmp_path / "cvat" / "cvat_masks.zip").exists()
    with pytest.raises(KeyboardInterrupt):
        write_masks(labelled, tmp_path, "coco", progress=stop)
    assert (tmp_path / "annotations.json").read_bytes() == before


@pytest.mark.parametrize(
    ("names", "stems"),
    [
        (["a.JPG", "b.png"], ["a", "b"]),
        (["left/1.jpg", "left/2.jpg"], ["1", "2"]),
        (["left/1.jpg", "right/1.jpg"], ["left_1", "right_1"]),
        (["A", "a", "", "x:y?"], ["A", "a#0001", "#0002", "x_y_"]),
        (["../../etc"], ["etc"]),
    ],
)
def test_file_names(names, stems):
    assert list(file_stems(names)) == stems


def test_a_photo_of_another_size_than_its_depth(tmp_path, labelled, scene, expected):
    """A mask has the size of its photo, so that both can be fed to training."""
    large = ArrayPhoto(np.zeros((400, 600, 3), np.uint8))
    frames = (replace(scene.frames[0], photo=large), *scene.frames[1:])
    write_masks(replace(labelled, scene=replace(scene, frames=frames)), tmp_path)
    with Image.open(tmp_path / "000.png") as image:
        mask = np.asarray(image)
    np.testing.assert_array_equal(mask, np.kron(expected[0], np.ones((10, 10), int)))


def test_masks_of_photos_that_other_programs_turn_are_said(tmp_path, labelled, scene):
    frames = tuple(
        replace(f, photo=ArrayPhoto(f.photo.pixels(), other_turn=3 if i else 1))
        for i, f in enumerate(scene.frames)
    )
    turned = replace(labelled, scene=replace(scene, frames=frames))
    said = write_masks(turned, tmp_path / "a").notes
    assert f"{len(frames) - 1} photos have an EXIF orientation" in said[0]
    assert write_masks(turned, tmp_path / "b", photos=True).notes == ()
    # Laid back by the same rule, they are what was written.
    back = load_masks(tmp_path / "a", turned.scene, TAXONOMY)
    assert not any("turned" in n for n in back.notes)
