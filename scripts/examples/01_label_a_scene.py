"""Label a scene from a few strokes on two of its photos, and write it for other programs.

Run: python 01_label_a_scene.py [SCENE] [FOLDER]; without a scene it takes the sample.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import o3d_paint as op

scene_path = Path(sys.argv[1]) if len(sys.argv) > 1 else op.sample_scene_path()
folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path.cwd()

scene = op.load(scene_path)
print(f"{len(scene.cloud):,} points, {len(scene.frames)} photos")

project = op.Project(scene, classes=["object", "ground"])
for photo in (0, len(scene.frames) - 1):
    # Strokes are given in pixels of the mask, which has 1080 lines at least.
    height, width = scene.frames[photo].mask_shape
    middle = np.array([[0.45, 0.5], [0.55, 0.5]]) * (width, height)
    below = np.array([[0.3, 0.8], [0.7, 0.8]]) * (width, height)
    project.paint(photo, op.Stroke(middle, radius=0.03 * height, class_id=1))
    project.paint(photo, op.Stroke(below, radius=0.03 * height, class_id=2))

labels = project.fuse()
for label_class in project.taxonomy:
    count = np.count_nonzero(labels == label_class.class_id)
    print(f"{label_class.name:<8} {count:>9,} points")

op.export(project, folder / "labelled.ply")
op.export(project, folder / "labelled.glb")
