from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from o3d_paint.core.views.orbit import Eye, first_look, robust_bounds

UP = np.array([0.0, -1.0, 0.0])
pixels = st.floats(-400, 400)


def eye() -> Eye:
    return Eye(np.array([3.0, -2.0, 4.0]), np.array([0.5, 0.0, 0.0]), UP)


@given(pixels, pixels)
def test_turning_keeps_distance_and_horizon(dx: float, dy: float) -> None:
    turned = eye().turned(dx, dy, height=600)
    assert turned.distance == pytest.approx(eye().distance)
    right, _, _ = turned.axes
    assert abs(np.dot(right, UP)) < 1e-9


def test_drag_to_the_right_brings_the_left_side_into_view() -> None:
    start = eye()
    right, _, _ = start.axes
    turned = start.turned(50, 0, height=600)
    assert np.dot(turned.position - start.position, right) < 0


def test_drag_down_looks_from_higher_up_and_never_over_the_top() -> None:
    start = eye()
    assert np.dot(start.turned(0, 50, height=600).position - start.position, UP) > 0
    top = start.turned(0, 1e5, height=600)
    assert np.degrees(np.arccos(np.dot(top.position - top.pivot, UP) / top.distance)) == (
        pytest.approx(2.0)
    )


def test_moving_brings_what_was_beside_the_pivot_under_the_pointer() -> None:
    start = eye()
    right, upward, _ = start.axes
    scale = 2 * start.distance * np.tan(start.fov / 2) / 600
    moved = start.moved(30, 20, height=600)
    np.testing.assert_allclose(moved.pivot, start.pivot + (-30 * right + 20 * upward) * scale)


def test_nearer_and_back() -> None:
    np.testing.assert_allclose(eye().nearer(3).nearer(-3).position, eye().position)
    assert eye().nearer(1).distance < eye().distance


def test_first_look_sees_the_scene_despite_stray_points() -> None:
    rng = np.random.default_rng(0)
    xyz = np.concatenate([rng.uniform(-1, 1, (5000, 3)), [[500.0, 0, 0]]])
    low, high = robust_bounds(xyz)
    assert (np.abs(low) < 1.01).all()
    assert (np.abs(high) < 1.01).all()
    look = first_look(xyz, UP, [np.array([0.0, 0.0, -3.0])], aspect=1.5)
    right, upward, forward = look.axes
    seen = xyz[:-1] - look.position
    depth = seen @ forward
    assert (depth > 0).all()
    half = np.tan(look.fov / 2)
    share = np.stack([(seen @ right) / depth / half / 1.5, (seen @ upward) / depth / half])
    assert 0.4 < np.abs(share).max() < 1.0
    assert look.position[2] < 0
    assert np.dot(look.position - look.pivot, UP) > 0


def test_first_look_sees_the_cameras_around_a_scene() -> None:
    xyz = np.random.default_rng(0).uniform(-1, 1, (5000, 3))
    turns = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    ring = [np.array([2.2 * np.cos(t), -1.0, 2.2 * np.sin(t)]) for t in turns]
    for aspect in (0.8, 1.5):
        look = first_look(xyz, UP, ring, aspect=aspect)
        right, upward, forward = look.axes
        seen = np.array(ring) - look.position
        depth, half = seen @ forward, np.tan(look.fov / 2)
        is_in = (depth > 0) & (np.abs(seen @ right) < depth * half * aspect)
        is_in &= np.abs(seen @ upward) < depth * half
        assert is_in.mean() >= 0.9


def test_first_look_of_a_tiny_scene_with_cameras_far_away_still_shows_the_scene() -> None:
    xyz = np.random.default_rng(0).uniform(-1, 1, (5000, 3))
    alone = first_look(xyz, UP, [], aspect=1.5)
    far = first_look(xyz, UP, [np.array([0.0, -1.0, -300.0])], aspect=1.5)
    assert far.distance < 2.5 * alone.distance


def test_on_the_way() -> None:
    start, end = eye(), eye().turned(100, 0, height=600)
    np.testing.assert_allclose(start.towards(end, 0.0).position, start.position)
    np.testing.assert_allclose(start.towards(end, 1.0).position, end.position)
