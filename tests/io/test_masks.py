from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from o3d_paint.core.taxonomy import LabelClass, Taxonomy, article_taxonomy
from o3d_paint.errors import FormatError, SceneError
from o3d_paint.io.masks import load_masks, mask_png
from o3d_paint.io.photo_matching import match_photo
from o3d_paint.io.scene import load_scene
from tests.io.ball_on_floor import arrays, save


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    return load_scene(save(tmp_path_factory.mktemp("s") / "s.npz", arrays()[0]))


@pytest.fixture
def mask():
    return np.random.default_rng(0).integers(0, 6, (40, 60)).astype(np.uint8)


@pytest.mark.parametrize(
    ("name", "names", "position"),
    [
        ("000.png", ["000", "001"], 0),
        ("1", ["000", "001"], 1),
        ("frame_001.png", ["000", "001"], 1),
        ("mask_frame01.npy", ["000", "001"], 1),
        ("mask_call03_frame00.npy", ["000", "001"], 0),
        ("IMG_7.JPG", ["img_3", "img_7"], 1),
        ("a.b.png", ["a.b"], 0),
        ("masks/img_7.jpg", ["img_3", "img_7"], 1),
        ("1", ["img_3", "img_7"], 1),
        ("00008", ["00003", "00008", "00013"], 1),
        ("8", ["00003", "00008", "00013"], 1),
        ("1", ["00003", "00008", "00013"], None),
        ("2", ["000", "001"], None),
        ("labels", ["000", "001"], None),
        ("frame_00002.png", ["images_frame_00001", "images_frame_00002"], 1),
        ("frame_00000.png", ["images_frame_00001", "images_frame_00002"], None),
        ("frame_2.png", ["images_frame_00001", "images_frame_00002"], 1),
        ("0001.png", ["left_0001", "left_0002", "right_0001"], None),
        ("0002.png", ["left_0001", "left_0002", "right_0001"], 1),
        ("left/0001.png", ["left_0001", "left_0002", "right_0001"], 0),
        ("/data/right/0001.png", ["left_0001", "left_0002", "right_0001"], 2),
        ("left_0002.png", ["left_0001", "left_0002", "right_0002"], 1),
    ],
)
def test_names_of_masks(name, names, position):
    assert match_photo(name, names) == position


def test_a_number_that_two_photos_have_is_no_position():
    assert match_photo("0001", ["left_0001", "right_0001"], by_position=True) is None


def renamed(scene, names):
    frames = tuple(replace(f, name=n) for f, n in zip(scene.frames, names, strict=True))
    return replace(scene, frames=frames)


def test_masks_counted_from_0_of_photos_counted_from_1(tmp_path, scene, mask):
    count = len(scene.frames)
    photos = renamed(scene, [f"frame_{i + 1:03d}" for i in range(count)])
    for i in range(count):
        write_grey(tmp_path / f"{i:03d}.png", np.full_like(mask, i + 1))
    found = load_masks(tmp_path, photos)
    assert "'000' for photo 'frame_001'" in " ".join(found.notes).replace(".png", "")
    assert [int(found.masks[i].max()) for i in range(count)] == list(range(1, count + 1))


def test_masks_of_photos_that_are_not_there_are_left_out(tmp_path, scene, mask):
    count = len(scene.frames)
    photos = renamed(scene, [f"frame_{i:05d}" for i in range(2, 2 + count)])
    for number in (1, 2):
        write_grey(tmp_path / f"frame_{number:05d}.png", mask)
    found = load_masks(tmp_path, photos)
    assert set(found.masks) == {0}
    assert "belong to no photo" in found.notes[0]


def test_ids_without_a_name_never_join_a_class_that_has_their_number(tmp_path, scene):
    pixels = np.zeros(scene.frames[0].mask_shape, np.uint8)
    pixels[0, :4] = (1, 3, 4, 5)
    write_grey(tmp_path / "000.png", pixels)
    (tmp_path / "classes.json").write_text(json.dumps({"classes": [{"id": 1, "name": "Boden"}]}))
    known = Taxonomy((LabelClass(3, "Boden", (1, 2, 3)), LabelClass(4, "Wand", (4, 5, 6))))
    found = load_masks(tmp_path, scene, known)
    ids = found.masks[0][0, :4].tolist()
    assert ids[0] == 3
    assert len(set(ids)) == 4
    assert 4 not in ids
    assert all(i in found.taxonomy for i in ids)


def test_arrays_take_their_names_from_the_class_list_beside_them(tmp_path, scene, mask):
    np.save(tmp_path / "000.npy", mask)
    (tmp_path / "classes.json").write_text(json.dumps({"classes": [{"id": 1, "name": "Boden"}]}))
    assert "Boden" in [c.name for c in load_masks(tmp_path, scene).taxonomy]


def test_masks_that_could_mean_several_photos_are_refused(tmp_path, scene, mask):
    sides = ("left", "right")
    names = [f"{sides[i % 2]}_{i // 2:04d}" for i in range(len(scene.frames))]
    write_grey(tmp_path / "0000.png", mask)
    with pytest.raises(SceneError, match="belongs to a photo"):
        load_masks(tmp_path, renamed(scene, names))


def write_grey(path, mask):
    Image.fromarray(mask).save(path)


def write_indexed(path, mask):
    image = Image.fromarray(mask)
    image.putpalette([200, 10, 10] * 256)
    image.save(path)


def write_16bit(path, mask):
    Image.fromarray(mask.astype(np.uint16)).save(path)


def write_npy(path, mask):
    np.save(path.with_suffix(".npy"), mask.astype(np.int64))


@pytest.mark.parametrize("write", [write_grey, write_indexed, write_16bit, write_npy])
def test_every_kind_of_picture_comes_in_by_nearest_pixel(tmp_path, scene, mask, write):
    write(tmp_path / "frame_002.png", mask)
    found = load_masks(tmp_path, scene)
    assert set(found.masks) == {2}
    big = found.masks[2]
    assert big.shape == scene.frames[2].mask_shape == (1080, 1620)
    np.testing.assert_array_equal(big, np.kron(mask, np.ones((27, 27), np.uint16)))
    assert found.taxonomy == article_taxonomy()
    assert found.notes == ()


def test_the_full_resolution_passes_through(tmp_path, scene):
    mask = np.random.default_rng(0).integers(0, 6, (1080, 1620)).astype(np.uint8)
    write_grey(tmp_path / "1.png", mask)
    np.testing.assert_array_equal(load_masks(tmp_path, scene).masks[1], mask)


def test_large_ids_survive_and_become_classes(tmp_path, scene, mask):
    write_16bit(tmp_path / "000.png", mask.astype(np.uint16) * 10_000)
    found = load_masks(tmp_path, scene)
    assert set(np.unique(found.masks[0])) == {0, 10_000, 20_000, 30_000, 40_000, 50_000}
    assert found.taxonomy.get(30_000).name == "class 30000"
    assert "10000, 20000" in found.notes[0]


def test_files_that_match_nothing_are_said(tmp_path, scene, mask):
    for name in ("000.png", "roof.png", "007.png"):
        write_grey(tmp_path / name, mask)
    found = load_masks(tmp_path, scene)
    assert set(found.masks) == {0}
    assert "2 of 3 masks belong to no photo" in found.notes[0]
    assert "'roof'" in found.notes[0]
    assert "'000' to '003'" in found.notes[0]


def test_nothing_that_matches_is_an_error(tmp_path, scene, mask):
    write_grey(tmp_path / "roof.png", mask)
    with pytest.raises(SceneError, match=r"no mask of .*found 'roof'"):
        load_masks(tmp_path, scene)
    with pytest.raises(FormatError, match="no masks"):
        load_masks(tmp_path / "nowhere", scene)


@pytest.mark.parametrize("shape", [(60, 40), (40, 40), (30, 60)])
def test_another_aspect_is_refused(tmp_path, scene, shape):
    write_grey(tmp_path / "000.png", np.ones(shape, np.uint8))
    with pytest.raises(SceneError, match=r"photo '000' has 60x40, expected the same aspect"):
        load_masks(tmp_path, scene)


def test_two_masks_of_one_photo_are_refused_unless_they_are_calls(tmp_path, scene, mask):
    write_grey(tmp_path / "000.png", mask)
    write_grey(tmp_path / "frame_0.png", mask)
    with pytest.raises(SceneError, match="several masks for photo '000'"):
        load_masks(tmp_path, scene)
    calls = tmp_path / "calls"
    calls.mkdir()
    first, second = np.full((40, 60), 1, np.uint8), np.zeros((40, 60), np.uint8)
    second[:20] = 2
    np.save(calls / "mask_call01_frame00.npy", first)
    np.save(calls / "mask_call02_frame00.npy", second)
    merged = load_masks(calls, scene).masks[0]
    assert set(np.unique(merged[:540])) == {2}
    assert set(np.unique(merged[540:])) == {1}


def test_classes_are_met_by_name(tmp_path, scene, mask):
    write_grey(tmp_path / "000.png", np.full((40, 60), 1, np.uint8))
    write_grey(tmp_path / "001.png", np.full((40, 60), 2, np.uint8))
    table = {"classes": [{"id": 1, "name": "Roof"}, {"id": 2, "name": "tree", "color": [1, 2, 3]}]}
    (tmp_path / "classes.json").write_text(json.dumps(table))
    found = load_masks(tmp_path, scene, article_taxonomy())
    assert set(np.unique(found.masks[0])) == {3}
    tree = found.taxonomy.find("tree")
    assert set(np.unique(found.masks[1])) == {tree.class_id}
    assert tree.color == (1, 2, 3)
    assert "'tree' was added" in found.notes[0]
    alone = load_masks(tmp_path, scene)
    assert [(c.class_id, c.name) for c in alone.taxonomy] == [(1, "Roof"), (2, "tree")]


@pytest.mark.parametrize("highest", [5, 255, 256, 65535])
def test_written_masks_hold_ids_and_colours(tmp_path, mask, highest):
    ids = mask.astype(np.uint16)
    ids[0, 0] = highest
    taxonomy = Taxonomy((LabelClass(2, "x", (9, 8, 7)),))
    (tmp_path / "a.png").write_bytes(mask_png(ids, taxonomy))
    with Image.open(tmp_path / "a.png") as image:
        np.testing.assert_array_equal(np.asarray(image), ids)
        assert image.mode == ("P" if highest < 256 else image.mode)
        if image.mode == "P":
            assert image.getpalette()[6:9] == [9, 8, 7]


def test_positions_count_where_no_name_fits():
    assert match_photo("1", ["00003", "00008", "00013"], by_position=True) == 1
