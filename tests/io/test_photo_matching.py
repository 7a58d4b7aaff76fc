"""Which mask belongs to which photo: names as tools write them, numbers, and positions."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from pathlib import Path
from time import process_time
from types import SimpleNamespace

import numpy as np
import pytest

from o3d_paint.errors import SceneError
from o3d_paint.io.images import FilePhoto
from o3d_paint.io.mask_formats.mask_set import MaskSet, PhotoMask
from o3d_paint.io.photo_matching import match_masks
from o3d_paint.io.scene import load_scene
from tests.io.ball_on_floor import arrays, save


@pytest.fixture(scope="module")
def frame(tmp_path_factory):
    return load_scene(save(tmp_path_factory.mktemp("s") / "s.npz", arrays()[0])).frames[0]


@pytest.fixture
def match(frame):
    """By mask, the name of its photo; and the notes."""

    def matched(masks, photos, *, in_order=False):
        scene = SimpleNamespace(frames=tuple(replace(frame, name=n) for n in photos))
        entries = tuple(PhotoMask(m, lambda: np.zeros((1, 1), np.uint16)) for m in masks)
        notes = []
        found = match_masks(Path("m"), MaskSet("x", entries, is_in_order=in_order), scene, notes)
        return {masks[p]: photos[i] for i, ps in found.items() for p in ps}, notes

    return matched


LEFT_RIGHT = ["left_0001", "left_0002", "right_0001"]
GERMAN = "Küche_0001"


@pytest.mark.parametrize(
    ("name", "photos", "photo"),
    [
        ("000.png", ["000", "001"], "000"),
        ("1", ["000", "001"], "001"),
        ("frame_001.png", ["000", "001"], "001"),
        ("mask_frame01.npy", ["000", "001"], "001"),
        ("mask_call03_frame00.npy", ["000", "001"], "000"),
        ("IMG_7.JPG", ["img_3", "img_7"], "img_7"),
        ("a.b.png", ["a.b"], "a.b"),
        ("masks/img_7.jpg", ["img_3", "img_7"], "img_7"),
        ("00008", ["00003", "00008", "00013"], "00008"),
        ("8", ["00003", "00008", "00013"], "00008"),
        ("frame_00002.png", ["images_frame_00001", "images_frame_00002"], "images_frame_00002"),
        ("frame_2.png", ["images_frame_00001", "images_frame_00002"], "images_frame_00002"),
        ("0002.png", LEFT_RIGHT, "left_0002"),
        ("left/0001.png", LEFT_RIGHT, "left_0001"),
        ("/data/right/0001.png", LEFT_RIGHT, "right_0001"),
        ("right/0001.png", [f"images_{n}" for n in LEFT_RIGHT], "images_right_0001"),
        ("LEFT/0001_mask.PNG", ["images_left_0001", "images_right_0001"], "images_left_0001"),
        ("left_0002.png", ["left_0001", "left_0002", "right_0002"], "left_0002"),
        ("..\\..\\media\\4\\cb0618f6-IMG_0002.jpg", ["IMG_0001", "IMG_0002"], "IMG_0002"),
        # Roboflow, Label Studio, and addresses of annotation servers
        ("IMG_2_jpg.rf.6f1c2a9b8d7e4f5061728394a5b6c7d8.jpg", ["IMG_1", "IMG_2"], "IMG_2"),
        ("IMG_2_png.rf.6f1c2a9b8d7e4f5061728394a5b6c7d8_mask", ["IMG_1", "IMG_2"], "IMG_2"),
        ("images/1a2b3c4d-IMG_2.jpg", ["IMG_1", "IMG_2"], "IMG_2"),
        ("1a2b3c4d__IMG_2.jpg", ["IMG_1", "IMG_2"], "IMG_2"),
        ("c0ffee00-1234-5678-9abc-def012345678-IMG_2.jpg", ["IMG_1", "IMG_2"], "IMG_2"),
        ("http://x:80/data/local-files/?d=a/IMG_2.jpg", ["IMG_1", "IMG_2"], "IMG_2"),
        ("/data/local-files/?d=IMG_2.jpg", ["IMG_1", "IMG_2"], "IMG_2"),
        ("https://b.s3.eu/IMG%202.jpg?X-Amz-Date=20240102", ["IMG 1", "IMG 2"], "IMG 2"),
        # photogrammetry, Cityscapes, networks
        ("IMG_2.jpg.png", ["IMG_1", "IMG_2"], "IMG_2"),
        ("IMG_2_mask.png", ["IMG_1", "IMG_2"], "IMG_2"),
        ("IMG_2.jpg.mask.png", ["IMG_1", "IMG_2"], "IMG_2"),
        ("IMG_2.mask.png", ["IMG_1", "IMG_2"], "IMG_2"),
        ("IMG_2-Mask.PNG", ["IMG_1", "IMG_2"], "IMG_2"),
        ("IMG_2 (mask).png", ["IMG_1", "IMG_2"], "IMG_2"),
        ("IMG_2_gtFine_labelIds.png", ["IMG_1", "IMG_2"], "IMG_2"),
        ("a_000000_000019_gtFine_labelIds", ["a_000000_000019_leftImg8bit"], None),
        ("mask_IMG_2.png", ["IMG_1", "IMG_2"], "IMG_2"),
        ("seg-IMG_2-v3_final.png", ["IMG_1", "IMG_2"], "IMG_2"),
        ("frame-000002.label.png", ["frame-000001.color", "frame-000002.color"], None),
        ("IMG_2.HEIC", ["IMG_1", "IMG_2"], "IMG_2"),
        # one form of Unicode, whatever the system that unpacked them
        (unicodedata.normalize("NFD", GERMAN), [unicodedata.normalize("NFC", GERMAN)], None),
        (unicodedata.normalize("NFC", GERMAN), [unicodedata.normalize("NFD", GERMAN)], None),
        ("KÜCHE_0001.PNG", [GERMAN, "x"], GERMAN),
        # longer names that begin alike
        ("img_1_2_mask", ["img_1", "img_1_2"], "img_1_2"),
        ("img_12", ["img_1", "img_12"], "img_12"),
        ("house_mask", ["house_out", "house"], "house"),
    ],
)
def test_a_name_means_a_photo(match, name, photos, photo):
    found, _ = match([name], photos)
    assert found == {name: photo or photos[-1]}


@pytest.mark.parametrize(
    ("name", "photos"),
    [
        ("2", ["000", "001"]),
        ("labels", ["000", "001"]),
        ("roof", ["roof_01", "roof_02"]),
        ("roof", ["roof_01"]),
        ("frame_00000.png", ["images_frame_00001", "images_frame_00002"]),
        ("0001.png", LEFT_RIGHT),
        ("IMG_1_mask", ["IMG_12", "IMG_11"]),
        ("IMG_20240102.png", ["IMG_20240101", "IMG_20240103"]),
    ],
)
def test_a_name_that_means_none_or_several_is_refused(match, name, photos):
    with pytest.raises(SceneError, match=r"belongs to a photo|counted from"):
        match([name], photos)


CAMERA = [f"DSC{i:05d}" for i in range(1, 6)]


@pytest.mark.parametrize("count", [1, 3, 4, 5])
def test_numbers_are_those_of_names_and_said(match, count):
    masks = [f"{i:05d}.png" for i in range(1, count + 1)]
    found, notes = match(masks, CAMERA)
    assert found == dict(zip(masks, CAMERA, strict=False))
    (sentence,) = notes
    assert sentence.endswith("the number in the photo's name: mask 00001.png → photo DSC00001.")


def test_numbers_that_are_positions_too_need_no_word(match):
    found, notes = match(["2.png", "frame_0.png"], ["000", "001", "002"])
    assert found == {"2.png": "002", "frame_0.png": "000"}
    assert notes == []


@pytest.mark.parametrize(
    ("masks", "photos", "starts_at"),
    [
        (["000", "001", "002"], ["a_001", "a_002", "a_003"], 0),
        (["1", "2", "3"], ["a_000", "a_001", "a_002"], 1),
        (["1", "2", "3"], ["a_011", "a_012", "a_013"], 1),
        (["0", "2"], ["a_011", "a_012", "a_013"], 0),
        (["1", "3"], ["a_011", "a_012", "a_013"], 1),
    ],
)
def test_positions_are_told_with_an_example(match, masks, photos, starts_at):
    found, notes = match(masks, photos)
    assert found == {m: photos[int(m) - starts_at] for m in masks}
    (sentence,) = notes
    assert f"position, counted from {starts_at}: mask {masks[0]} → photo " in sentence


def test_positions_follow_the_order_that_people_mean(match):
    photos = ["p10", "p9", "p100", "p8"]
    found, notes = match([f"m{i}" for i in (25, 20, 200, 30)], photos)
    assert found == {"m20": "p8", "m25": "p9", "m30": "p10", "m200": "p100"}
    assert "position, in the order of their numbers: mask m25 → photo p9." in notes[0]


@pytest.mark.parametrize(
    ("masks", "photos"),
    [
        (["0", "2", "4"], CAMERA),  # counted from 0, or 2 and 4 numbers of photos
        (["1"], ["a_003", "a_008", "a_013"]),  # from 0 or from 1
        (["2", "5"], [f"a_{i:03d}" for i in range(5)]),  # from 1, or 2 the number of a photo
    ],
)
def test_what_could_be_shifted_by_one_is_refused_with_the_remedy(match, masks, photos):
    with pytest.raises(SceneError, match=r"counted from 0, from 1, .* name masks after") as caught:
        match(masks, photos)
    assert photos[0] in str(caught.value)


def test_half_matched_sets_name_what_is_left_on_both_sides(match):
    photos = [f"frame_{i:05d}" for i in range(2, 6)]
    found, notes = match(["frame_00001", "frame_00002", "frame_00004"], photos)
    assert found == {"frame_00002": "frame_00002", "frame_00004": "frame_00004"}
    (sentence,) = notes
    assert "1 of 3 masks belong to no photo and were left out: 'frame_00001'" in sentence
    assert "2 photos have no mask: 'frame_00003', 'frame_00005'" in sentence


def test_unregistered_photos_do_not_shift_numbers(match):
    photos = [f"IMG_{i:04d}" for i in (1, 2, 4, 5)]
    masks = [str(i) for i in range(1, 6)]
    found, notes = match(masks, photos)
    assert found == {m: f"IMG_{int(m):04d}" for m in masks if m != "3"}
    assert "'3'" in notes[-1]


def test_masks_in_order_belong_to_all_photos_and_it_is_said(match):
    found, notes = match(["000", "001"], ["p10", "p9"], in_order=True)
    assert found == {"000": "p9", "001": "p10"}
    assert "by position" in notes[0]
    assert "mask 000 → photo p9" in notes[0]
    with pytest.raises(SceneError, match="holds 1 masks"):
        match(["000"], ["a", "b"], in_order=True)


def test_several_masks_of_a_photo_are_left_out_while_others_are_there(match):
    masks = ["a_1.png", "a_1_mask.png", "a_2.png"]
    found, notes = match(masks, ["a_1", "a_2"])
    assert found == {"a_2.png": "a_2"}
    assert "'a_1.png', 'a_1_mask.png'" in notes[0]
    with pytest.raises(SceneError, match="several masks for photo 'a_1'"):
        match(masks[:2], ["a_1", "a_2"])


def test_photos_are_known_by_their_files_too(frame):
    photo = FilePhoto(Path("x/IMG_0007.JPG"), 40, 60, turned=False)
    scene = SimpleNamespace(frames=(replace(frame, name="000", photo=photo),))
    masks = MaskSet("x", (PhotoMask("img_0007.png", lambda: None),))
    notes = []
    assert match_masks(Path("m"), masks, scene, notes) == {0: [0]}
    assert notes == []


def test_thousands_of_names_take_a_moment(match):
    photos = [f"images_2024-05-01_cam{i % 4}_{i:06d}" for i in range(4000)]
    masks = [f"seg_2024-05-01_cam{i % 4}_{i:06d}_final" for i in range(4000)]
    started = process_time()
    found, _ = match(masks, photos)
    assert all(photo.split("_")[-1] == mask.split("_")[-2] for mask, photo in found.items())
    assert len(found) == 4000
    assert process_time() - started < 10
