"""Counts by hand, areas against shapes whose area is known."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from o3d_paint.core.evidence import Evidence, FrameVotes
from o3d_paint.core.statistics import as_csv, class_statistics, surface_area
from o3d_paint.core.taxonomy import Taxonomy


def square(side: float, count: int, *, normal: tuple[float, float, float], seed: int) -> np.ndarray:
    """Random points on a square of the given side and normal."""
    rng = np.random.default_rng(seed)
    n = np.array(normal) / np.linalg.norm(normal)
    right = np.cross(n, [0.31, 0.87, -0.2])
    right /= np.linalg.norm(right)
    plane = rng.uniform(0, side, size=(count, 2))
    return plane[:, :1] * right + plane[:, 1:] * np.cross(n, right)


@pytest.mark.parametrize("normal", [(0, 0, 1), (1, 1, 1), (0.2, -0.7, 0.4), (1, 0, 1)])
def test_area_of_a_square_whatever_its_slant(normal) -> None:
    xyz = square(2.0, 200_000, normal=normal, seed=1)
    area = surface_area(xyz, spacing=2.0 / 447 / 2).sum()
    assert area == pytest.approx(4.0, rel=0.03)


def test_area_of_a_ball() -> None:
    rng = np.random.default_rng(2)
    xyz = rng.normal(size=(300_000, 3))
    xyz /= np.linalg.norm(xyz, axis=1, keepdims=True)
    area = surface_area(xyz, spacing=0.004).sum()
    assert area == pytest.approx(4 * np.pi, rel=0.05)


def test_seeing_a_surface_twice_does_not_double_it() -> None:
    xyz = square(1.0, 40_000, normal=(0, 1, 2), seed=3)
    twice = np.concatenate([xyz, square(1.0, 40_000, normal=(0, 1, 2), seed=4)])
    once_area, twice_area = (surface_area(p, spacing=0.0025).sum() for p in (xyz, twice))
    assert twice_area == pytest.approx(once_area, rel=0.02)


def test_area_far_from_the_origin_is_the_same() -> None:
    xyz = square(1.0, 40_000, normal=(1, 2, 3), seed=5)
    near, far = (surface_area(xyz + s, spacing=0.0025).sum() for s in (0.0, 5e6))
    assert far == pytest.approx(near, rel=1e-3)


def test_no_points_no_area() -> None:
    assert surface_area(np.zeros((0, 3)), spacing=1.0).shape == (0,)


def test_spacing_must_be_positive() -> None:
    with pytest.raises(ValueError, match="got 0"):
        surface_area(np.zeros((1, 3)), spacing=0)


def statistics():
    first = FrameVotes(0, np.array([0, 1, 2], np.int32), np.array([1, 1, 2], np.uint16))
    second = FrameVotes(4, np.array([1, 3], np.int32), np.array([2, 2], np.uint16))
    taxonomy = Taxonomy().add("roof").add("wall, brick").add("empty")
    labels = np.array([1, 1, 2, 2, 2, 0], dtype=np.uint16)
    return class_statistics(
        taxonomy,
        labels,
        evidence=Evidence(6, (first, second)),
        point_area=np.full(6, 0.5),
    )


def test_counts_by_hand() -> None:
    roof, wall, empty, rest = statistics()
    assert (roof.points, roof.painted, roof.photos, roof.conflicts) == (2, 2, 1, 1)
    assert (wall.points, wall.painted, wall.photos, wall.conflicts) == (3, 2, 2, 1)
    assert (wall.share, wall.area) == (0.5, 1.5)
    assert (empty.points, empty.area, empty.photos) == (0, 0.0, 0)
    assert (rest.class_id, rest.points, rest.painted) == (0, 1, 0)


def test_csv_reads_back_with_names_that_hold_commas() -> None:
    lines = list(csv.DictReader(as_csv(statistics(), unit="m").splitlines()))
    assert [line["class"] for line in lines] == ["roof", "wall, brick", "empty", "unlabelled"]
    assert float(lines[1]["area (m²)"]) == 1.5
