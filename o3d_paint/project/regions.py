"""Regions without classes for the photos of a project, decoded off the UI thread when needed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping

from o3d_paint.core.selection.photo_regions import Area, PhotoRegions
from o3d_paint.project.gestures import Point, Sketch, Tool, ToolContext
from o3d_paint.project.jobs import Report
from o3d_paint.project.project import Project
from o3d_paint.project.signals import Signal

__all__ = ["RegionStore", "RegionTool"]

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


class RegionTool(Tool):
    """Shows the region under the pointer; a click gives it the class, another one the next larger.

    The smallest region that a click would change comes first.
    """

    def __init__(self, project: Project, store: RegionStore) -> None:
        """Paint on a project with regions."""
        self._project = project
        self._store = store
        self._context: ToolContext | None = None
        self._hovered: tuple[ToolContext, Point] | None = None

    @property
    def is_active(self) -> bool:
        """Whether a button is down."""
        return self._context is not None

    @property
    def sketch(self) -> Sketch | None:
        """The region that a click would paint."""
        if self._hovered is None:
            return None
        context, point = self._hovered
        if self._store.is_pending(context.frame_idx):
            return Sketch(context.class_id, waits_at=point)
        area = self._area(context, point)
        return None if area is None else Sketch(context.class_id, area=area)

    def press(self, context: ToolContext, point: Point) -> None:
        """Choose the region under the pointer."""
        self._context = context
        self.look(context, point)

    def drag(self, point: Point) -> None:
        """Choose another one."""
        if self._context is not None:
            self.look(self._context, point)

    def look(self, context: ToolContext | None, point: Point) -> None:
        """The pointer is over a photo, or over none."""
        self._hovered = None if context is None else (context, point)
        if context is not None:
            self._store.request(context.frame_idx)

    def release(self) -> None:
        """Paint the region."""
        context, self._context = self._context, None
        if context is None or self._hovered is None:
            return
        area = self._area(context, self._hovered[1])
        if area is not None:
            self._project.paint_area(
                context.frame_idx,
                area[0],
                coverage=area[1],
                class_id=context.class_id,
                protect=context.protect,
                name="region" if context.class_id else "erase",
            )

    def cancel(self) -> None:
        """Forget the region."""
        self._context, self._hovered = None, None

    def _area(self, context: ToolContext, point: Point) -> Area | None:
        regions = self._store.get(context.frame_idx)
        if regions is None:
            return None
        mask = self._project.mask(context.frame_idx)
        return regions.at(*point, mask=mask, class_id=context.class_id)
