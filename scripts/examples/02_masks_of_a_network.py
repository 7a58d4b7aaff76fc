"""Let masks that come from elsewhere vote on the points, and see how well they agree.

Here a threshold on colour stands for a network; a folder of its masks is taken as well.
Run: python 02_masks_of_a_network.py [SCENE] [FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import o3d_paint as op

scene = op.load(Path(sys.argv[1]) if len(sys.argv) > 1 else op.sample_scene_path())
folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path.cwd()

masks = {}
for photo, frame in enumerate(scene.frames):
    pixels = frame.photo.pixels().astype(int)
    is_red = pixels[..., 0] > pixels[..., 1:].max(axis=-1) + 40
    # (H, W) class ids at any size of the photo's aspect; 0 would mean unlabelled.
    masks[photo] = np.where(is_red, 1, 2)

project = op.Project.from_masks(scene, masks, classes=["red", "other"])
project.fuse()
for line in op.statistics(project):
    print(f"{line.name:<12} {line.points:>9,} points, {line.sure:,} of them sure")

# Each photo is predicted from all others and compared with its own mask.
found = op.evaluate(project)
print(f"photos agree on {found.scores.accuracy:.1%} of the points they share")

# The window and every command open it.
print("saved", op.save(project, folder / "network.o3dpaint"))
