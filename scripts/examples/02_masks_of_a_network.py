"""Let masks that come from elsewhere vote on the points, and see how well they agree.

Here a threshold on colour stands for a network. Run: python 02_masks_of_a_network.py [SCENE]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import o3d_paint as op

scene = op.load(Path(sys.argv[1]) if len(sys.argv) > 1 else op.sample_scene_path())
project = op.Project(scene, classes=["red", "other"])

for photo, frame in enumerate(scene.frames):
    pixels = frame.photo.pixels().astype(int)
    is_red = pixels[..., 0] > pixels[..., 1:].max(axis=-1) + 40
    # (H, W) class ids at any size of the photo's aspect; 0 would mean unlabelled.
    project.set_mask(photo, np.where(is_red, 1, 2).astype(np.uint16))

labels = project.fuse()
print(f"{np.count_nonzero(labels == 1):,} of {len(labels):,} points are red")

# Each photo is predicted from all others and compared with its own mask.
found = op.evaluate(project)
print(f"photos agree on {found.scores.accuracy:.1%} of the points they share")
