"""Every tool, as one table: what a press, a drag and a release do to the project.

A tool knows neither window nor widget: positions are mask pixels. The window's menus, keys, buttons
and cursors are made from this table, in its order.
"""

from __future__ import annotations

from o3d_paint.project.brush_tool import BRUSH, ERASER
from o3d_paint.project.cloud_tools import BRUSH_3D, LASSO_3D
from o3d_paint.project.plugin_tool import PLUGIN
from o3d_paint.project.polygon_tool import POLYGON
from o3d_paint.project.region_tool import REGION
from o3d_paint.project.selection_tools import ASSIST, FILL, OUTLINE
from o3d_paint.project.tool_spec import ToolSpec

__all__ = ["TOOLS"]

TOOLS: dict[str, ToolSpec] = {
    spec.tool_id: spec
    for spec in (
        BRUSH,
        ERASER,
        POLYGON,
        FILL,
        ASSIST,
        OUTLINE,
        REGION,
        PLUGIN,
        BRUSH_3D,
        LASSO_3D,
    )
}
"""By id."""
