from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image

from o3d_paint.core.camera import Camera
from o3d_paint.core.confidence import default_rule
from o3d_paint.core.scene import ArrayPhoto, Frame, PointCloud, Scene
from o3d_paint.core.taxonomy import LabelClass, Taxonomy
from o3d_paint.errors import SceneError, StorageError
from o3d_paint.io.lettering import Font, text_width
from o3d_paint.io.review import ErrorPictures, contact_sheet, triptych, write_review
from o3d_paint.io.sheet import GROUND, Entry, Sheet, legend_height

TAXONOMY = Taxonomy(
    tuple(LabelClass(i, f"Klasse 屋 {i}", (3 * i, 250 - 3 * i, 90)) for i in range(1, 65))
)


def scene(count=3, width=90, height=60, name="Haus"):
    rng = np.random.default_rng(1)
    frames = tuple(
        Frame(
            f"photo with a long name that is shortened {i:03d}",
            Camera(50, 50, 44.5, 29.5, width, height),
            np.eye(4),
            ArrayPhoto(rng.integers(0, 256, (height, width, 3), dtype=np.uint8)),
        )
        for i in range(count)
    )
    cloud = PointCloud(np.zeros((1, 3)), np.zeros((1, 3), np.uint8))
    return Scene(name, cloud, frames, default_rule([]), 0.1, np.array([0.0, 0, 1]), True)


def mask(height=60, width=90, top=64):
    ids = np.zeros((height, width), np.uint16)
    ids[:, width // 3 :] = np.arange(width - width // 3) % top + 1
    return ids


def margin_is_clear(pixels, size=40):
    edges = (pixels[:size], pixels[-size:], pixels[:, :size], pixels[:, -size:])
    return all((edge == GROUND).all() for edge in edges)


@pytest.mark.parametrize(("width", "height"), [(90, 60), (60, 90), (400, 40), (40, 300)])
@pytest.mark.parametrize("classes", [1, 64])
def test_a_triptych_keeps_its_margins(width, height, classes):
    made = scene(1, width, height)
    pixels = triptych(made.frames[0], mask(height, width, classes), TAXONOMY).pixels
    assert margin_is_clear(pixels)
    # Three pictures of the photo's shape lie side by side.
    scale = 1080 / max(width, height)
    assert pixels.shape[1] == 2 * 48 + 3 * round(width * scale) + 2 * 24
    assert pixels.shape[0] > round(height * scale) + 2 * 48


@pytest.mark.parametrize("count", [1, 2, 7, 40])
def test_a_contact_sheet_shows_every_photo(count):
    made = scene(count)
    pixels = contact_sheet(made, {i: mask() for i in range(count)}, TAXONOMY).pixels
    assert margin_is_clear(pixels)
    assert pixels.shape[1] < 4.2 * pixels.shape[0]
    # Under every photo runs a bar whose unpainted rest has a colour of its own.
    bare = (pixels == (226, 226, 222)).all(-1)
    starts, _ = cv2.connectedComponents(bare.astype(np.uint8))
    assert starts - 1 == count


def test_only_painted_photos_are_written(tmp_path):
    made = scene(3)
    masks = {2: mask(), 0: mask(top=2), 1: np.zeros((60, 90), np.uint16)}
    paths = write_review(made, masks, TAXONOMY, tmp_path / "review")
    assert len(paths) == 3
    assert paths[0].name.endswith("000.png")
    for path in paths:
        with Image.open(path) as image:
            image.load()
            assert image.mode == "RGB"
    with pytest.raises(SceneError, match="nothing is painted"):
        write_review(made, {1: masks[1]}, TAXONOMY, tmp_path / "none")
    assert not (tmp_path / "none").exists()
    with pytest.raises(StorageError, match="written over"):
        write_review(made, masks, TAXONOMY, tmp_path / "review", inputs=[paths[0]])


def test_pictures_of_errors_say_the_share_that_is_right(tmp_path):
    made = scene(1)
    painted = mask(top=1)
    predicted = painted.copy()
    predicted[:, 60:] = 2
    draw = ErrorPictures(made, {0: painted}, TAXONOMY, folder=tmp_path / "e")
    draw(0, predicted)
    (path,) = (tmp_path / "e").iterdir()
    with Image.open(path) as image:
        pixels = np.asarray(image)
    assert margin_is_clear(pixels)
    verdict = pixels[-400:-200, -48 - 1080 : -48].astype(int)
    right, wrong = verdict[:, 500], verdict[:, 900]
    assert (right[:, 1] > right[:, 0]).all()
    assert (wrong[:, 0] > wrong[:, 1]).all()
    assert len(set(map(tuple, verdict[:, 100]))) > 1
    assert np.ptp(verdict[:, 100], axis=1).max() == 0


def test_legends_break_into_lines():
    entries = [Entry((0, 0, 0), "class name", "12.3%")] * 20
    font = Font(26)
    one = legend_height(entries[:1], font=font, width=4000)
    assert legend_height(entries, font=font, width=700) >= 7 * one
    assert legend_height([], font=font, width=700) == 0


def test_text_is_shortened_to_its_width():
    sheet = Sheet(400, 60)
    end = sheet.text(10, 40, "x" * 200, font=Font(20), width=100)
    assert end <= 111
    assert (sheet.pixels[:, 112:] == GROUND).all()
    assert text_width("屋根", Font(20)) > 20
