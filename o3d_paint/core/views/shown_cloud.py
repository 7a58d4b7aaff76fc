"""A cloud as a renderer takes it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.scene import PointCloud

__all__ = ["ShownCloud", "shown_colors"]

_FOR_CENTER = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class ShownCloud:
    """Points near the origin, where single precision holds what a map's coordinates lose.

    Attributes:
        center: (3,) world coordinates of the origin, the median of the cloud.
        xyz: (N, 3) points minus ``center``.
        rgb: (N, 3) the photos' colours, 0 to 1; for the renderer's owner to write into.
    """

    center: FloatArray
    xyz: npt.NDArray[np.float32]
    rgb: npt.NDArray[np.float32]

    @classmethod
    def of(cls, cloud: PointCloud) -> ShownCloud:
        """Convert a cloud: a second or two for twelve million points."""
        center = np.median(cloud.xyz[:: max(1, len(cloud) // _FOR_CENTER)], axis=0)
        xyz = np.empty(cloud.xyz.shape, dtype=np.float32)
        np.subtract(cloud.xyz, center, out=xyz, casting="same_kind")
        return cls(center, xyz, shown_colors(cloud))


def shown_colors(cloud: PointCloud) -> npt.NDArray[np.float32]:
    """Return (N, 3) the photos' colours, 0 to 1."""
    colors: npt.NDArray[np.float32] = np.multiply(cloud.rgb, np.float32(1 / 255), dtype=np.float32)
    return colors
