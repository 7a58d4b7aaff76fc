"""What number is a class, in masks of every kind."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from o3d_paint.core.taxonomy import LabelClass, Taxonomy
from o3d_paint.errors import FormatError, SceneError
from o3d_paint.io.class_numbers import NumberRules, guessed_voids
from o3d_paint.io.masks import load_masks
from o3d_paint.io.scene import load_scene
from o3d_paint.io.voc_palette import voc_color
from tests.io.ball_on_floor import arrays, save

SHAPE = (40, 60)
FLOOR_WALL = Taxonomy((LabelClass(1, "floor", (1, 2, 3)), LabelClass(2, "wall", (4, 5, 6))))


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    return load_scene(save(tmp_path_factory.mktemp("s") / "s.npz", arrays()[0]))


def blocks(*values, dtype=np.uint8):
    """A mask with a block of columns for each value."""
    edges = np.linspace(0, SHAPE[1], len(values) + 1).astype(int)
    mask = np.zeros(SHAPE, dtype)
    for value, start, end in zip(values, edges[:-1], edges[1:], strict=True):
        mask[:, start:end] = value
    return mask


def write(folder, name, mask):
    folder.mkdir(exist_ok=True)
    Image.fromarray(mask).save(folder / name)


def seen(found, frame_idx=0):
    """The classes of a mask from left to right, by name."""
    row = found.masks[frame_idx][0]
    ids = row[np.append(True, row[1:] != row[:-1])].tolist()
    return [found.taxonomy.name_of(i) if i else "" for i in ids]


@pytest.mark.parametrize(
    ("numbers", "voids"),
    [
        ({1, 2, 255}, [255]),
        ({1, 150, 255}, [255]),
        ({1, 2, 65535}, [65535]),
        ({1, 2, 255, 65535}, [65535, 255]),
        ({300, 65535}, [65535]),
        ({1, 2, 32767}, [32767]),
        ({255}, []),
        ({1, 254, 255}, []),
        ({1, 255, 300}, []),
        ({7, 12}, []),
        (set(range(1, 256)), []),
    ],
)
def test_the_largest_number_of_a_type_beside_small_ones_is_no_class(numbers, voids):
    assert guessed_voids(numbers, []) == voids
    assert guessed_voids(numbers, voids) == []


@pytest.mark.parametrize(("dtype", "void"), [(np.uint8, 255), (np.uint16, 65535)])
def test_void_is_decided_for_all_photos_and_said(tmp_path, scene, dtype, void):
    write(tmp_path / "m", "000.png", blocks(1, 2, dtype=dtype))
    write(tmp_path / "m", "001.png", blocks(0, void, dtype=dtype))
    found = load_masks(tmp_path / "m", scene)
    assert not found.masks[1].any()
    assert [c.name for c in found.taxonomy] == ["class 1", "class 2"]
    assert f"rarely a class: {void}; --ignore none counts it" in " ".join(found.notes)
    counted = load_masks(tmp_path / "m", scene, rules=NumberRules(("none",)))
    assert seen(counted, 1) == ["", f"class {void}"]
    named = Taxonomy((LabelClass(void, "sky", (1, 2, 3)),))
    assert seen(load_masks(tmp_path / "m", scene, named), 1) == ["", "sky"]


@pytest.mark.parametrize("dtype", [np.int8, np.int32, np.int64, np.uint32])
def test_numbers_below_0_and_the_largest_of_a_large_type_are_no_class(tmp_path, scene, dtype):
    void = -1 if np.iinfo(dtype).min else np.iinfo(dtype).max
    np.save(tmp_path / "000.npy", blocks(0, 3, 0, dtype=dtype) + blocks(0, 0, void, dtype=dtype))
    found = load_masks(tmp_path / "000.npy", scene)
    assert seen(found) == ["", "class 3", ""]
    assert f"no class: {void}" in " ".join(found.notes)
    assert found.background[0][0].tolist() == [1] * 540 + [0] * 1080


def test_what_the_user_ignores_does_not_count(tmp_path, scene):
    write(tmp_path / "m", "000.png", blocks(1, 2, 3, 0))
    found = load_masks(tmp_path / "m", scene, rules=NumberRules(("2", "9")))
    assert seen(found) == ["class 1", "", "class 3", ""]
    assert "No mask has the number or class 9 that" in " ".join(found.notes)
    by_name = load_masks(tmp_path / "m", scene, FLOOR_WALL, rules=NumberRules(("Wall",)))
    assert seen(by_name) == ["floor", "", "class 3", ""]


def test_the_first_class_may_be_0(tmp_path, scene):
    write(tmp_path / "m", "000.png", blocks(0, 1, 255))
    found = load_masks(tmp_path / "m", scene, FLOOR_WALL, rules=NumberRules(first_id=0))
    assert seen(found) == ["floor", "wall", ""]
    assert found.background == {}
    bare = load_masks(tmp_path / "m", scene, rules=NumberRules(("1",), first_id=0))
    assert seen(bare) == ["class 1", ""]


def test_numbers_below_the_first_are_unlabelled(tmp_path, scene):
    write(tmp_path / "m", "000.png", blocks(10, 11, 3))
    found = load_masks(tmp_path / "m", scene, FLOOR_WALL, rules=NumberRules(first_id=10))
    assert seen(found) == ["floor", "wall", ""]


def test_numbers_mean_the_list_as_it_counts(tmp_path, scene):
    write(tmp_path / "m", "000.png", blocks(0, 1))
    from_0 = load_masks(tmp_path / "m", scene, FLOOR_WALL, list_starts_at=0)
    assert seen(from_0) == ["floor", "wall"]
    assert "0 in masks is 'floor'" in " ".join(from_0.notes)
    write(tmp_path / "n", "000.png", blocks(0, 1, 2))
    from_1 = load_masks(tmp_path / "n", scene, FLOOR_WALL, list_starts_at=0)
    assert seen(from_1) == ["", "floor", "wall"]
    assert "have number 2, which only counting from 1 gives" in " ".join(from_1.notes)


def test_numbers_without_names_are_kept_apart_from_classes_of_others(tmp_path, scene):
    write(tmp_path / "m", "000.png", blocks(2, 7))
    found = load_masks(tmp_path / "m", scene, FLOOR_WALL, list_starts_at=None)
    assert seen(found) == ["class 3", "class 7"]
    assert "2 is now 3" in " ".join(found.notes)


@pytest.mark.parametrize(
    ("table", "content"),
    [
        ("classes.json", '{"0": "floor", "1": "wall", "255": "void"}'),
        ("_classes.csv", "Pixel Value, Class\n0, floor\n1, wall\n255, void\n"),
    ],
)
def test_a_list_beside_masks_that_has_a_class_0(tmp_path, scene, table, content):
    write(tmp_path / "m", "000.png", blocks(0, 1, 255))
    (tmp_path / "m" / table).write_text(content)
    found = load_masks(tmp_path / "m", scene)
    assert seen(found) == ["floor", "wall", ""]
    assert "number plus 1" in " ".join(found.notes)
    assert "no class: void" in " ".join(found.notes)


def test_names_that_mean_no_class(tmp_path, scene):
    write(tmp_path / "m", "000.png", blocks(1, 2, 3, 4))
    names = {"1": "floor", "2": "__ignore__", "3": "_background_", "4": "wall"}
    (tmp_path / "m/classes.json").write_text(json.dumps(names))
    found = load_masks(tmp_path / "m", scene)
    assert seen(found) == ["floor", "", "wall"]
    assert [c.name for c in found.taxonomy] == ["floor", "wall"]


def coco(categories, annotations, size=SHAPE):
    shapes = [
        {"image_id": 1, "category_id": c, "segmentation": [[x0, 0, x1, 0, x1, 40, x0, 40]]}
        for c, x0, x1 in annotations
    ]
    image = {"id": 1, "file_name": "000.jpg", "height": size[0], "width": size[1]}
    return json.dumps(
        {
            "images": [image],
            "categories": [{"id": i, "name": n} for i, n in categories.items()],
            "annotations": shapes,
        }
    )


def labelme(photo, labels):
    edges = np.linspace(0, SHAPE[1], len(labels) + 1).tolist()
    shapes = [
        {"label": n, "points": [[a, 0], [b, 0], [b, 40], [a, 40]], "shape_type": "polygon"}
        for n, a, b in zip(labels, edges[:-1], edges[1:], strict=True)
    ]
    return json.dumps({"shapes": shapes, "imagePath": photo, "imageHeight": 40, "imageWidth": 60})


def zipped(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


def test_a_class_0_of_coco_is_one_higher_and_ignored_by_its_own_number(tmp_path, scene):
    text = coco({0: "floor", 5: "wall"}, [(0, 0, 20), (5, 20, 40)])
    (tmp_path / "c.json").write_text(text)
    found = load_masks(tmp_path / "c.json", scene)
    assert {c.name: c.class_id for c in found.taxonomy} == {"floor": 1, "wall": 6}
    assert "number plus 1" in " ".join(found.notes)
    without = load_masks(tmp_path / "c.json", scene, rules=NumberRules(("5",)))
    assert seen(without) == ["floor", ""]
    first = load_masks(tmp_path / "c.json", scene, rules=NumberRules(first_id=0))
    assert {c.name: c.class_id for c in first.taxonomy} == {"floor": 1, "wall": 6}


def test_the_background_that_labelme_writes_at_0_moves_no_number(tmp_path, scene):
    text = coco({0: "_background_", 1: "floor", 2: "wall"}, [(1, 0, 40), (2, 20, 40), (0, 20, 30)])
    (tmp_path / "c.json").write_text(text)
    found = load_masks(tmp_path / "c.json", scene)
    assert {c.name: c.class_id for c in found.taxonomy} == {"floor": 1, "wall": 2}
    assert seen(found) == ["floor", "", "wall", ""]


def test_the_group_that_roboflow_writes_at_0_moves_no_number(tmp_path, scene):
    document = json.loads(coco({0: "rooms", 1: "floor", 2: "wall"}, [(1, 0, 20), (2, 20, 40)]))
    document["categories"][0]["supercategory"] = "none"
    (tmp_path / "c.json").write_text(json.dumps(document))
    found = load_masks(tmp_path / "c.json", scene)
    assert {c.name: c.class_id for c in found.taxonomy} == {"floor": 1, "wall": 2}


def test_numbers_do_not_depend_on_how_a_file_lies_on_disk(tmp_path, scene):
    text = coco({4: "wall", 9: "box", 2: "floor"}, [(4, 0, 20), (2, 20, 40), (9, 40, 60)])
    folder = tmp_path / "e/annotations"
    folder.mkdir(parents=True)
    (folder / "instances_default.json").write_text(text)
    archive = zipped(tmp_path / "e.zip", {"annotations/instances_default.json": text})
    at_top = zipped(tmp_path / "t.zip", {"result.json": text, "images/x.jpg": ""})
    for source in (folder / "instances_default.json", folder, tmp_path / "e", archive, at_top):
        found = load_masks(source, scene)
        assert {c.name: c.class_id for c in found.taxonomy} == {"wall": 4, "box": 9, "floor": 2}
        assert seen(found) == ["wall", "floor", "box"]
        assert not [n for n in found.notes if "alphabet" in n]


def test_made_up_numbers_are_those_of_all_files_and_the_note_fixes_them(tmp_path, scene):
    texts = {
        "a/000.json": labelme("000.jpg", ["wall", "floor"]),
        "a/001.json": labelme("001.jpg", ["floor", "box"]),
    }
    (tmp_path / "a").mkdir()
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    for source in (tmp_path / "a", zipped(tmp_path / "a.zip", texts)):
        found = load_masks(source, scene)
        assert {c.name: c.class_id for c in found.taxonomy} == {"box": 1, "floor": 2, "wall": 3}
        assert seen(found, 0) == ["wall", "floor"]
        (sentence,) = (n for n in found.notes if "alphabet" in n)
        assert "1 box, 2 floor, 3 wall; --taxonomy 'box,floor,wall' fixes them" in sentence
    fixed = Taxonomy().add("wall").add("floor").add("box")
    found = load_masks(tmp_path / "a", scene, fixed)
    assert found.taxonomy == fixed
    assert seen(found, 1) == ["floor", "box"]
    assert not [n for n in found.notes if "alphabet" in n]


def test_coco_files_that_number_classes_differently(tmp_path, scene):
    (tmp_path / "c").mkdir()
    for photo, categories in (("000", {1: "wall", 2: "floor"}), ("001", {1: "floor", 2: "wall"})):
        text = coco(categories, [(1, 0, 30), (2, 30, 60)]).replace("000.jpg", f"{photo}.jpg")
        (tmp_path / "c" / f"{photo}.json").write_text(text)
    found = load_masks(tmp_path / "c", scene)
    assert seen(found, 0) == ["wall", "floor"]
    assert seen(found, 1) == ["floor", "wall"]
    assert "alphabet" in " ".join(found.notes)


def test_classes_of_one_name_are_one_and_it_is_said(tmp_path, scene):
    (tmp_path / "c.json").write_text(coco({1: "Wall", 2: "wall "}, [(1, 0, 30), (2, 30, 60)]))
    found = load_masks(tmp_path / "c.json", scene)
    assert seen(found) == ["Wall"]
    assert "one name are one: 2 is 1 wall" in " ".join(found.notes)


def test_a_list_gets_only_the_classes_that_masks_show(tmp_path, scene):
    names = {i: f"thing {i}" for i in range(1, 81)}
    (tmp_path / "c.json").write_text(coco(names, [(7, 0, 30), (9, 30, 60)]))
    found = load_masks(tmp_path / "c.json", scene, FLOOR_WALL)
    assert [c.name for c in found.taxonomy] == ["floor", "wall", "thing 7", "thing 9"]
    assert len(load_masks(tmp_path / "c.json", scene).taxonomy) == 80


def test_one_object_leaves_the_rest_of_its_photos_to_no_class(tmp_path, scene):
    write(tmp_path / "m", "000.png", blocks(0, 2, 255))
    write(tmp_path / "m", "001.png", blocks(0, 0))
    found = load_masks(tmp_path / "m", scene)
    assert set(found.background) == {0}
    assert found.background[0][0].tolist() == [1] * 540 + [0] * 1080
    assert "show 'class 2' alone" in " ".join(found.notes)
    assert load_masks(tmp_path / "m", scene, background=False).background == {}
    write(tmp_path / "m", "002.png", blocks(3))
    two = load_masks(tmp_path / "m", scene)
    assert two.background == {}
    assert "leave 56% of their pixels empty" in " ".join(two.notes)
    assert set(load_masks(tmp_path / "m", scene, background=True).background) == {0, 2}


def soft(mask):
    import cv2

    return cv2.GaussianBlur(mask, (5, 5), 0)


def halved(mask):
    """Twofold anti-aliasing."""
    big = np.kron(mask, np.ones((1, 1), np.uint8)).astype(int)
    small = (big[::2, ::2] + big[1::2, ::2] + big[::2, 1::2] + big[1::2, 1::2]) // 4
    return np.kron(small.astype(np.uint8), np.ones((1, 1), np.uint8))


def disc(values=(0, 255)):
    v, u = np.mgrid[0:80, 0:120]
    return np.where((v - 37) ** 2 + (u - 55) ** 2 < 900, values[1], values[0]).astype(np.uint8)


@pytest.mark.parametrize(
    "mask",
    [soft(disc()), halved(disc()), soft(disc((10, 90))), soft(blocks(0, 60, 200))],
    ids=["blurred", "anti-aliased", "small range", "three classes"],
)
def test_soft_borders_are_refused_as_colours_are(tmp_path, scene, mask):
    write(tmp_path / "m", "000.png", mask)
    with pytest.raises(FormatError, match="save masks without smoothing and as PNG, not JPEG"):
        load_masks(tmp_path / "m", scene)


def test_jpeg_is_refused_where_it_changed_values(tmp_path, scene):
    (tmp_path / "m").mkdir()
    Image.fromarray(disc()).save(tmp_path / "m/000.jpg", quality=85)
    with pytest.raises(FormatError, match="not JPEG"):
        load_masks(tmp_path / "m", scene)
    Image.fromarray(np.full(SHAPE, 7, np.uint8)).save(tmp_path / "m/000.jpg", quality=95)
    assert seen(load_masks(tmp_path / "m", scene)) == ["class 7"]


def pole(mask):
    """Thin things of many classes, narrower than three pixels."""
    for i in range(20):
        mask[i * 2 : i * 2 + 2, 8] = 20 + i
    return mask


@pytest.mark.parametrize(
    "mask",
    [
        np.random.default_rng(0).integers(0, 9, SHAPE).astype(np.uint8),
        pole(blocks(3, 50)),
        (np.arange(40)[:, None] // 2 * 7 % 200 + np.zeros(60)).astype(np.uint8),
        np.kron(np.arange(1, 261).reshape(13, 20), np.ones((3, 3))).astype(np.uint16)[:, :58],
        blocks(*range(1, 31)),
    ],
    ids=["noise", "thin things", "lines", "instances", "stripes"],
)
def test_many_small_classes_are_no_soft_borders(tmp_path, scene, mask):
    write(tmp_path / "m", "000.png", mask)
    ids = set(np.unique(mask).tolist()) - {0}
    assert {c.class_id for c in load_masks(tmp_path / "m", scene).taxonomy} == ids


@pytest.mark.parametrize("step", [1, 7])
def test_depths_are_no_classes(tmp_path, scene, step):
    v, u = np.mgrid[0:80, 0:120]
    depth = 1000 + step * (3 * v + u) + np.random.default_rng(0).integers(0, 3, (80, 120))
    depth[20:60, 20:60] = 900
    write(tmp_path / "m", "000.png", depth.astype(np.uint16))
    with pytest.raises(FormatError, match="as depths have and classes have not"):
        load_masks(tmp_path / "m", scene)


def test_hundreds_of_objects_are_read_and_questioned(tmp_path, scene):
    objects = np.kron(np.arange(1, 601).reshape(20, 30), np.ones((4, 4))).astype(np.uint16)
    write(tmp_path / "m", "000.png", objects)
    found = load_masks(tmp_path / "m", scene)
    assert len(found.taxonomy) == 600
    assert "600 numbers without a name are many for classes" in " ".join(found.notes)


def test_one_bad_mask_is_left_out_and_named(tmp_path, scene):
    write(tmp_path / "m", "000.png", blocks(1, 2))
    write(tmp_path / "m", "001.png", soft(disc()))
    write(tmp_path / "m", "002.png", np.ones((60, 40), np.uint8))
    write(tmp_path / "m", "003.png", blocks(1, 2))
    data = (tmp_path / "m/003.png").read_bytes()
    (tmp_path / "m/003.png").write_bytes(data[: len(data) // 2])
    found = load_masks(tmp_path / "m", scene)
    assert set(found.masks) == {0}
    (sentence,) = (n for n in found.notes if n.startswith("Left out"))
    assert sentence.startswith("Left out: 3 masks that cannot be used (")
    for words in ("001.png has", "40x60 pixels", "003.png is cut off"):
        assert words in sentence


def test_a_set_that_is_mostly_inexact_is_refused_whole(tmp_path, scene):
    for i in range(3):
        write(tmp_path / "m", f"{i:03d}.png", soft(disc()))
    write(tmp_path / "m", "003.png", np.zeros(SHAPE, np.uint8))
    with pytest.raises(FormatError, match="without smoothing"):
        load_masks(tmp_path / "m", scene)


def test_annotations_of_which_none_can_be_drawn_are_refused(tmp_path, scene):
    document = json.loads(coco({1: "floor"}, [(1, 0, 20)]))
    document["annotations"][0]["segmentation"] = {"size": [9, 9], "counts": "00"}
    (tmp_path / "c.json").write_text(json.dumps(document))
    with pytest.raises(SceneError, match=r"nothing that is of a class. Left out: 1 annotation"):
        load_masks(tmp_path / "c.json", scene)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "RGB", "RGBA", "I;16", "P"])
def test_grey_masks_in_every_mode(tmp_path, scene, mode):
    (tmp_path / "m").mkdir()
    mask = blocks(0, 1, dtype=np.uint16 if mode == "I;16" else np.uint8)
    if mode == "1":
        image = Image.fromarray(mask > 0)
    elif mode == "P":
        image = Image.fromarray(mask)
        image.putpalette([9, 9, 9, 200, 0, 0])
    else:
        image = Image.fromarray(mask) if mode == "I;16" else Image.fromarray(mask).convert(mode)
    image.save(tmp_path / "m/000.png")
    assert seen(load_masks(tmp_path / "m", scene)) == ["", "class 1"]


def test_colours_of_pascal_voc_and_what_is_transparent(tmp_path, scene):
    picture = np.zeros((*SHAPE, 4), np.uint8)
    picture[:, :20, :3], picture[:, 20:, :3] = voc_color(15), (77, 1, 2)
    picture[:, :20, 3] = 255
    write(tmp_path / "m", "000.png", picture)
    assert seen(load_masks(tmp_path / "m", scene)) == ["class 15", ""]
