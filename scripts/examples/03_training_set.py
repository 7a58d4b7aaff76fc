"""Turn a labelled scene into a training set: a mask for every photo, painted or not.

Run: python 03_training_set.py [SCENE] [FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import o3d_paint as op

scene = op.load(Path(sys.argv[1]) if len(sys.argv) > 1 else op.sample_scene_path())
folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path.cwd()

# Labels may come from anywhere: here every point gets one by its height.
height = scene.cloud.xyz @ scene.up
is_high = height > np.median(height)
taxonomy = op.Taxonomy(
    (op.LabelClass(1, "low", (0, 119, 187)), op.LabelClass(2, "high", (238, 119, 51)))
)
labels = np.where(is_high, 2, 1).astype(np.uint16)
source = np.full(len(labels), 1, dtype=np.uint8)
labelled = op.LabelledScene(scene, taxonomy, labels, source)

for format_name in ("png", "coco", "yolo"):
    done = op.write_masks(labelled, folder / format_name, format_name)
    print(f"{format_name}: {len(done.paths)} files in {folder / format_name}")
