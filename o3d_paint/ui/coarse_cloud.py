"""A thin copy of the cloud, for the time in which the eye or the hand moves."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from o3d_paint.ui.cloud_colors import CloudColors
from o3d_paint.ui.cloud_pieces import CloudPieces

__all__ = ["CoarseCloud", "spread_choice"]


class CoarseCloud(CloudPieces):
    """Some of the points, with their colours of the whole cloud's buffer; handed over at once.

    Args:
        scene: An ``Open3DScene``.
        xyz: (N, 3) float32 positions of all points.
        colors: Their colours.
        count: How many to take, one piece at most.
        material: How points are drawn.
    """

    def __init__(
        self,
        scene: Any,
        xyz: npt.NDArray[np.float32],
        colors: CloudColors,
        count: int,
        material: Any,
    ) -> None:
        self.chosen = spread_choice(len(xyz), count)
        self._all = colors
        self._version = colors.version
        self._colors = colors.buffer[self.chosen]
        super().__init__(scene, "cloud_coarse", xyz[self.chosen], self._colors, material)
        self.add_piece()

    def catch_up(self) -> None:
        """Hand over the colours of this moment, if any changed."""
        if self._version == self._all.version:
            return
        self._version = self._all.version
        np.take(self._all.buffer, self.chosen, axis=0, out=self._colors)
        self.upload(np.ones(1, dtype=bool), 0.0)


def spread_choice(total: int, count: int) -> npt.NDArray[np.int64]:
    """Return ascending positions of ``count`` of ``total`` points, one at random of each stretch.

    Drawing without putting back would shuffle all of them, a second for twelve million.
    """
    edges = np.arange(count + 1) * total // max(1, count)
    share = np.random.default_rng(0).random(count)
    chosen: npt.NDArray[np.int64] = edges[:-1] + (share * np.diff(edges)).astype(np.int64)
    return chosen
