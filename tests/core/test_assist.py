"""Selection tools on pictures where colour alone, or geometry alone, tells the object."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from o3d_paint.core.selection.assist import assist, fill, start_growth
from o3d_paint.core.selection.grabcut import grabcut
from o3d_paint.core.selection.photo_features import PhotoFeatures, prepare_features
from tests.core.photo_scenes import (
    SIZE,
    box_depth,
    box_truth,
    checkers,
    door_ajar,
    enlarged,
    frame_of,
    iou,
    plain,
    whole,
    window_in_a_wall,
)

SCALE = 1080 / SIZE
SEED = ((85 + 0.5) * SCALE - 0.5, (95 + 0.5) * SCALE - 0.5)
AREA = 70 * 70 * SCALE**2
RADIUS = (AREA / np.pi) ** 0.5


@cache
def features(kind: str) -> PhotoFeatures:
    """Features of the box: told by colour, by geometry under a wild texture, or by both."""
    photo = checkers(SIZE) if kind == "geometry" else plain(box_truth())
    return prepare_features(frame_of(photo, None if kind == "colour" else box_depth()))


def selected(kind: str, rect, coverage) -> np.ndarray:
    return whole(features(kind).mask_shape, rect, coverage)


@pytest.mark.parametrize("scene", [window_in_a_wall, door_ajar])
def test_thin_bars_and_a_painted_door_come_with_their_wall(scene) -> None:
    truth, part, frame = scene()
    found = prepare_features(frame)
    truth, part = enlarged(truth, found.mask_shape), enlarged(part, found.mask_shape)
    press = (45.5 * SCALE - 0.5, 50.5 * SCALE - 0.5)
    mask = whole(found.mask_shape, *assist(found, press, extent_px=(truth.sum() / np.pi) ** 0.5))
    assert mask[part].mean() > 0.98
    assert iou(mask, truth) > 0.98


def test_less_passes_over_the_outline_of_a_thing_than_over_one_that_cuts_a_surface() -> None:
    found = features("geometry")
    area = found.regions.area
    box = np.bincount(found.region[box_truth()], minlength=len(area)) > 0.5 * area
    left = np.bincount(found.region[:, : SIZE // 2].ravel(), minlength=len(area)) > 0.5 * area
    leaks = found.leaks(np.stack([box, left, np.ones(len(area), bool)]))
    assert 0 < leaks[2] <= leaks[0] < 0.02 * leaks[1]


KINDS = ["colour", "geometry", "both"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_drag_as_long_as_the_object_is_wide_selects_it(kind) -> None:
    truth = enlarged(box_truth(), features(kind).mask_shape)
    mask = selected(kind, *assist(features(kind), SEED, extent_px=RADIUS))
    assert iou(mask, truth) > (0.9 if kind == "geometry" else 0.97)


@pytest.mark.parametrize("kind", ["colour", "both"])
def test_fill_takes_the_object_and_no_more(kind) -> None:
    truth = enlarged(box_truth(), features(kind).mask_shape)
    empty = np.zeros(features(kind).mask_shape, np.uint16)
    assert iou(selected(kind, *fill(features(kind), empty, SEED)), truth) > 0.97


def test_fill_stays_on_the_surface_where_colour_cannot_tell() -> None:
    photo = plain(np.zeros((SIZE, SIZE), bool))
    found = prepare_features(frame_of(photo, box_depth()))
    empty = np.zeros(found.mask_shape, np.uint16)
    mask = whole(found.mask_shape, *fill(found, empty, SEED))
    assert iou(mask, enlarged(box_truth(), found.mask_shape)) > 0.9


@pytest.mark.parametrize("kind", KINDS)
@given(
    u=st.floats(0, 1079),
    v=st.floats(0, 1079),
    extents=st.lists(st.floats(0, 2000), min_size=2, max_size=6),
)
@settings(max_examples=25, deadline=None)
def test_longer_drags_never_select_less(kind, u, v, extents) -> None:
    growth = start_growth(features(kind), (u, v))
    area = features(kind).regions.area
    areas = [growth.regions_within(e) @ area for e in sorted(extents)]
    assert areas == sorted(areas)


@given(u=st.floats(0, 1079), v=st.floats(0, 1079), tolerance=st.floats(0, 1))
@settings(max_examples=40, deadline=None)
def test_fill_covers_the_click_and_only_what_has_its_label(u, v, tolerance) -> None:
    mask = np.zeros((1080, 1080), np.uint16)
    mask[:, 500:] = 3
    mask[:, 700:] = 0
    rect, coverage = fill(features("both"), mask, (u, v), tolerance=tolerance)
    y, x = int(np.floor(v + 0.5)), int(np.floor(u + 0.5))
    assert coverage.shape == rect.shape
    assert coverage[y - rect.y0, x - rect.x0]
    assert (mask[rect.slices][coverage] == mask[y, x]).all()


def test_a_long_drag_takes_the_whole_photo() -> None:
    mask = selected("both", *assist(features("both"), SEED, extent_px=5000))
    assert mask.all()


@pytest.mark.compiled
def test_the_outline_follows_the_full_resolution_photo() -> None:
    size = 1200
    v, u = np.mgrid[0:size, 0:size]
    truth = (u - 600) ** 2 + (v - 610) ** 2 < (
        240 + 6 * np.sin(np.arctan2(v - 610, u - 600) * 30)
    ) ** 2
    found = prepare_features(frame_of(plain(truth), None))
    assert max(found.shape) <= 600
    mask = whole(found.mask_shape, *assist(found, (600, 610), extent_px=240))
    assert mask.shape == (size, size)
    assert iou(mask, truth) > 0.985


def test_depth_at_another_resolution_and_with_holes_is_used() -> None:
    depth = box_depth()[::2, ::2].copy()
    depth[::7] = 0
    found = prepare_features(frame_of(checkers(SIZE), depth))
    mask = whole(found.mask_shape, *assist(found, SEED, extent_px=RADIUS))
    assert iou(mask, enlarged(box_truth(), found.mask_shape)) > 0.85


def test_same_photo_same_selection() -> None:
    frame = frame_of(checkers(SIZE), box_depth())
    first, second = (assist(prepare_features(frame), SEED, extent_px=200.0) for _ in range(2))
    assert first[0] == second[0]
    assert np.array_equal(first[1], second[1])


@pytest.mark.parametrize("size", [(1, 1), (2, 40), (7, 7)])
def test_tiny_photos_do_not_fail(size) -> None:
    photo = np.full((*size, 3), 90, np.uint8)
    found = prepare_features(frame_of(photo, np.ones(size, np.float32)))
    rect, coverage = assist(found, (0, 0), extent_px=1e4)
    assert whole(found.mask_shape, rect, coverage).all()


@pytest.mark.parametrize("value", [0.0, np.nan, -1.0])
def test_a_depth_map_without_depth_is_no_depth(value) -> None:
    photo = plain(box_truth())
    found = prepare_features(frame_of(photo, np.full((SIZE, SIZE), value, np.float32)))
    mask = whole(found.mask_shape, *assist(found, SEED, extent_px=RADIUS))
    assert iou(mask, enlarged(box_truth(), found.mask_shape)) > 0.97


OUTLINE = np.array([[40, 48], [128, 52], [131, 140], [85, 143], [42, 138]]) * SCALE


@pytest.mark.parametrize("kind", ["colour", "both"])
def test_rough_outline_finds_the_object_inside(kind) -> None:
    truth = enlarged(box_truth(), features(kind).mask_shape)
    assert iou(selected(kind, *grabcut(features(kind), OUTLINE)), truth) > 0.96


def test_geometry_helps_where_the_colours_of_an_outline_mislead() -> None:
    flat = prepare_features(frame_of(checkers(SIZE), None))
    truth = enlarged(box_truth(), flat.mask_shape)
    by_colour = iou(whole(flat.mask_shape, *grabcut(flat, OUTLINE)), truth)
    by_both = iou(selected("geometry", *grabcut(features("geometry"), OUTLINE)), truth)
    assert by_both > by_colour + 0.1


def test_outline_beside_the_photo_selects_nothing() -> None:
    rect, coverage = grabcut(features("both"), np.array([[-50.0, 0], [-10, 0], [-10, 50]]))
    assert rect.is_empty
    assert not coverage.any()


def test_wrong_calls_say_what_is_wrong() -> None:
    found = features("colour")
    with pytest.raises(ValueError, match="outside"):
        start_growth(found, (-1.0, 5.0))
    with pytest.raises(ValueError, match=r"\(4, 4\)"):
        fill(found, np.zeros((4, 4), np.uint16), SEED)
    with pytest.raises(ValueError, match=r"1\.5"):
        fill(found, np.zeros(found.mask_shape, np.uint16), SEED, tolerance=1.5)
    with pytest.raises(ValueError, match=r"\(2, 2\)"):
        grabcut(found, np.zeros((2, 2)))
