"""Trust in painted pixels against the written page, on stripes whose distances are known."""

from __future__ import annotations

import numpy as np
import pytest

from o3d_paint.core.camera import Camera
from o3d_paint.core.evidence import FrameVotes
from o3d_paint.core.scene import ArrayPhoto, Frame, PointCloud
from o3d_paint.fusion.photo_edges import EDGE_UNIT
from o3d_paint.fusion.stroke_trust import pixel_trust, vote_trust
from tests.fusion.written import written

WIDTH, HEIGHT, LEFT = 160, 30, 30


def stripe(width, label=7):
    """A picture with an upright stripe from `LEFT` on."""
    mask = np.zeros((HEIGHT, WIDTH), dtype=np.uint16)
    mask[:, LEFT : LEFT + width] = label
    return mask


def rim_trust(width):
    """Return (width,) trust across a stripe by equation (2)."""
    power, share, least, most = written("w = min(d / s, 1)^#, s = # b, at least #, at most #")
    (reach,) = written("the largest d of its label up to # lines and columns away")
    column = np.arange(width)
    d = np.minimum(column + 1, width - column)
    near = np.abs(column[:, None] - column) <= reach
    b = np.where(near, d, 0).max(axis=1)
    return np.minimum(d / np.clip(share * b, least, most), 1) ** power


@pytest.mark.parametrize("label", [1, 65535])
@pytest.mark.parametrize("width", [1, 2, 3, 4, 6, 9, 15, 24, 27, 40, 80])
def test_pixels_are_believed_by_their_distance_to_the_rim(width, label):
    trust = pixel_trust(stripe(width, label), None)
    assert trust.dtype == np.float32
    wanted = np.zeros((HEIGHT, WIDTH))
    wanted[:, LEFT : LEFT + width] = rim_trust(width)
    np.testing.assert_allclose(trust, wanted, atol=1e-5)


def test_a_stripe_is_as_wide_as_itself_whatever_is_beside_it():
    mask = stripe(9)
    mask[:, LEFT + 9 : LEFT + 60] = 8
    trust = pixel_trust(mask, None)
    np.testing.assert_allclose(trust[HEIGHT // 2, LEFT : LEFT + 9], rim_trust(9), atol=1e-5)
    wide = trust[HEIGHT // 2, LEFT + 9 : LEFT + 60]
    np.testing.assert_allclose(wide, rim_trust(51), atol=1e-5)


def test_a_picture_of_one_class_is_believed_all_over_and_an_empty_one_nowhere():
    for edges in (None, np.zeros((HEIGHT, WIDTH), dtype=np.uint8)):
        assert (pixel_trust(np.full((HEIGHT, WIDTH), 4, dtype=np.uint16), edges) == 1).all()
        assert not pixel_trust(np.zeros((HEIGHT, WIDTH), dtype=np.uint16), edges).any()


@pytest.mark.parametrize("strength", [0.25, 0.5, 1.0, 2.0, 3.0, 6.0])
@pytest.mark.parametrize("column", [0, 3, 8, 9, 10, 11, 12, 13, 30])
def test_an_edge_in_the_photo_keeps_the_inside_from_vouching_for_the_rim(strength, column):
    (core,) = written("from its core (w ≥ #)")
    (scale,) = written("w ← max(w, exp(−(B / #)^2))")
    width = 70
    across = np.zeros(width)
    across[column] = strength
    edges = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    edges[:, LEFT + column] = round(strength / EDGE_UNIT)
    trust = pixel_trust(stripe(width), edges)
    believed = rim_trust(width)
    inside = np.flatnonzero(believed >= core)
    barrier = [min(across[min(x, c) : max(x, c) + 1].max() for c in inside) for x in range(width)]
    wanted = np.zeros((HEIGHT, WIDTH))
    wanted[:, LEFT : LEFT + width] = np.maximum(
        believed, np.exp(-((np.array(barrier) / scale) ** 2))
    )
    np.testing.assert_allclose(trust, wanted, atol=1e-5)


def test_what_no_way_inside_the_stroke_leads_to_is_believed_by_its_rim_alone():
    mask = stripe(60)
    edges = np.zeros(mask.shape, dtype=np.uint8)
    edges[:, LEFT + 5] = 255
    trust = pixel_trust(mask, edges)[HEIGHT // 2, LEFT : LEFT + 60]
    np.testing.assert_allclose(trust[:6], rim_trust(60)[:6], atol=1e-5)
    np.testing.assert_allclose(trust[6:], 1, atol=1e-5)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_votes_are_believed_as_the_pixel_that_shows_their_point(times):
    """A wall in front of a camera, on which every pixel of the small picture shows one point."""
    h, w = 370, 725
    y, x = np.mgrid[3:h:15, 5:w:7].reshape(2, -1)
    width, height = times * w, times * h
    camera = Camera(0.8 * width, 0.9 * width, 0.5 * width - 0.5, 0.4 * height, width, height)
    u, v = (times * (a + 0.5) - 0.5 for a in (x, y))
    xyz = np.column_stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, 0 * u + 1]) * 4
    turn = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = turn, [1, 2, 3]
    cloud = PointCloud((xyz - pose[:3, 3]) @ turn, np.zeros((len(xyz), 3), dtype=np.uint8))
    mask = np.zeros((height, width), dtype=np.uint16)
    for k, (a, b) in enumerate(
        [(20, 23), (60, 75), (100, 180), (180, 300), (330, 331), (600, 690)]
    ):
        mask[:, times * a : times * b] = k + 1
    # Rows that points lie on begin and end others.
    for a, b in ((108, 124), (303, 304), (348, 364)):
        mask[times * a : times * b] = 9 + a
    edges = np.random.default_rng(0).integers(0, 120, (h, w)).astype(np.uint8)
    frame = Frame("0", camera, pose, ArrayPhoto(np.zeros((height, width, 3), dtype=np.uint8)))
    labels = mask[times * y + times // 2, times * x + times // 2]
    points = np.flatnonzero(labels).astype(np.int32)
    votes = FrameVotes(0, points, labels[points])
    weights = vote_trust(cloud, frame, votes, mask, edges)
    trust = pixel_trust(np.ascontiguousarray(mask[times // 2 :: times, times // 2 :: times]), edges)
    wanted = np.round(255 * trust[y[points], x[points]])
    assert weights.dtype == np.uint8
    assert len(np.unique(wanted)) > 8
    np.testing.assert_allclose(weights, np.maximum(wanted, 1), atol=1)
    # A class that the small picture does not show there is believed, and hardly.
    elsewhere = FrameVotes(0, points, np.full(len(points), 99, dtype=np.uint16))
    unseen = np.unique(vote_trust(cloud, frame, elsewhere, mask, edges))
    assert len(unseen) == 1
    assert 0 < unseen[0] < 0.1 * 255
