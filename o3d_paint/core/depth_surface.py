"""What a depth map says about the surface in each of its pixels: how it lies, and how sure that is.

Equation (1) of `assets/docs/visibility.md`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from o3d_paint.core.confidence import ConfidenceRule
from o3d_paint.core.depth_states import DOUBTED, TRUSTED
from o3d_paint.core.scene import Frame

__all__ = ["DepthSurface", "depth_surface"]

# A larger second difference of inverse depth, as a share of it, is a jump: planes have none at any
# slant, noise of depth cameras stays below a third of it.
_EDGE = 0.03


@dataclass(frozen=True, slots=True, eq=False)
class DepthSurface:
    """The front surface of a photo with depth.

    Attributes:
        planes: (h, w, 4) float32 inverse depth in the middle of each pixel, its change by column
            and by row, and the length of the plane's vector n (n . X = 1 on it, camera axes).
        state: (h, w) uint8 `HOLE`, `UNSURE`, `RIM` or `SMOOTH`.
        level: (h, w) uint8 0 where depth is not known, `DOUBTED` or `TRUSTED`; 0 everywhere in a
            photo of which nothing is trusted.
    """

    planes: npt.NDArray[np.float32]
    state: npt.NDArray[np.uint8]
    level: npt.NDArray[np.uint8]


def depth_surface(frame: Frame, rule: ConfidenceRule) -> DepthSurface:
    """Find how the surface lies in each pixel of a photo's depth map.

    Raises:
        ValueError: The frame has no depth.
    """
    from o3d_paint.core.kernels.depth_planes import fit_planes

    if frame.depth is None:
        msg = f"frame {frame.name!r} has no depth"
        raise ValueError(msg)
    depth = np.ascontiguousarray(frame.depth, dtype=np.float32)
    h, w = depth.shape
    with np.errstate(all="ignore"):
        # Estimators and failed reconstructions write depths whose inverse no number can hold.
        nearness = np.float32(1) / depth
        is_known = (nearness > 0) & (depth > 0) & np.isfinite(nearness)
    level = np.where(is_known, np.uint8(TRUSTED), np.uint8(0))
    if frame.confidence is not None:
        is_trusted = is_known & rule.keep(frame.confidence)
        # Beside depth that is trusted less sure one says something; alone it would set the
        # threshold aside that somebody asked for.
        level[is_known & ~is_trusted] = DOUBTED if is_trusted.any() else 0
    camera = frame.camera.resized(w, h)
    lens = np.array([camera.fx, camera.fy, camera.cx, camera.cy], dtype=np.float32)
    planes, state = np.zeros((h, w, 4), dtype=np.float32), np.empty((h, w), dtype=np.uint8)
    fit_planes(
        nearness.astype(np.float32, copy=False), level, lens, np.float32(_EDGE), planes, state
    )
    return DepthSurface(planes, state, level)
