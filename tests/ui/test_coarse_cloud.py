"""The points of a large cloud that show while the eye moves, and their colours."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from open3d.visualization import rendering

from o3d_paint.core.views.colorize import CloudLook
from o3d_paint.io.sample import SampleOptions, generate_sample, write_sample
from o3d_paint.io.scene import load_scene
from o3d_paint.project.project import Project
from o3d_paint.ui.cloud_colors import CloudColors
from o3d_paint.ui.coarse_cloud import CoarseCloud, spread_choice


@given(st.integers(1, 5000), st.data())
def test_each_point_at_most_once_and_all_parts_of_the_file(total: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, total))
    chosen = spread_choice(total, count)
    assert len(chosen) == count
    assert (np.diff(chosen) > 0).all()
    assert ((chosen >= 0) & (chosen < total)).all()
    if count:
        stretch = total / count
        assert (np.abs(chosen - (np.arange(count) + 0.5) * stretch) <= stretch / 2 + 1).all()


def test_it_takes_no_regular_steps_that_a_scan_could_hide_in() -> None:
    steps = np.diff(spread_choice(1_000_000, 100_000))
    assert 5 < len(np.unique(steps)) < 25


def test_a_cloud_of_any_size_takes_no_more_room_than_the_choice() -> None:
    chosen = spread_choice(10**12, 1000)
    assert len(chosen) == 1000
    assert chosen[-1] > 0.99 * 10**12


class FakeScene:
    """Open3D's scene as far as clouds need it; counts what it is handed."""

    def __init__(self) -> None:
        self.colors: list[np.ndarray] = []
        self.scene = SimpleNamespace(update_geometry=self._update)

    def add_geometry(self, _name: str, cloud: Any, _material: Any, _fast: bool) -> None:
        self._update(_name, cloud, 0)

    def show_geometry(self, name: str, shown: bool) -> None: ...

    def _update(self, _name: str, cloud: Any, _flags: int) -> None:
        self.colors.append(cloud.point.colors.numpy().copy())


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    options = SampleOptions(photos=3, resolution=48, shadows=False, smooth=False)
    folder = tmp_path_factory.mktemp("scene")
    return Project(load_scene(write_sample(generate_sample(options), folder)))


def test_colours_are_handed_over_only_after_something_was_written(project: Project) -> None:
    rgb = project.scene.cloud.rgb.astype(np.float32) / 255
    colors = CloudColors(project, CloudLook(), rgb.copy())
    scene, material = FakeScene(), rendering.MaterialRecord()
    count = len(rgb) // 3
    coarse = CoarseCloud(scene, project.scene.cloud.xyz, colors, count, material)
    np.testing.assert_array_equal(scene.colors[-1], rgb[coarse.chosen])
    coarse.catch_up()
    assert len(scene.colors) == 1, "a moving view would hand over the same for every frame"
    colors.overwrite(coarse.chosen[:5], (1.0, 0.0, 0.0))
    coarse.catch_up()
    assert len(scene.colors) == 2
    np.testing.assert_array_equal(scene.colors[-1][:5], np.tile([1.0, 0.0, 0.0], (5, 1)))
    np.testing.assert_array_equal(scene.colors[-1][5:], rgb[coarse.chosen[5:]])
    colors.refresh(coarse.chosen[:5])
    coarse.catch_up()
    np.testing.assert_allclose(scene.colors[-1], rgb[coarse.chosen], atol=1e-6)
