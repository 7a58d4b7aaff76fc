"""The pixel indexes of photos: built off the UI thread when first needed, and kept while needed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

from o3d_paint.core.consistency import suggested_tolerance
from o3d_paint.core.scene import Scene
from o3d_paint.core.visibility import DepthTolerance, PixelIndex, build_pixel_index
from o3d_paint.fusion.settings import FusionSettings
from o3d_paint.project.jobs import Jobs, Report

__all__ = ["Indexes", "build_index", "depth_tolerance"]

_MAX_IDLE = 6
BUDGET_BYTES = 1 << 30
"""Memory for the indexes of photos with paint; those painted longest ago are built anew."""


def depth_tolerance(scene: Scene, settings: FusionSettings) -> DepthTolerance:
    """Return how far points may lie from depth maps: as measured on the photos, or as asked for.

    The article's own tolerance has nothing to do with depth maps.
    """
    measured, wanted = suggested_tolerance(scene), _tolerance_of(settings)
    return measured if wanted is None else replace(measured, absolute=wanted)


def build_index(scene: Scene, frame_idx: int, tolerance: DepthTolerance) -> PixelIndex:
    """Return the points that a photo shows."""
    return build_pixel_index(
        scene.frames[frame_idx],
        scene.cloud.xyz,
        rule=scene.rule,
        tolerance=tolerance,
        spacing=scene.spacing,
    )


class Indexes:
    """Indexes by photo: of those with paint within a budget, of the others the latest few."""

    def __init__(
        self,
        scene: Scene,
        jobs: Jobs,
        *,
        ready: Callable[[int], None],
        dropped: Callable[[int], None],
    ) -> None:
        """Start without any.

        Args:
            scene: Whose photos.
            jobs: Builds them.
            ready: Told of each new index, on the UI thread.
            dropped: Told of each index with paint that is let go.
        """
        self._scene = scene
        self._jobs = jobs
        self._ready = ready
        self._dropped = dropped
        self._settings = FusionSettings()
        self._tolerance: DepthTolerance | None = None
        self._kept: OrderedDict[int, PixelIndex] = OrderedDict()
        self._idle: OrderedDict[int, PixelIndex] = OrderedDict()

    def get(self, frame_idx: int) -> PixelIndex | None:
        """Return the index of a photo, None while there is none."""
        kept = self._kept.get(frame_idx)
        return kept if kept is not None else self._idle.get(frame_idx)

    def keep(self, frame_idx: int) -> None:
        """Hold on to the index of a photo: the ballots use it."""
        index = self._idle.pop(frame_idx, None)
        if index is not None:
            self._kept[frame_idx] = index
        if frame_idx in self._kept:
            self._kept.move_to_end(frame_idx)
        while len(self._kept) > 1 and self._kept_bytes() > BUDGET_BYTES:
            self._dropped(self._kept.popitem(last=False)[0])

    def is_pending(self, frame_idx: int) -> bool:
        """Return whether an index is being built."""
        return self._jobs.is_running(("index", frame_idx))

    def request(self, frame_idx: int, *, urgent: bool = False) -> None:
        """Build the index of a photo, unless it is there or under way."""
        if self.get(frame_idx) is not None:
            if frame_idx in self._idle:
                self._idle.move_to_end(frame_idx)
            return
        if self.is_pending(frame_idx) and not urgent:
            return

        def build(report: Report) -> PixelIndex:
            report(0.0, f"finding what photo {frame_idx + 1} shows")
            return self._build(frame_idx)

        self._jobs.submit(
            ("index", frame_idx),
            build,
            done=lambda index: self._take(frame_idx, index),
            urgent=urgent,
        )

    def use(self, jobs: Jobs) -> None:
        """Have indexes built by others from now on."""
        self._jobs = jobs

    def follow(self, settings: FusionSettings) -> bool:
        """Take the tolerance of other settings; returns whether all indexes are to be built anew.

        Who uses them asks for them again; those under way are dropped.
        """
        before, self._settings = self._settings, settings
        if _tolerance_of(before) == _tolerance_of(settings):
            return False
        self._tolerance = None
        self._kept.clear()
        self._idle.clear()
        for frame_idx in range(len(self._scene.frames)):
            self._jobs.cancel(("index", frame_idx))
        return True

    def build_now(self, frame_idx: int) -> None:
        """Build the index of a photo on the caller's thread, unless it is there."""
        if self.get(frame_idx) is None:
            self._jobs.cancel(("index", frame_idx))
            self._take(frame_idx, self._build(frame_idx))

    def _kept_bytes(self) -> int:
        return sum(index.nbytes for index in self._kept.values())

    def _take(self, frame_idx: int, index: PixelIndex) -> None:
        self._idle[frame_idx] = index
        while len(self._idle) > _MAX_IDLE:
            self._idle.popitem(last=False)
        self._ready(frame_idx)

    def _build(self, frame_idx: int) -> PixelIndex:
        """Build an index; on a worker, so that the scene's tolerance is measured there too."""
        if self._tolerance is None:
            self._tolerance = depth_tolerance(self._scene, self._settings)
        return build_index(self._scene, frame_idx, self._tolerance)


def _tolerance_of(settings: FusionSettings) -> float | None:
    return None if settings.method == "article" else settings.tolerance
