"""Regions of Segment Anything: a click gives the one under the pointer the class."""

from __future__ import annotations

from o3d_paint.core.selection.photo_regions import Area
from o3d_paint.project.gestures import Point, Sketch, Tool, ToolContext
from o3d_paint.project.project import Project
from o3d_paint.project.regions import RegionStore
from o3d_paint.project.tool_spec import ToolSpec

__all__ = ["REGION", "RegionTool"]


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


REGION = ToolSpec(
    "region",
    "Regions of Segment Anything",
    "mouse-pointer-click",
    lambda parts: RegionTool(parts.project, parts.regions),
    keys=("S",),
    hint="Regions: a click gives the one under the cursor the class, another click the next larger",
    needs_something=True,
)
