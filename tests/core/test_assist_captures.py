"""Selection on real photos, with points that a person looked up in them."""

from __future__ import annotations

import numpy as np
import pytest

from o3d_paint.core.camera import Camera
from o3d_paint.core.scene import ArrayPhoto, Frame
from o3d_paint.core.selection.assist import assist
from o3d_paint.core.selection.photo_features import PhotoFeatures, prepare_features
from tests.core.photo_scenes import whole

pytestmark = pytest.mark.captures

CUPBOARD_FRONT = ((420, 260), [(480, 310), (360, 260), (260, 200)])
CUPBOARD_TOP = ((270, 180), [(300, 190), (400, 210), (250, 165)])
CARPET = ((270, 180), [(200, 300), (300, 150), (250, 250)])
NOT_CUPBOARD = [(450, 60), (60, 80), (150, 200), (250, 60)]
NOT_CARPET = [(450, 200), (80, 180), (480, 100), (40, 40)]


@pytest.fixture(scope="module")
def photos(captures) -> dict[int, PhotoFeatures]:
    path = captures / "hololens_dvmvs" / "scene.npz"
    if not path.is_file():
        pytest.skip(f"{path} is missing")
    with np.load(path) as scene:
        return {idx: prepare_features(frame_of(scene, idx)) for idx in (0, 8)}


def frame_of(scene, idx: int) -> Frame:
    depth = scene["depth"][idx]
    camera = Camera.from_matrix(scene["intrinsics"][idx], depth.shape[1], depth.shape[0])
    return Frame(str(idx), camera, np.eye(4), ArrayPhoto(scene["processed_images"][idx]), depth)


@pytest.mark.parametrize(
    ("idx", "thing", "others"),
    [
        (0, CUPBOARD_FRONT, [*NOT_CUPBOARD, (350, 160)]),
        (0, CUPBOARD_TOP, [*NOT_CUPBOARD, (420, 260)]),
        (8, CARPET, NOT_CARPET),
    ],
)
def test_a_press_and_a_middling_drag_select_the_thing(photos, idx, thing, others) -> None:
    features = photos[idx]
    scale = features.mask_shape[0] / 360
    seed, parts = thing

    def at(pixel) -> tuple[int, int]:
        return round((pixel[1] + 0.5) * scale), round((pixel[0] + 0.5) * scale)

    press = (seed[0] * scale, seed[1] * scale)
    found = []
    for extent in (150, 200, 250, 300, 350, 400):
        mask = whole(features.mask_shape, *assist(features, press, extent_px=extent))
        found.append(all(mask[at(p)] for p in parts) and not any(mask[at(p)] for p in others))
    assert any(found)
