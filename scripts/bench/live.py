"""A brush movement, from the mouse to the colour buffer, without a window.

Beside it, in the same run: what the published way would do for each movement, which is to
back-project all labelled pixels of the photo and look their points up in a KD-tree.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from time import perf_counter

import numpy as np
from scipy.spatial import cKDTree

from o3d_paint.core.scene import Scene
from o3d_paint.core.views.colorize import CloudLook
from o3d_paint.core.views.shown_cloud import shown_colors
from o3d_paint.io.sample import sample_scene_path
from o3d_paint.io.scene import load_scene
from o3d_paint.project.project import Project
from o3d_paint.ui.cloud_colors import CloudColors

RADII = (20, 60, 150)
STEP = 15.0


def main(arguments: list[str]) -> int:
    """Paints random walks on one photo and prints a line for each brush size."""
    parser = argparse.ArgumentParser(prog="bench.py live", description=__doc__)
    parser.add_argument("scene", nargs="?", help="scene file; the sample scene if not given")
    parser.add_argument("--movements", type=int, default=400)
    options = parser.parse_args(arguments)
    scene = load_scene(options.scene or sample_scene_path())
    project = Project(scene)
    start = perf_counter()
    project.request_index(0)
    index = project.index(0)
    assert index is not None
    print(f"{len(scene.cloud):,} points, photo 0 sees {len(index):,};", end=" ")
    print(f"index in {perf_counter() - start:.3f} s; {options.movements} movements each")
    colors = CloudColors(project, CloudLook(), shown_colors(scene.cloud))
    colors.work(60.0)
    project.labels_changed.connect(colors.refresh)
    print(f"{'':<34}{'median ms':>10}{'p95 ms':>9}{'max ms':>9}")
    medians = []
    for radius in RADII:
        times = walk(project, radius, options.movements)
        medians.append(_line(f"radius {radius} px", times))
    baseline = _line("published way, one movement", _published(scene, project.mask(0)))
    print(f"ratio at radius {RADII[0]} px: {baseline / medians[0]:,.0f}x")
    return 0


def walk(project: Project, radius: float, movements: int) -> list[float]:
    """Paints one stroke in a random walk over the photo; returns the time of each movement."""
    rng = np.random.default_rng(int(radius))
    height, width = project.mask(0).shape
    place = np.array([width / 2, height / 2])
    heading = 0.0
    times = []
    project.begin_stroke(0, (place[0], place[1]), class_id=1 + int(radius) % 5, radius=radius)
    for _ in range(movements):
        heading += rng.normal(0, 0.4)
        place = place + STEP * np.array([np.cos(heading), np.sin(heading)])
        place = np.abs(place) % (2 * width, 2 * height)
        place = np.minimum(place, (2 * width, 2 * height) - place)
        times.append(_timed(partial(project.extend_stroke, (place[0], place[1]))))
    project.end_stroke()
    return times


def _published(scene: Scene, mask: np.ndarray) -> list[float]:
    frame = scene.frames[0]
    assert frame.depth is not None
    tree = cKDTree(scene.cloud.xyz)
    height, width = frame.depth.shape
    rows = (np.arange(height) * mask.shape[0]) // height
    columns = (np.arange(width) * mask.shape[1]) // width

    def transfer() -> None:
        painted = mask[rows[:, None], columns].ravel() > 0
        tree.query(frame.back_project()[0][painted], distance_upper_bound=0.01)

    return [_timed(transfer) for _ in range(3)]


def _timed(action: Callable[[], object]) -> float:
    start = perf_counter()
    action()
    return (perf_counter() - start) * 1e3


def _line(title: str, times: list[float]) -> float:
    median, late = np.percentile(times, [50, 95])
    print(f"{title:<34}{median:>10.2f}{late:>9.2f}{max(times):>9.2f}")
    return float(median)
