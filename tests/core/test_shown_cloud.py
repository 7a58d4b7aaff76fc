from __future__ import annotations

import numpy as np

from o3d_paint.core.scene import PointCloud
from o3d_paint.core.views.shown_cloud import ShownCloud


def test_map_coordinates_keep_their_millimetres() -> None:
    rng = np.random.default_rng(3)
    xyz = np.array([412_345.678, 5_312_345.25, 402.0]) + rng.uniform(-40, 40, (50_000, 3))
    rgb = rng.integers(0, 256, (50_000, 3), dtype=np.uint8)
    shown = ShownCloud.of(PointCloud(xyz, rgb))
    assert shown.xyz.dtype == shown.rgb.dtype == np.float32
    assert shown.xyz.flags.c_contiguous
    assert np.abs(shown.xyz + shown.center - xyz).max() < 1e-5
    np.testing.assert_allclose(shown.rgb * 255, rgb, atol=1e-4)
    assert shown.rgb.flags.writeable
