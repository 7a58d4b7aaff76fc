"""A scene that nobody uses any more takes no memory, also before Python looks for circles."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import o3d_paint as op
from o3d_paint.core.brush import Stroke
from o3d_paint.core.scene import Scene
from o3d_paint.project.jobs import Mailbox
from o3d_paint.project.project import Project
from o3d_paint.project.session import open_session, read_project
from o3d_paint.project.signals import Signal, weakly
from tests.io.ball_on_floor import arrays, save
from tests.project.scenes import strip_scene


@pytest.fixture(autouse=True)
def _no_search_for_circles() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def paint(project: Project) -> None:
    for i in range(3):
        project.paint(i, Stroke(np.array([[10.0, 300.0], [150.0, 700.0]]), 60, 1 + i % 2))
    project.undo()
    project.set_layer(np.arange(40), 2)


def alone(scene: Scene, _: Path) -> None:
    paint(Project(scene, ["a", "b"]))


def fused(scene: Scene, folder: Path) -> None:
    project = Project(scene, ["a", "b"])
    paint(project)
    project.fuse()
    op.export(project, folder / "a.ply")
    op.write_masks(project, folder / "masks")


def kept_in_a_folder(scene: Scene, folder: Path) -> None:
    with_folder = open_session(scene, folder / "p", classes=["a", "b"])
    paint(with_folder.project)
    with_folder.project.fuse()
    with_folder.save(wait=True)
    with_folder.close()


def saved_elsewhere(scene: Scene, folder: Path) -> None:
    session = open_session(scene, folder / "q", classes=["a", "b"])
    paint(session.project)
    session.save_as(folder / "r")
    session.close()


def as_in_a_window(scene: Scene, folder: Path) -> None:
    mailbox = Mailbox()
    session = open_session(scene, folder / "w", classes=["a", "b"], post=mailbox.post)
    paint(session.project)
    mailbox.run_until(lambda: not session.project.missing_indexes())
    done: list[int] = []
    session.project.request_fuse(then=lambda: done.append(1))
    assert mailbox.run_until(lambda: bool(done))
    session.close()
    mailbox.run_pending()


def looked_at(scene: Scene, folder: Path) -> None:
    kept_in_a_folder(scene, folder)
    read_project(folder / "p", scene)


@pytest.mark.parametrize(
    "work", [alone, fused, kept_in_a_folder, saved_elsewhere, as_in_a_window, looked_at]
)
def test_the_points_of_a_scene_go_with_it(tmp_path: Path, work) -> None:
    scene = strip_scene()
    points = weakref.ref(scene.cloud.xyz)
    work(scene, tmp_path)
    del scene
    assert points() is None


def test_a_scene_that_was_only_read_goes(tmp_path: Path) -> None:
    scene = op.load(save(tmp_path / "s.npz", arrays()[0]))
    points = weakref.ref(scene.cloud.xyz)
    del scene
    assert points() is None


@pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux says of the memory")
def test_twenty_scenes_one_after_another_take_what_one_takes(tmp_path: Path) -> None:
    path = save(tmp_path / "s.npz", arrays(photos=4, h=100, w=140)[0])
    taken = []
    for n in range(20):
        scene = op.load(path)
        session = open_session(scene, tmp_path / f"{n}.o3dpaint", classes=["a", "b"])
        masks = np.ones(scene.frames[0].mask_shape, np.uint16)
        session.project.set_mask(0, masks)
        session.project.fuse()
        session.close()
        del scene, session, masks
        taken.append(int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6)
    # One of these scenes takes 10 MB with its project.
    assert taken[-1] - taken[4] < 40


def test_a_weak_listener_hears_while_it_lives() -> None:
    class Listener:
        def __init__(self) -> None:
            self.heard: list[int] = []

        def hear(self, number: int) -> None:
            self.heard.append(number)

    signal: Signal[[int]] = Signal()
    listener = Listener()
    signal.connect(weakly(listener.hear))
    signal.emit(1)
    assert listener.heard == [1]
    known = weakref.ref(listener)
    del listener
    signal.emit(2)
    assert known() is None
