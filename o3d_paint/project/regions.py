"""Regions without classes for the photos of a project, decoded off the UI thread when needed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping

from o3d_paint.core.selection.photo_regions import PhotoRegions
from o3d_paint.project.jobs import Report
from o3d_paint.project.project import Project
from o3d_paint.project.signals import Signal

__all__ = ["RegionStore"]

_KEPT = 3


class RegionStore:
    """Regions of the photos of one project.

    Attributes:
        changed: Told when regions of a photo are there, or others were opened.
        failed: Told of errors.
    """

    def __init__(self, project: Project) -> None:
        """Start without any."""
        self._project = project
        self._readers: Mapping[int, Callable[[], PhotoRegions]] = {}
        self._kept: OrderedDict[int, PhotoRegions] = OrderedDict()
        self.changed: Signal[[]] = Signal()
        self.failed: Signal[[Exception]] = Signal()

    @property
    def frames(self) -> frozenset[int]:
        """Photos that have regions."""
        return frozenset(self._readers)

    def set_readers(self, readers: Mapping[int, Callable[[], PhotoRegions]]) -> None:
        """Take other regions: by position of the photo, what decodes them."""
        self._readers = dict(readers)
        self._kept.clear()
        self.changed.emit()

    def get(self, frame_idx: int) -> PhotoRegions | None:
        """Return the regions of a photo, None while there are none."""
        found = self._kept.get(frame_idx)
        if found is not None:
            self._kept.move_to_end(frame_idx)
        return found

    def is_pending(self, frame_idx: int | None) -> bool:
        """Return whether a photo's regions are being decoded."""
        return frame_idx is not None and self._project.jobs.is_running(("regions", frame_idx))

    def request(self, frame_idx: int) -> PhotoRegions | None:
        """Decode a photo's regions before all else; returns them if they are there already."""
        read = self._readers.get(frame_idx)
        if read is None or frame_idx in self._kept or self.is_pending(frame_idx):
            return self.get(frame_idx)

        def work(report: Report) -> PhotoRegions:
            report(0.0, "regions")
            return read()

        def done(regions: PhotoRegions) -> None:
            if self._readers.get(frame_idx) is not read:
                return
            self._kept[frame_idx] = regions
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            self.changed.emit()

        self._project.jobs.submit(
            ("regions", frame_idx), work, done=done, failed=self.failed.emit, urgent=True
        )
        return self.get(frame_idx)
