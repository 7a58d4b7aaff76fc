"""Project folders of every format that can be opened, and the scene that they belong to.

``python -m tests.project.golden FOLDER`` writes a folder in the present format, for the day on
which the format changes. Golden folders are never written again.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from o3d_paint.core.brush import Stroke
from o3d_paint.core.scene import ArrayPhoto, PointCloud, Scene
from o3d_paint.project.session import open_session
from tests.project.scenes import strip_scene

FOLDER = Path(__file__).with_name("golden")
CLASSES = ["floor", "wall", "roof"]


def golden_scene() -> Scene:
    """A scene without any random number, whose checksums stay the same for ever."""
    scene = strip_scene(num_points=1, num_frames=3)
    y, x = np.mgrid[-1.5:1.5:60j, -0.25:0.25:10j].reshape(2, -1)
    xyz = np.column_stack([np.round(x, 3), np.round(y, 3), np.full(len(x), 2.0)])
    cloud = PointCloud(xyz, np.full(xyz.shape, 128, dtype=np.uint8))
    frames = tuple(
        replace(frame, photo=ArrayPhoto(np.full((108, 16, 3), 60 * i, dtype=np.uint8)))
        for i, frame in enumerate(scene.frames)
    )
    return replace(scene, cloud=cloud, frames=frames)


def write(root: Path) -> None:
    """Paint so that every kind of record and file occurs, and end as after a crash."""
    session = open_session(golden_scene(), root, classes=CLASSES)
    project = session.project
    project.paint(0, Stroke(np.array([[20.0, 300.0], [140.0, 420.0]]), 30, 1))
    project.paint(2, Stroke(np.array([[80.0, 500.0]]), 60, 3))
    tree = project.add_class("Bäume", (10, 120, 30))
    project.set_layer(np.arange(100, 140), tree)
    project.fuse()
    project.accept(0)
    project.drop_fusion()
    project.paint(1, Stroke(np.array([[80.0, 700.0]]), 50, 2))
    project.undo()
    session.save(wait=True)
    project.redo()
    project.paint(0, Stroke(np.array([[80.0, 400.0]]), 20, 0))
    project.merge_class(3, tree)
    project.undo()
    project.set_locked(1, True)
    project.set_setting("note", "kept")
    session.abandon()
    shutil.rmtree(root / "states")
    arrays = {f"mask_{i}": project.mask(i) for i in range(3)}
    arrays |= {"accepted": project.accepted.labels, "percents": project.accepted.percents}
    np.savez_compressed(root / "expected.npz", labels=project.painted, **arrays)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
