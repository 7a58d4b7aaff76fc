from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from o3d_paint.core.taxonomy import LabelClass, Taxonomy, article_taxonomy
from o3d_paint.errors import FormatError, SceneError
from o3d_paint.io.masks import load_masks, mask_png
from o3d_paint.io.scene import load_scene
from tests.io.ball_on_floor import arrays, save


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    return load_scene(save(tmp_path_factory.mktemp("s") / "s.npz", arrays()[0]))


@pytest.fixture
def mask():
    return np.random.default_rng(0).integers(0, 6, (40, 60)).astype(np.uint8)


def renamed(scene, names):
    frames = tuple(replace(f, name=n) for f, n in zip(scene.frames, names, strict=True))
    return replace(scene, frames=frames)


def test_masks_counted_from_0_of_photos_counted_from_1(tmp_path, scene, mask):
    count = len(scene.frames)
    photos = renamed(scene, [f"frame_{i + 1:03d}" for i in range(count)])
    for i in range(count):
        write_grey(tmp_path / f"{i:03d}.png", np.full_like(mask, i + 1))
    found = load_masks(tmp_path, photos)
    assert "position, counted from 0: mask 000.png → photo frame_001." in found.notes[0]
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
    assert [(c.class_id, c.name) for c in found.taxonomy] == [
        (i, f"class {i}") for i in range(1, 6)
    ]
    (sentence,) = found.notes
    assert "without a name were added: 1, 2, 3, 4, 5" in sentence


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
    assert "'roof.png'" in found.notes[0]
    assert "'000' to '003'" in found.notes[0]
    assert "3 photos have no mask: '001', '002', '003'" in found.notes[0]


def test_nothing_that_matches_is_an_error(tmp_path, scene, mask):
    write_grey(tmp_path / "roof.png", mask)
    with pytest.raises(SceneError, match=r"no mask of .*found 'roof.png'"):
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
