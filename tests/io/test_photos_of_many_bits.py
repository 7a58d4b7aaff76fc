"""Grey photos of sixteen bits and of floats: stretched, alike in one scene, never clipped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from o3d_paint.core.camera import Camera
from o3d_paint.core.scene import Frame
from o3d_paint.io.even_photos import evenly_stretched
from o3d_paint.io.gray_levels import eight_bit, levels_of
from o3d_paint.io.images import photo_at, photos_at
from o3d_paint.io.importers.roles import images_from
from o3d_paint.io.windows import CroppedPhoto


def _picture() -> np.ndarray:
    """A ramp of 0 to 255, some 40,000 pixels."""
    return np.tile(np.linspace(0, 255, 250).round(), (160, 1))


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ((_picture() * 257).astype(np.uint16), _picture()),
        ((_picture() * 16).astype(np.uint16), _picture() * 16 / 4095 * 255),  # twelve bits
        ((28_000 + _picture() * 10).astype(np.uint16), _picture()),  # a thermal camera
        (_picture().astype(np.uint16), _picture()),
        ((_picture() / 255).astype(np.float32), _picture()),
        (_picture().astype(np.float32), _picture()),
        ((_picture() / 127.5 - 1).astype(np.float32), _picture()),
        ((_picture() * 1e4 - 3e5).astype(np.float32), _picture()),
        ((_picture() * 100).astype(np.int32), _picture() * 100 / 65_535 * 255),
    ],
)
def test_values_become_black_to_white(
    tmp_path: Path, values: np.ndarray, shown: np.ndarray
) -> None:
    path = tmp_path / ("a.png" if values.dtype == np.uint16 else "a.tif")
    Image.fromarray(values).save(path)
    photo = photo_at(path)
    pixels = photo.pixels()
    assert photo.is_deep
    assert pixels.shape == (160, 250, 3)
    assert np.ptp(pixels.astype(int), axis=2).max() == 0
    assert np.abs(pixels[:, :, 0] - shown).max() <= 1.5


def test_dead_and_hot_pixels_do_not_darken_the_rest() -> None:
    values = (1000 + _picture() * 3).astype(np.uint16)
    values[5, 5], values[6, 6] = 0, 65_535
    gray = eight_bit(values, levels_of(values))
    assert (
        np.abs(
            np.delete(gray.ravel(), [5 * 250 + 5, 6 * 250 + 6]).astype(int)[:250] - _picture()[0]
        ).max()
        <= 2
    )


def test_one_value_everywhere_and_none_at_all_end_in_a_picture() -> None:
    for values in (np.full((4, 4), 7, np.uint16), np.full((4, 4), np.nan, np.float32)):
        assert eight_bit(values, levels_of(values)).shape == (4, 4)


def test_photos_of_one_scene_are_stretched_alike(tmp_path: Path) -> None:
    """A dark photo stays darker than a bright one, seen whole or in part."""
    camera = Camera.from_matrix(np.eye(3), 250, 160)
    frames = []
    for i, brightness in enumerate((1000, 3000)):
        Image.fromarray((28_000 + brightness + _picture() * 4).astype(np.uint16)).save(
            tmp_path / f"{i}.png"
        )
        photo = photo_at(tmp_path / f"{i}.png")
        shown = photo if i else CroppedPhoto(photo, (0, 0, 100, 50))
        frames.append(Frame(str(i), camera, np.eye(4), shown))
    dark, bright = (f.photo.pixels()[0, 0, 0] for f in evenly_stretched(frames))
    assert abs(int(bright) - int(dark) - 2000 / 3020 * 255) < 3


@pytest.mark.parametrize("code", range(1, 9))
def test_a_photo_is_turned_as_its_camera_noted(tmp_path: Path, code: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = code
    picture = np.random.default_rng(1).integers(0, 255, (20, 30, 3)).astype(np.uint8)
    Image.fromarray(picture).save(tmp_path / "a.png", exif=exif)
    upright = np.asarray(ImageOps.exif_transpose(Image.open(tmp_path / "a.png")))
    photo = photos_at(tmp_path / "a.png")[0]
    assert (photo.height, photo.width) == upright.shape[:2]
    assert (photo.pixels() == upright).all()
    assert (photo_at(tmp_path / "a.png").pixels() == picture).all()


@pytest.mark.parametrize(
    "images",
    [
        np.repeat((_picture()[None, :, :, None] * 257).astype(np.uint16), 3, axis=3),
        (_picture()[None, :, :, None] / 127.5 - 1).astype(np.float32),
        np.repeat((_picture()[None, None] * 20).astype(np.float32), 3, axis=1),
    ],
)
def test_photos_in_arrays_are_stretched_too(images: np.ndarray) -> None:
    found = images_from(Path("a.npz"), "images", images)
    assert found.shape == (1, 160, 250, 3)
    assert np.abs(found[0, :, :, 1].astype(int) - _picture()).max() <= 1
