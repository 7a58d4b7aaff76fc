"""Masks drawn on photos as they lie in their files, and as EXIF turns them: laid as photos lie."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from o3d_paint.core.camera import Camera
from o3d_paint.core.confidence import default_rule
from o3d_paint.core.scene import ArrayPhoto, Frame, PointCloud, Scene
from o3d_paint.core.taxonomy import LabelClass, Taxonomy
from o3d_paint.errors import SceneError
from o3d_paint.io.images import photo_at, photos_at
from o3d_paint.io.masks import fitted_mask, load_masks
from o3d_paint.io.orientation import inverse_turn, is_quarter, turned
from o3d_paint.io.region_masks import load_regions
from o3d_paint.io.sample.painter import PainterOptions, paint_photos
from tests.io.ball_on_floor import arrays

TAXONOMY = Taxonomy((LabelClass(1, "floor", (1, 2, 3)), LabelClass(2, "ball", (4, 5, 6))))
COUNT = 4


def _pictures(height: int, width: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Photos as their cameras see them, the ball on one side, and the truth of each."""
    data, truth = arrays(photos=COUNT, h=height, w=width * 4 // 3)
    rng = np.random.default_rng(1)
    truth = truth[:, :, :width]
    photos = data["processed_images"][:, :, :width].astype(int)
    photos += rng.integers(0, 30, (*photos.shape[:3], 1))
    return list(np.clip(photos, 0, 255).astype(np.uint8)), list(truth)


def _scene(
    folder: Path, pictures: list[np.ndarray], codes: list[int], *, upright: bool = False
) -> Scene:
    """A scene of photos whose pixels lie in their files as the cameras see them."""
    folder.mkdir(parents=True, exist_ok=True)
    frames = []
    for i, (picture, code) in enumerate(zip(pictures, codes, strict=True)):
        exif = Image.Exif()
        exif[0x0112] = code
        path = folder / f"p{i}.png"
        Image.fromarray(picture).save(path, exif=exif)
        photo = photos_at(path)[0] if upright else photo_at(path)
        camera = Camera(50, 50, photo.width / 2, photo.height / 2, photo.width, photo.height)
        frames.append(Frame(path.stem, camera, np.eye(4), photo))
    cloud = PointCloud(np.zeros((1, 3)), np.zeros((1, 3), np.uint8))
    up = np.array([0.0, 0, 1])
    return Scene("s", cloud, tuple(frames), default_rule([]), 0.1, up, True)


def _save(folder: Path, masks: list[np.ndarray]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for i, mask in enumerate(masks):
        Image.fromarray(np.ascontiguousarray(mask).astype(np.uint8)).save(folder / f"p{i}.png")
    return folder


def _check(found: object, scene: Scene, truth: list[np.ndarray]) -> None:
    for i, expected in enumerate(truth):
        laid = fitted_mask(np.ascontiguousarray(expected), scene.frames[i], "truth")
        assert (found.masks[i] == laid).all()  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", [(60, 90), (70, 70), (68, 70)])
@pytest.mark.parametrize("code", range(2, 9))
@pytest.mark.parametrize("drawn_upright", [True, False])
def test_masks_are_laid_as_the_photos_lie_however_they_were_drawn(
    tmp_path: Path, size: tuple[int, int], code: int, drawn_upright: bool
) -> None:
    pictures, truth = _pictures(*size)
    scene = _scene(tmp_path / "photos", pictures, [code] * COUNT)
    drawn = [turned(m, code) if drawn_upright else m for m in truth]
    found = load_masks(_save(tmp_path / "masks", drawn), scene, TAXONOMY)
    _check(found, scene, truth)
    assert any("onto the photos" in n and "EXIF" in n for n in found.notes) == drawn_upright


@pytest.mark.parametrize("code", [3, 6])
def test_photos_of_several_orientations_and_one_without_a_mask_border(
    tmp_path: Path, code: int
) -> None:
    pictures, truth = _pictures(60, 60)
    codes = [1, code, 8, code]
    scene = _scene(tmp_path / "photos", pictures, codes)
    truth[3] = np.ones_like(truth[3])
    drawn = [turned(m, c) for m, c in zip(truth, codes, strict=True)]
    found = load_masks(_save(tmp_path / "masks", drawn), scene, TAXONOMY)
    _check(found, scene, truth)


@pytest.mark.parametrize("code", [3, 6])
def test_where_edges_do_not_tell_the_user_is_asked(tmp_path: Path, code: int) -> None:
    _, truth = _pictures(60, 60)
    flat = [np.full((60, 60, 3), 90, np.uint8)] * COUNT
    scene = _scene(tmp_path / "photos", flat, [code] * COUNT)
    folder = _save(tmp_path / "masks", [turned(m, code) for m in truth])
    with pytest.raises(SceneError, match=r"--turn-masks none .*--turn-masks exif"):
        load_masks(folder, scene, TAXONOMY)
    _check(load_masks(folder, replace(scene, turn_masks="exif"), TAXONOMY), scene, truth)
    plain = load_masks(folder, replace(scene, turn_masks="none"), TAXONOMY)
    _check(plain, scene, [turned(m, code) for m in truth])
    assert not any("turned" in n for n in plain.notes)


def test_masks_that_are_the_same_both_ways_need_no_answer(tmp_path: Path) -> None:
    flat = [np.full((60, 60, 3), 90, np.uint8)] * COUNT
    scene = _scene(tmp_path / "photos", flat, [3] * COUNT)
    truth = [np.ones((60, 60), np.uint8)] * COUNT
    _check(load_masks(_save(tmp_path / "masks", truth), scene, TAXONOMY), scene, truth)


@pytest.mark.parametrize("code", [6, 8])
def test_photos_that_lost_their_exif_are_known_by_shape_and_edges(
    tmp_path: Path, code: int
) -> None:
    pictures, truth = _pictures(60, 90)
    scene = _scene(tmp_path / "photos", pictures, [1] * COUNT)
    # Photos held either way round: each is decided by its own edges.
    codes = [code, code, inverse_turn(code), code]
    drawn = [turned(m, c) for m, c in zip(truth, codes, strict=True)]
    found = load_masks(_save(tmp_path / "masks", drawn), scene, TAXONOMY)
    _check(found, scene, truth)
    assert any("as their shape asks and the photos' edges show" in n for n in found.notes)


def test_a_quarter_turn_that_nothing_tells_is_asked_for(tmp_path: Path) -> None:
    _, truth = _pictures(60, 90)
    flat = [np.full((60, 90, 3), 90, np.uint8)] * COUNT
    scene = _scene(tmp_path / "photos", flat, [1] * COUNT)
    folder = _save(tmp_path / "masks", [turned(m, 6) for m in truth])
    with pytest.raises(SceneError, match=r"--turn-masks 90 .*--turn-masks 270"):
        load_masks(folder, scene, TAXONOMY)
    _check(load_masks(folder, replace(scene, turn_masks="270"), TAXONOMY), scene, truth)
    _check(
        load_masks(folder, replace(scene, turn_masks="90"), TAXONOMY),
        scene,
        [turned(m, 3) for m in truth],
    )


def test_a_mask_of_another_shape_is_still_refused(tmp_path: Path) -> None:
    pictures, _ = _pictures(60, 90)
    scene = _scene(tmp_path / "photos", pictures, [6] * COUNT)
    folder = _save(tmp_path / "masks", [np.ones((60, 61))] * COUNT)
    with pytest.raises(SceneError, match="expected the same aspect"):
        load_masks(folder, scene, TAXONOMY)


@pytest.mark.parametrize("code", [3, 6, 8])
@pytest.mark.parametrize("size", [(60, 90), (70, 70)])
def test_photos_that_a_scene_shows_upright_take_masks_of_their_pixels_as_they_lie(
    tmp_path: Path, code: int, size: tuple[int, int]
) -> None:
    pictures, truth = _pictures(*size)
    lying = [np.ascontiguousarray(turned(p, inverse_turn(code))) for p in pictures]
    scene = _scene(tmp_path / "photos", lying, [code] * COUNT, upright=True)
    assert scene.frames[0].photo.height == size[0]
    drawn = [turned(m, inverse_turn(code)) for m in truth]
    found = load_masks(_save(tmp_path / "masks", drawn), scene, TAXONOMY)
    _check(found, scene, truth)


@pytest.mark.parametrize("code", [3, 6])
def test_arrays_that_remember_how_their_originals_lay(tmp_path: Path, code: int) -> None:
    pictures, truth = _pictures(70, 70)
    scene = _scene(tmp_path / "photos", pictures, [1] * COUNT)
    frames = tuple(
        replace(f, photo=ArrayPhoto(f.photo.pixels(), inverse_turn(code))) for f in scene.frames
    )
    scene = replace(scene, frames=frames)
    found = load_masks(_save(tmp_path / "masks", [turned(m, code) for m in truth]), scene, TAXONOMY)
    _check(found, scene, truth)


def test_regions_are_turned_too(tmp_path: Path) -> None:
    pictures, truth = _pictures(60, 90)
    scene = _scene(tmp_path / "photos", pictures, [6] * COUNT)
    (tmp_path / "regions").mkdir()
    for i, mask in enumerate(truth):
        upright = turned(mask, 6)
        np.save(tmp_path / f"regions/p{i}.npy", np.stack([upright == 1, upright == 2]))
    found = load_regions(tmp_path / "regions", scene)
    assert any("--turn-masks" in n for n in found.notes)
    for i, read in found.readers.items():
        expected = fitted_mask(truth[i], scene.frames[i], "truth") > 0
        covered = np.zeros(expected.shape, dtype=bool)
        for rect, coverage in read().areas:
            covered[rect.slices] |= coverage
        assert (covered != expected).mean() < 0.01


@pytest.mark.parametrize("name", ["street", "meeting_room"])
@pytest.mark.parametrize("code", [2, 3, 4, 6, 8])
def test_on_labelled_captures_edges_never_mislead(
    tmp_path: Path, captures: Path, name: str, code: int
) -> None:
    with np.load(captures / "labelled" / name / "scene.npz") as data:
        pictures = list(data["processed_images"][::4])
        truth = [m.astype(np.uint8) for m in data["gt_labels"][::4]]
    if is_quarter(code):
        side = min(truth[0].shape)
        pictures = [p[:side, :side] for p in pictures]
        truth = [m[:side, :side] for m in truth]
    count = len(truth)
    scene = _scene(tmp_path / "photos", pictures, [code] * count)
    strokes = paint_photos(np.stack(truth), range(count), PainterOptions(fill=0.6))
    sloppy = [p.mask for p in strokes.values()]
    for kind, masks in (("exact", truth), ("sloppy", sloppy)):
        for upright in (True, False):
            drawn = [turned(m, code) if upright else m for m in masks]
            folder = _save(tmp_path / f"{kind}{upright}", drawn)
            # Sloppy strokes may leave it open; then the user is asked.
            may_ask = suppress(SceneError) if kind == "sloppy" else nullcontext()
            with may_ask:
                _check(load_masks(folder, scene), scene, list(masks))
