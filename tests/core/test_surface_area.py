"""Areas of shapes that are known, sampled evenly and unevenly."""

from __future__ import annotations

import numpy as np
import pytest

from o3d_paint.core.surface_area import surface_area

pytestmark = pytest.mark.compiled

SLANTS = [(0, 0, 1), (1, 1, 1), (0.2, -0.7, 0.4), (1, 0, 1)]


def on_plane(plane: np.ndarray, normal: tuple[float, float, float]) -> np.ndarray:
    """Points (N, 2) of a plane in space."""
    n = np.array(normal) / np.linalg.norm(normal)
    right = np.cross(n, [0.31, 0.87, -0.2])
    right /= np.linalg.norm(right)
    return plane[:, :1] * right + plane[:, 1:] * np.cross(n, right)


def square(side: float, count: int, *, normal=(0, 0, 1), seed: int = 1) -> np.ndarray:
    """Random points on a square of the given side and normal."""
    return on_plane(np.random.default_rng(seed).uniform(0, side, (count, 2)), normal)


def ball(count: int) -> np.ndarray:
    xyz = np.random.default_rng(2).normal(size=(count, 3))
    return xyz / np.linalg.norm(xyz, axis=1, keepdims=True)


@pytest.mark.parametrize("normal", SLANTS)
@pytest.mark.parametrize("count", [2_000, 20_000])
def test_a_square_whatever_its_slant(normal, count) -> None:
    assert surface_area(square(2, count, normal=normal)).sum() == pytest.approx(4, rel=0.05)


@pytest.mark.parametrize("count", [3_000, 30_000])
def test_a_ball(count) -> None:
    assert surface_area(ball(count)).sum() == pytest.approx(4 * np.pi, rel=0.03)


@pytest.mark.parametrize("normal", SLANTS)
def test_one_half_sampled_25_times_as_densely(normal) -> None:
    plane = np.random.default_rng(3).uniform(0, 2, (40_000, 2))
    is_left = plane[:, 0] < 1
    kept = is_left | (np.random.default_rng(4).random(len(plane)) < 1 / 25)
    area = surface_area(on_plane(plane[kept], normal))
    assert area[is_left[kept]].sum() == pytest.approx(2, rel=0.05)
    assert area[~is_left[kept]].sum() == pytest.approx(2, rel=0.05)


def test_density_that_falls_to_a_25th() -> None:
    plane = np.random.default_rng(3).uniform(0, 2, (80_000, 2))
    kept = np.random.default_rng(4).random(len(plane)) < 25 ** (-plane[:, 0] / 2)
    assert surface_area(on_plane(plane[kept], (1, 2, 3))).sum() == pytest.approx(4, rel=0.05)


def test_a_dense_spot_on_a_sparse_plane() -> None:
    rng = np.random.default_rng(5)
    plane = np.concatenate([rng.uniform(0, 2, (4_000, 2)), rng.uniform(0.8, 1.2, (4_000, 2))])
    assert surface_area(on_plane(plane, (3, 1, 2))).sum() == pytest.approx(4, rel=0.05)


@pytest.mark.parametrize("rows", [5, 25])
def test_scan_lines_so_many_times_as_far_apart_as_their_points(rows) -> None:
    x, y = np.meshgrid(np.arange(0, 2, 0.1 / rows), np.arange(0, 2, 0.1))
    plane = np.stack([x.ravel(), y.ravel()], axis=1)
    assert surface_area(on_plane(plane, (0, 1, 2))).sum() == pytest.approx(4, rel=0.1)


@pytest.mark.parametrize("count", [2_000, 10_000, 40_000])
@pytest.mark.parametrize("normal", SLANTS[:2])
def test_two_layers_five_centimetres_apart(count, normal) -> None:
    """The first are as far apart as their points."""
    first = square(2, count, normal=normal, seed=7)
    unit = np.array(normal) / np.linalg.norm(normal)
    second = square(2, count, normal=normal, seed=8) + 0.05 * unit
    area = surface_area(np.concatenate([first, second]))
    assert area[:count].sum() == pytest.approx(4, rel=0.05)
    assert area[count:].sum() == pytest.approx(4, rel=0.05)


def test_two_layers_in_a_large_room() -> None:
    floor = square(10, 200_000)
    area = surface_area(
        np.concatenate([floor, square(10, 200_000, seed=2) + np.array([0, 0, 0.05])])
    )
    assert area[:200_000].sum() == pytest.approx(100, rel=0.05)
    assert area[200_000:].sum() == pytest.approx(100, rel=0.05)


def test_layers_of_which_one_is_dense() -> None:
    first, second = square(2, 40_000, seed=7), square(2, 6_000, seed=8) + np.array([0, 0, 0.05])
    area = surface_area(np.concatenate([first, second]))
    assert area.sum() == pytest.approx(8, rel=0.06)


def test_a_box() -> None:
    sides = []
    for axis in range(3):
        for place in (0, 1):
            side = np.random.default_rng(10 * axis + place).uniform(0, 1, (4_000, 3))
            side[:, axis] = place
            sides.append(side)
    assert surface_area(np.concatenate(sides)).sum() == pytest.approx(6, rel=0.05)


def test_points_that_scatter_more_than_their_spacing() -> None:
    xyz = square(2, 60_000)
    xyz[:, 2] += np.random.default_rng(9).normal(0, 0.01, len(xyz))
    assert surface_area(xyz).sum() == pytest.approx(4, rel=0.08)


def test_photos_that_disagree_about_a_surface_count_it_once() -> None:
    both = np.concatenate(
        [square(2, 30_000, seed=3), square(2, 30_000, seed=4) + np.array([0, 0, 0.004])]
    )
    both[:, 2] += np.random.default_rng(9).normal(0, 0.004, len(both))
    assert surface_area(both).sum() == pytest.approx(4, rel=0.08)


def test_seeing_a_surface_twice_does_not_double_it() -> None:
    xyz = square(1, 10_000, normal=(0, 1, 2), seed=3)
    twice = np.concatenate([xyz, square(1, 10_000, normal=(0, 1, 2), seed=4)])
    copies = np.concatenate([xyz, xyz, xyz])
    once = surface_area(xyz).sum()
    assert surface_area(twice).sum() == pytest.approx(once, rel=0.03)
    assert surface_area(copies).sum() == pytest.approx(once, rel=0.01)


def test_large_clouds_are_thinned_to_the_same_area() -> None:
    area = surface_area(square(2, 150_000, normal=(1, 1, 1)))
    assert len(area) == 150_000
    assert area.sum() == pytest.approx(4, rel=0.03)


def test_a_stray_point_far_off_changes_nothing() -> None:
    xyz = np.concatenate([square(2, 10_000), [[1e6, 0, 0]]])
    area = surface_area(xyz)
    assert area[:-1].sum() == pytest.approx(4, rel=0.05)


def test_far_from_the_origin_it_is_the_same() -> None:
    xyz = square(1, 10_000, normal=(1, 2, 3), seed=5)
    assert surface_area(xyz + 5e6).sum() == pytest.approx(surface_area(xyz).sum(), rel=0.01)


def test_the_order_of_the_points_does_not_matter() -> None:
    xyz = square(1, 10_000, normal=(1, 2, 3), seed=5)
    order = np.random.default_rng(6).permutation(len(xyz))
    np.testing.assert_allclose(surface_area(xyz[order]), surface_area(xyz)[order], rtol=1e-3)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 30])
def test_few_points(count) -> None:
    area = surface_area(np.random.default_rng(0).random((count, 3)))
    assert area.shape == (count,)
    assert (area >= 0).all()
    assert np.isfinite(area).all()


def test_points_in_one_place_or_in_a_line_have_no_area() -> None:
    assert surface_area(np.ones((50, 3))).sum() == 0
    line = np.linspace(0, 1, 200)[:, None] * (1, 2, 3)
    assert surface_area(line).sum() < 0.01
