"""Masks of an open project take little memory, and snapshots hold them."""

from __future__ import annotations

import tracemalloc
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from o3d_paint.core.arrays import RgbArray
from o3d_paint.core.brush import Stroke
from o3d_paint.core.camera import Camera
from o3d_paint.core.scene import Frame, Scene
from o3d_paint.project.project import Project
from o3d_paint.project.session import open_session, read_project
from tests.project.scenes import strip_scene

SHAPE = (3000, 4000)
PLAIN = 2 * SHAPE[0] * SHAPE[1]


@dataclass(frozen=True)
class LargePhoto:
    """A grey photo of 12 million pixels that takes no memory until it is looked at."""

    height: int = SHAPE[0]
    width: int = SHAPE[1]

    def pixels(self) -> RgbArray:
        return np.full((*SHAPE, 3), 99, dtype=np.uint8)


def large_scene(count: int) -> Scene:
    plain = strip_scene(num_points=2000, num_frames=1)
    camera = Camera.from_matrix([[40, 0, 19.5], [0, 40, 14.5], [0, 0, 1]], 40, 30)
    depth = np.full((30, 40), 2.0, dtype=np.float32)
    frames = tuple(
        Frame(f"photo_{i:03d}", camera, np.eye(4), LargePhoto(), depth) for i in range(count)
    )
    return replace(plain, frames=frames)


def test_masks_of_large_photos_stay_packed_painted_and_reopened(tmp_path: Path) -> None:
    count, scene = 12, large_scene(12)
    session = open_session(scene, tmp_path / "p.o3dpaint", classes=["a", "b"])
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for i in range(count):
        line = np.array([[300 + 10 * i, 400], [3600, 2500 - 10 * i]])
        session.project.paint(i, Stroke(line, 90.0, 1 + i % 2))
    kept = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert kept < 4.5 * PLAIN
    packed = session.project.packed_masks()
    assert sorted(packed) == list(range(count))
    assert sum(mask.nbytes for mask in packed.values()) < PLAIN / 5
    session.close()

    tracemalloc.start()
    reopened, messages = read_project(tmp_path / "p.o3dpaint", scene)
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert messages == ()
    assert kept < 4.5 * PLAIN
    for i, mask in reopened.masks.items():
        np.testing.assert_array_equal(mask, session.project.mask(i))


def test_a_step_over_many_photos_takes_the_memory_of_a_few() -> None:
    count = 12
    project = Project(large_scene(count), classes=["a", "b"])
    for i in range(count):
        project.paint(i, Stroke(np.array([[300, 400], [3600, 2500]]), 300.0, 1))
    before = {i: mask for i, mask in project.packed_masks().items()}

    def most(verb) -> int:
        tracemalloc.start()
        verb()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    assert most(lambda: project.merge_class(1, 2)) < 7 * PLAIN
    assert {i: m.class_ids.tolist() for i, m in project.packed_masks().items()} == {
        i: [2] for i in range(count)
    }
    assert most(project.undo) < 7 * PLAIN
    for i, mask in project.packed_masks().items():
        np.testing.assert_array_equal(mask.unpacked(), before[i].unpacked())
    assert most(project.redo) < 7 * PLAIN


def test_a_snapshot_holds_the_masks_as_they_are_and_stays_so() -> None:
    project = Project(strip_scene(num_frames=3), classes=["a", "b"])
    line = Stroke(np.array([[10, 300], [150, 320]]), 20.0, 1)
    project.paint(2, line)
    project.paint(0, replace(line, class_id=2))
    first = project.snapshot()
    before = project.mask(0).copy()
    project.paint(0, line)
    second = project.snapshot()
    assert list(first.masks) == list(second.masks) == [0, 2]
    np.testing.assert_array_equal(first.masks[0].unpacked(), before)
    np.testing.assert_array_equal(second.masks[0].unpacked(), project.mask(0))
    assert second.masks[2] is first.masks[2]
    assert first.evidence().masks is first.masks
    assert list(first.evidence().without(0).masks) == [2]
    project.undo()
    np.testing.assert_array_equal(project.snapshot().masks[0].unpacked(), before)
    project.undo()
    assert list(project.snapshot().masks) == [2]
    assert project.snapshot().evidence().class_ids() == {1}
