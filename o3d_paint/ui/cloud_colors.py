"""The colour buffer of the cloud: which points to colour anew, and a bit of it at a time."""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import BoolArray, IndexArray
from o3d_paint.core.views.colorize import CloudLook, Tints, colorize, tints_of
from o3d_paint.core.views.heat import HeatView, heat_colors, heat_levels, write_heat
from o3d_paint.project.project import Project

__all__ = ["PIECE", "CloudColors"]

_SLICE = 100_000
PIECE = 1 << 18
"""Points; the renderer is handed their colours in some five milliseconds."""


class CloudColors:
    """Colours of all points as the 3D view shows them.

    A stroke's few points are coloured at once. A change that concerns all points is worked off in
    slices, so that a large cloud never holds up the hand.

    Attributes:
        buffer: (N, 3) float32 in 0..1.
        stale: (pieces,) which pieces of the buffer the renderer has not seen yet; who hands
            them over takes the marks away.
        version: Another number whenever something was written into the buffer.
    """

    def __init__(self, project: Project, look: CloudLook, buffer: npt.NDArray[np.float32]) -> None:
        """Start with every point due.

        Args:
            project: What is shown.
            look: How.
            buffer: (N, 3) the photos' colours, to begin with; taken over.
        """
        self._project = project
        self._look = look
        self._seen: BoolArray | None = None
        self._heat: HeatView | None = None
        self.buffer = buffer
        self.version = 0
        self.stale: BoolArray = np.ones(-(-len(buffer) // PIECE), dtype=bool)
        self._tints: Tints = tints_of(project.taxonomy.color_table(), look)
        self._next = 0

    def set_look(self, look: CloudLook) -> None:
        """Take another look, or the same after classes changed."""
        self._look = look
        self._tints = tints_of(self._project.taxonomy.color_table(), look)
        self.restart()

    def set_seen(self, seen: BoolArray | None) -> None:
        """Dim all points but the (N,) seen ones; None dims nothing."""
        if seen is not self._seen:
            self._seen = seen
            self.restart()

    def set_heat(self, heat: HeatView | None) -> None:
        """Show what is settled in place of classes; None for classes."""
        if heat != self._heat:
            self._heat = heat
            self.restart()

    def restart(self) -> None:
        """Colour all points anew, little by little."""
        self._next = 0

    def refresh(self, points: IndexArray) -> None:
        """Colour a few points at once; many are left to `work`."""
        if len(points) > _SLICE:
            self.restart()
        else:
            self._write(points)

    def overwrite(self, points: IndexArray, colors: npt.ArrayLike) -> None:
        """Colour points otherwise, (K, 3) or one for all; `refresh` takes it back."""
        self.buffer[points] = colors
        self._mark(points)

    @property
    def is_done(self) -> bool:
        """Whether every point has its colour."""
        return self._next >= len(self.buffer)

    def work(self, seconds: float) -> bool:
        """Colour due points for about so long; returns whether any were."""
        if self.is_done:
            return False
        end = time.perf_counter() + seconds
        while not self.is_done:
            stop = min(self._next + _SLICE, len(self.buffer))
            self._write(np.arange(self._next, stop, dtype=np.int32))
            self._next = stop
            if time.perf_counter() >= end:
                break
        return True

    def _mark(self, points: IndexArray) -> None:
        self.stale[points // PIECE] = True
        self.version += 1

    def _write(self, points: IndexArray) -> None:
        self._mark(points)
        if self._heat is not None:
            self._write_heat(self._heat, points)
            return
        colorize(
            self.buffer,
            self._project.scene.cloud.rgb,
            labels=self._project.labels_of(points),
            sources=self._project.source_of(points),
            tints=self._tints,
            points=points,
            seen=self._seen,
        )

    def _write_heat(self, heat: HeatView, points: IndexArray) -> None:
        project = self._project
        levels = heat_levels(
            heat,
            labels=project.labels_of(points),
            sources=project.source_of(points),
            confidence=project.confidence_of(points),
            contested=np.count_nonzero(project.ballots.tally_of(points)[1], axis=1) > 1,
        )
        rgb = project.scene.cloud.rgb
        write_heat(self.buffer, rgb, levels, colors=heat_colors(heat), points=points)
