from __future__ import annotations

import numpy as np
import pytest

from o3d_paint.core.camera import transform
from o3d_paint.core.taxonomy import LabelClass, Taxonomy
from o3d_paint.core.views.render import camera_of_eye
from o3d_paint.core.views.turntable import label_colors, shown_points, turntable, without_ceiling

UPS = [np.array([0.0, 0, 1]), np.array([0.0, -1, 0]), np.array([0.6, 0.0, 0.8])]


def box(n=20_000, sides=(4.0, 3, 1), seed=0):
    return np.random.default_rng(seed).uniform(-0.5, 0.5, (n, 3)) * sides


@pytest.mark.parametrize("up", UPS)
@pytest.mark.parametrize("size", [(320, 200), (200, 320)])
def test_everything_stays_in_view_all_the_way_round(up, size):
    xyz = box() + np.array([100.0, -50, 7])
    eyes = turntable(xyz, up, [np.array([104.0, -50, 8])], size=size, count=16)
    fullest = 0.0
    for eye in eyes:
        camera, pose = camera_of_eye(eye, *size)
        uv = camera.project(transform(pose, xyz))
        inside = ((uv > -0.5) & (uv < np.array(size) - 0.5)).all(axis=1)
        assert inside.mean() > 0.999
        fullest = max(fullest, (np.ptp(uv, axis=0) / size).max())
    assert fullest > 0.75


@pytest.mark.parametrize("up", UPS)
def test_the_way_is_a_circle_about_the_axis(up):
    xyz = box()
    eyes = turntable(xyz, up, [], size=(300, 200), count=9)
    pivot = eyes[0].pivot
    across = np.cross(pivot - xyz.mean(axis=0), up)
    assert np.linalg.norm(across) < 0.05
    offsets = np.array([e.position - pivot for e in eyes])
    np.testing.assert_allclose(offsets @ up, offsets[0] @ up, atol=1e-9)
    flat = offsets - np.outer(offsets @ up, up)
    following = np.roll(flat, -1, axis=0)
    cosines = (flat * following).sum(1) / (flat**2).sum(1)
    np.testing.assert_allclose(cosines, np.cos(2 * np.pi / 9), atol=1e-9)
    # Always in the same direction: once around and no more.
    assert len(set(np.sign(np.cross(flat, following) @ up))) == 1


def test_strays_are_left_out_of_pictures():
    xyz = np.concatenate([box(), [[500.0, 0, 0], [0, 0, -90]]])
    shown = shown_points(xyz)
    assert shown[:-2].all()
    assert not shown[-2:].any()


def test_a_room_is_opened_above_the_cameras():
    up = UPS[0]
    rng = np.random.default_rng(1)
    walls = rng.uniform(0, 1, (5000, 3)) * (6, 5, 2.6)
    ceiling = rng.uniform(0, 1, (2000, 3)) * (6, 5, 0) + (0, 0, 2.6)
    xyz = np.concatenate([walls, ceiling])
    inside = [np.array([x, 2.5, 1.6]) for x in (2.0, 3.0, 4.0)]
    kept = without_ceiling(xyz, up, inside)
    assert not kept[5000:].any()
    assert kept[:5000][walls[:, 2] < 1.7].all()
    around = [np.array([9.0 * np.cos(a), 9 * np.sin(a), 3]) for a in range(6)]
    assert without_ceiling(xyz, up, around).all()
    assert without_ceiling(xyz, up, []).all()


def test_labels_show_in_their_colours_and_the_rest_is_pale():
    taxonomy = Taxonomy((LabelClass(3, "a", (200, 0, 0)), LabelClass(5, "b", (0, 0, 200))))
    rgb = np.array([[10, 200, 10]] * 4 + [[250, 250, 250]], np.uint8)
    colors = label_colors(np.array([3, 5, 0, 900, 0], np.uint16), taxonomy, rgb).astype(int)
    assert colors[0].argmax() == 0
    assert colors[1].argmax() == 2
    for pale in (colors[2], colors[4]):
        assert np.ptp(pale) <= 1
        assert pale.min() > 120
    assert colors[4, 0] > colors[2, 0]
