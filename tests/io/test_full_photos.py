"""Photos from a folder, cut to the pixel to what an estimator saw of them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from o3d_paint.errors import SceneError
from o3d_paint.io.capture import ImportOptions
from o3d_paint.io.full_photos import full_photos
from o3d_paint.io.importers import read_capture
from o3d_paint.io.scene import LoadOptions, load_scene
from o3d_paint.io.windows import likely_windows
from tests.io.ball_on_floor import arrays, save


def picture(height: int, width: int, seed: int) -> np.ndarray:
    """Soft random colours, different everywhere."""
    coarse = np.random.default_rng(seed).uniform(0, 255, (14, 14, 3)).astype(np.float32)
    soft = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(soft, 0, 255).astype(np.uint8)


def folder_of(path: Path, pictures: list[np.ndarray]) -> Path:
    path.mkdir()
    for i, array in enumerate(pictures):
        Image.fromarray(array).save(path / f"IMG_{i + 7}.png")
    return path


def resized(array: np.ndarray, width: int, height: int) -> np.ndarray:
    return cv2.resize(array, (width, height), interpolation=cv2.INTER_AREA)


# Each gives the estimator's picture and the (left, top, right, bottom) of the photo in it.


def vggt_crop(photo: np.ndarray) -> np.ndarray:
    """Mode "crop" of VGGT's load_and_preprocess_images."""
    height, width = photo.shape[:2]
    rows = round(height * (518 / width) / 14) * 14
    small = resized(photo, 518, rows)
    start = (rows - 518) // 2
    return small[start : start + 518] if rows > 518 else small


def vggt_pad(photo: np.ndarray) -> np.ndarray:
    """Mode "pad" of VGGT's load_and_preprocess_images."""
    height, width = photo.shape[:2]
    if width >= height:
        columns, rows = 518, round(height * (518 / width) / 14) * 14
    else:
        rows, columns = 518, round(width * (518 / height) / 14) * 14
    whole = np.full((518, 518, 3), 255, np.uint8)
    top, left = (518 - rows) // 2, (518 - columns) // 2
    whole[top : top + rows, left : left + columns] = resized(photo, columns, rows)
    return whole


def da3(photo: np.ndarray, *, lower: bool = False, crop: bool = False) -> np.ndarray:
    """InputProcessor of Depth-Anything-3 at 504."""
    height, width = photo.shape[:2]
    scale = 504 / (min if lower else max)(height, width)
    columns, rows = round(width * scale), round(height * scale)
    if not crop:
        return resized(photo, round(columns / 14) * 14, round(rows / 14) * 14)
    small = resized(photo, columns, rows)
    w, h = columns // 14 * 14, rows // 14 * 14
    left, top = (columns - w) // 2, (rows - h) // 2
    return small[top : top + h, left : left + w]


WAYS = {
    "VGGT crop": vggt_crop,
    "VGGT pad": vggt_pad,
    "DA3 upper bound": da3,
    "DA3 lower bound": lambda p: da3(p, lower=True),
    "DA3 upper bound crop": lambda p: da3(p, crop=True),
    "DA3 lower bound crop": lambda p: da3(p, lower=True, crop=True),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("height", "width"), [(900, 1200), (1200, 900), (1333, 751)])
def test_the_part_that_was_seen_is_found(tmp_path, way, height, width):
    photos = [picture(height, width, seed) for seed in range(2)]
    small = np.stack([WAYS[way](p) for p in photos])
    folder = folder_of(tmp_path / "photos", photos)
    found, finding = full_photos(
        folder, small.shape[1:3], count=2, pictures=small, source=Path("a.npz")
    )
    assert "resized to" in finding
    for photo, seen in zip(found, small, strict=True):
        shown = resized(photo.pixels(), seen.shape[1], seen.shape[0]).astype(int)
        # A window one pixel of the small picture off differs by several levels.
        assert np.abs(shown - seen).mean() < 1.0
        assert np.percentile(np.abs(shown - seen), 99) <= 4


@pytest.mark.parametrize(
    ("way", "photo", "expected"),
    [
        # 518 columns of 900 photo pixels: 690 -> 686 rows, 84 cut off above.
        (vggt_crop, (1200, 900), (0, 147, 900, 1053)),
        (vggt_pad, (1036, 504), (-266, 0, 770, 1036)),
        (vggt_pad, (504, 1036), (0, -266, 1036, 770)),
        (da3, (1200, 900), None),
    ],
)
def test_rectangles_to_the_pixel(tmp_path, way, photo, expected):
    array = picture(*photo, 3)
    small = way(array)[None]
    folder = folder_of(tmp_path / "photos", [array])
    (found,), _ = full_photos(folder, small.shape[1:3], count=1, pictures=small, source=Path("a"))
    assert getattr(found, "rect", None) == expected
    pixels = found.pixels()
    assert pixels.shape[:2] == (found.height, found.width)
    if expected is None:
        np.testing.assert_array_equal(pixels, array)
        return
    left, top, right, bottom = expected
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(right, photo[1]), min(bottom, photo[0])
    inside = pixels[y0 - top : y1 - top, x0 - left : x1 - left]
    np.testing.assert_array_equal(inside, array[y0:y1, x0:x1])
    assert (pixels == 255).all(axis=2).sum() >= pixels.shape[0] * pixels.shape[1] - inside.size // 3


@pytest.mark.parametrize(
    ("photo", "seen", "rect"),
    [
        ((3024, 4032), (378, 504), (0, 0, 4032, 3024)),
        ((4032, 3024), (504, 378), (0, 0, 3024, 4032)),
        ((1080, 1920), (280, 504), (0, 0, 1920, 1080)),
        ((3024, 4032), (392, 518), (0, 0, 4032, 3024)),
        ((504, 1036), (518, 518), (0, -266, 1036, 770)),
        ((1200, 900), (518, 518), (0, 147, 900, 1053)),
    ],
)
def test_without_pictures_sizes_tell(tmp_path, photo, seen, rect):
    folder = tmp_path / "photos"
    folder.mkdir()
    Image.new("RGB", photo[::-1]).save(folder / "a.png")
    (found,), finding = full_photos(folder, seen, count=1, pictures=None, source=Path("a.npz"))
    assert getattr(found, "rect", (0, 0, photo[1], photo[0])) == rect
    assert "as the sizes tell" in finding


def test_photos_that_the_camera_turned(tmp_path):
    upright = [picture(1200, 900, seed) for seed in range(2)]
    small = np.stack([da3(p) for p in upright])
    folder = tmp_path / "photos"
    folder.mkdir()
    exif = Image.Exif()
    exif[0x0112] = 6
    for i, photo in enumerate(upright):
        Image.fromarray(np.rot90(photo, 1)).save(folder / f"{i}.png", exif=exif)
    found, _ = full_photos(folder, small.shape[1:3], count=2, pictures=small, source=Path("a"))
    for photo, expected in zip(found, upright, strict=True):
        np.testing.assert_array_equal(photo.pixels(), expected)
    lying = np.stack([da3(np.rot90(p, 1).copy()) for p in upright])
    found, _ = full_photos(folder, lying.shape[1:3], count=2, pictures=lying, source=Path("a"))
    np.testing.assert_array_equal(found[0].pixels(), np.rot90(upright[0], 1))


def test_photos_of_several_sizes(tmp_path):
    photos = [picture(900, 1200, 0), picture(1800, 2400, 1), picture(1000, 1200, 2)]
    small = np.stack([vggt_pad(p) for p in photos])
    folder = folder_of(tmp_path / "photos", photos)
    found, _ = full_photos(folder, (518, 518), count=3, pictures=small, source=Path("a"))
    for photo, seen in zip(found, small, strict=True):
        assert np.abs(resized(photo.pixels(), 518, 518).astype(int) - seen).mean() < 1.5


def test_what_does_not_match_is_refused_with_what_met_what(tmp_path):
    photos = [picture(300, 400, seed) for seed in range(3)]
    small = np.stack([da3(p) for p in photos])
    source = tmp_path / "a.npz"
    swapped = folder_of(tmp_path / "swapped", [photos[0], photos[2], photos[1]])
    with pytest.raises(SceneError, match=r"IMG_8.png does not look like picture 1 .* picture 2"):
        full_photos(swapped, small.shape[1:3], count=3, pictures=small, source=source)
    others = folder_of(tmp_path / "others", [picture(300, 400, 9 + i) for i in range(3)])
    with pytest.raises(SceneError, match="exactly the photos"):
        full_photos(others, small.shape[1:3], count=3, pictures=small, source=source)
    few = folder_of(tmp_path / "few", photos[:2])
    with pytest.raises(SceneError, match=r"2 photos \(IMG_7.png to IMG_8.png\) .* 3 depth maps"):
        full_photos(few, small.shape[1:3], count=3, pictures=small, source=source)
    with pytest.raises(SceneError, match="another shape"):
        full_photos(few, (500, 100), count=2, pictures=None, source=source)


def test_names_outrank_order(tmp_path):
    photos = [picture(300, 400, seed) for seed in range(3)]
    folder = folder_of(tmp_path / "photos", photos)
    names = ("IMG_9", "IMG_7")
    small = np.stack([da3(photos[2]), da3(photos[0])])
    found, _ = full_photos(
        folder, small.shape[1:3], count=2, pictures=small, source=Path("a"), names=names
    )
    np.testing.assert_array_equal(found[0].pixels(), photos[2])


def test_a_whole_vggt_file(tmp_path):
    """Depth, camera and photo of a cropped file show the same."""
    photos = [picture(1200, 900, seed) for seed in range(2)]
    small = np.stack([vggt_crop(p) for p in photos])
    np.savez(
        tmp_path / "predictions.npz",
        depth=np.ones((2, 518, 518, 1), np.float32),
        images=small.transpose(0, 3, 1, 2).astype(np.float32) / 255,
        extrinsic=np.tile(np.eye(4)[:3], (2, 1, 1)),
        intrinsic=np.tile(np.array([[500, 0, 259], [0, 500, 259], [0, 0, 1.0]]), (2, 1, 1)),
    )
    folder = folder_of(tmp_path / "photos", photos)
    capture = read_capture(tmp_path / "predictions.npz", ImportOptions(images=folder))
    assert [f.name for f in capture.frames] == ["IMG_7", "IMG_8"]
    for frame, photo in zip(capture.frames, photos, strict=True):
        assert (frame.photo.height, frame.photo.width) == (906, 900)
        np.testing.assert_array_equal(frame.photo.pixels(), photo[147:1053])
        assert frame.depth.shape == (518, 518)
    assert "height cropped by 168" in " ".join(capture.notes)


def test_the_likeliest_window_comes_first():
    assert likely_windows((1200, 900), (504, 378))[0].rect == (0, 0, 900, 1200)
    assert "cropped" in likely_windows((1200, 900), (518, 518))[0].how


@pytest.mark.parametrize("fault", ["turned", "damaged", "cut off"])
def test_one_photo_that_cannot_be_used_is_left_out_where_the_file_has_no_picture(tmp_path, fault):
    data, _ = arrays(photos=4, h=40, w=60)
    photos = [np.kron(p, np.ones((5, 5, 1), np.uint8)) for p in data.pop("processed_images")]
    folder = folder_of(tmp_path / "photos", photos)
    path = folder / "IMG_8.png"
    if fault == "turned":
        Image.fromarray(np.rot90(photos[1])).save(path)
    else:
        path.write_bytes(path.read_bytes()[: 20 if fault == "damaged" else 2000])
    scene = load_scene(save(tmp_path / "s.npz", data), LoadOptions(images=folder))
    assert [f.name for f in scene.frames] == ["IMG_7", "IMG_9", "IMG_10"]
    said = next(n for n in scene.notes if "1 photo is left out" in n)
    assert "IMG_8" in said
    assert ("turned by a quarter it would fit" in said) == (fault == "turned")


@pytest.mark.parametrize("damage", [20, 2000])
def test_the_files_own_picture_stands_for_a_damaged_photo(tmp_path, damage):
    data, _ = arrays(photos=4, h=40, w=60)
    photos = [np.kron(p, np.ones((5, 5, 1), np.uint8)) for p in data["processed_images"]]
    folder = folder_of(tmp_path / "photos", photos)
    path = folder / "IMG_8.png"
    path.write_bytes(path.read_bytes()[:damage])
    scene = load_scene(save(tmp_path / "s.npz", data), LoadOptions(images=folder))
    assert [f.photo.width for f in scene.frames] == [300, 60, 300, 300]
    assert any("The file's own pictures stand for 1 others" in n for n in scene.notes)
