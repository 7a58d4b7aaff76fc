"""The ball on a floor with a cloud from a file of any format, and labels for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from o3d_paint.core.taxonomy import LabelClass, Taxonomy
from o3d_paint.io.exporters import LabelledScene
from o3d_paint.io.scene import LoadOptions, load_scene
from tests.io.ball_on_floor import arrays, save, with_points

FLOOR, BALL = 1, 2
TAXONOMY = Taxonomy((LabelClass(1, "floor", (1, 2, 3)), LabelClass(2, "ball", (4, 5, 6))))
UTM = (448_123.0, 5_411_987.0, 312.0)


def points() -> tuple[np.ndarray, np.ndarray]:
    """(N, 3) points in map coordinates, and their (N, 3) uint8 colours."""
    data = with_points(arrays(offset=UTM)[0])
    return data["points_3d"], np.round(data["colors_3d"] * 255).astype(np.uint8)


def labelled_by(cloud: Path, taxonomy: Taxonomy = TAXONOMY) -> LabelledScene:
    """Return the scene of a cloud's file, labelled by height; every 11th point has no label.

    Labels are those of the first two classes.
    """
    scene_file = save(cloud.parent / "scene.npz", arrays(offset=UTM)[0])
    scene = load_scene(scene_file, LoadOptions(cloud=cloud))
    floor, ball = (c.class_id for c in list(taxonomy)[:2])
    labels = np.where(scene.cloud.xyz[:, 2] - UTM[2] > 0.01, ball, floor).astype(np.uint16)
    labels[::11] = 0
    count = len(labels)
    confidence = np.linspace(0, 1, count).astype(np.float32)
    source = (np.arange(count) % 4).astype(np.uint8)
    return LabelledScene(scene, taxonomy, labels, source, confidence)
