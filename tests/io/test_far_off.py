"""One photo that stands or measures far off does not decide how large a scene is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from o3d_paint.core.geometry import main_part, robust_bounds
from o3d_paint.core.scene import Scene
from o3d_paint.core.taxonomy import article_taxonomy
from o3d_paint.core.views.orbit import first_look
from o3d_paint.io.scene import load_scene
from o3d_paint.project.pipeline import run_fuse
from tests.io.ball_on_floor import arrays, save

MAP = (432_000.0, 5_411_000.0, 220.0)
PHOTOS, ODD = 8, 3


def at_the_origin(data: dict) -> None:
    data["extrinsics"][ODD, :, 3] = 0


def without_a_pose(data: dict) -> None:
    data["extrinsics"][ODD] = np.eye(4)[: data["extrinsics"].shape[1]]


def in_millimetres(data: dict) -> None:
    data["depth"][ODD] *= 1000


def a_million_times_as_far(data: dict) -> None:
    data["depth"][ODD] *= 1e6


def beyond_the_moon(data: dict) -> None:
    data["extrinsics"][ODD, :, 3] += 1e9


FAULTS = (at_the_origin, without_a_pose, in_millimetres, a_million_times_as_far, beyond_the_moon)


def scene_with(folder: Path, fault) -> tuple[Scene, np.ndarray]:
    """The scene in map coordinates, and the classes of its photos' pixels."""
    data, truth = arrays(photos=PHOTOS, h=60, w=90, offset=MAP)
    data = {k: np.array(v) for k, v in data.items()}
    if fault is not None:
        fault(data)
    return load_scene(save(folder / "s.npz", data)), truth


def labels_of(scene: Scene, truth: np.ndarray) -> np.ndarray:
    """Labels from three whole photos, the odd one not among them."""
    masks = {}
    for i in (0, 2, 5):
        height, width = scene.frames[i].mask_shape
        h, w = truth[i].shape
        rows = ((2 * np.arange(height) + 1) * h) // (2 * height)
        columns = ((2 * np.arange(width) + 1) * w) // (2 * width)
        masks[i] = truth[i][rows[:, None], columns]
    return run_fuse(scene, masks, article_taxonomy()).labelled.labels


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f.__name__)
def test_labels_and_sizes_are_those_of_the_scene_without_it(tmp_path: Path, fault) -> None:
    (tmp_path / "plain").mkdir()
    plain, truth = scene_with(tmp_path / "plain", None)
    odd, _ = scene_with(tmp_path, fault)
    assert not any("far off" in n for n in plain.notes)
    (said,) = [n for n in odd.notes if "far off" in n]
    assert f"{ODD:03d}" in said
    assert odd.metric == plain.metric
    assert odd.spacing == pytest.approx(plain.spacing, rel=0.2)
    part = main_part(odd.cloud.xyz)
    inside = part.holds(odd.cloud.xyz)
    assert 0.7 < inside.mean() < 1
    # What the other photos saw is labelled as well as without the odd one.
    expected, found = labels_of(plain, truth), labels_of(odd, truth)
    of_photo = np.repeat(np.arange(PHOTOS), [int(np.count_nonzero(f.depth)) for f in plain.frames])
    others = of_photo != ODD
    same = expected[others] == found[inside] if inside.sum() == others.sum() else None
    assert same is not None
    assert same.mean() > 0.98
    assert set(np.unique(found[inside])) >= {1, 2}


def test_the_window_begins_with_the_scene(tmp_path: Path) -> None:
    plain, _ = scene_with(tmp_path, None)
    odd, _ = scene_with(tmp_path, at_the_origin)
    views = [
        first_look(s.cloud.xyz, s.up, [f.position for f in s.frames], aspect=1.5)
        for s in (plain, odd)
    ]
    size = float(np.linalg.norm(np.ptp(plain.cloud.xyz, axis=0)))
    assert np.linalg.norm(views[0].position - views[1].position) < 2 * size
    for a, b in zip(robust_bounds(plain.cloud.xyz), robust_bounds(odd.cloud.xyz), strict=True):
        assert np.abs(a - b).max() < 0.2 * size


def ring(count: int, radius: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    direction = rng.normal(size=(count, 3))
    return radius * direction / np.linalg.norm(direction, axis=1, keepdims=True)


AROUND = {
    "a ball": ring(5000, 1.0, 0),
    "an object in a room": np.concatenate(
        [ring(5000, 0.1, 0) * np.random.default_rng(1).random((5000, 1)), ring(500, 4, 2)]
    ),
    "a street": np.concatenate([ring(4000, 1.0, r) * 2.0**r for r in range(12)]),
    "strays": np.concatenate([ring(5000, 1.0, 0), ring(20, 1e6, 1)]),
    "one place": np.ones((500, 3)),
    "a heap": np.concatenate([np.zeros((900, 3)), ring(600, 2.0, 1)]),
    "none": np.zeros((0, 3)),
    "few": ring(40, 1.0, 0),
}


@pytest.mark.parametrize("name", AROUND)
def test_what_surrounds_a_scene_is_part_of_it(name: str) -> None:
    """A turntable's room, a street with its horizon and single stray points change nothing."""
    assert main_part(AROUND[name]).is_all


@pytest.mark.parametrize("share", [0.02, 0.12, 0.3])
@pytest.mark.parametrize("far", [100.0, 1e3, 1e9])
def test_what_stands_apart_is_found_whatever_its_share(share: float, far: float) -> None:
    count = int(5000 * share / (1 - share))
    xyz = np.concatenate([ring(5000, 1.0, 0), ring(count, 0.5, 1) + np.array([far, 0, 0])])
    part = main_part(xyz)
    assert part.holds(xyz).sum() == 5000
