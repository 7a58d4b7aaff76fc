"""Small scenes for tests of the open work."""

from __future__ import annotations

import numpy as np

from o3d_paint.core.camera import Camera
from o3d_paint.core.confidence import ConfidenceRule
from o3d_paint.core.scene import ArrayPhoto, Frame, PointCloud, Scene

MASK_SHAPE = (1080, 160)


def strip_scene(
    num_points: int = 3000, num_frames: int = 4, *, seed: int = 0, photo_seed: int = 0
) -> Scene:
    """A tall wall at z = 2 of which each photo shows a part; masks are 1080 x 160."""
    rng = np.random.default_rng(seed)
    xyz = np.column_stack(
        [
            rng.uniform(-0.35, 0.35, num_points),
            rng.uniform(-1.6, 1.6, num_points),
            np.full(num_points, 2.0),
        ]
    )
    rgb = rng.integers(0, 256, (num_points, 3), dtype=np.uint8)
    frames = tuple(_frame(i, num_frames, photo_seed) for i in range(num_frames))
    rule = ConfidenceRule(None, inclusive=True, reason="test")
    return Scene(
        name="strip",
        cloud=PointCloud(xyz, rgb),
        frames=frames,
        rule=rule,
        spacing=0.02,
        up=np.array([0.0, -1.0, 0.0]),
        metric=True,
    )


def _frame(position: int, count: int, photo_seed: int) -> Frame:
    pixels = np.random.default_rng([photo_seed, position]).integers(
        0, 256, (108, 16, 3), dtype=np.uint8
    )
    pose = np.eye(4)
    pose[1, 3] = -np.linspace(-0.6, 0.6, count)[position] if count > 1 else 0.0
    return Frame(
        name=f"photo_{position:02d}",
        camera=Camera.from_matrix([[54, 0, 7.5], [0, 54, 53.5], [0, 0, 1]], 16, 108),
        cam_from_world=pose,
        photo=ArrayPhoto(pixels),
        depth=np.full((108, 16), 2.0, dtype=np.float32),
    )
