"""Brush and lasso of the 3D view, which paint the points that it shows.

What they do there is the window's; what they are called and how they are reached is declared here.
"""

from __future__ import annotations

from o3d_paint.project.tool_spec import ToolSpec

__all__ = ["BRUSH_3D", "LASSO_3D"]

BRUSH_3D = ToolSpec(
    "brush_3d",
    "Brush on the cloud",
    "cuboid",
    None,
    keys=("Shift+B",),
    hint="Paint in the 3D view, on visible points; turn with the middle button or Space",
    radius=24.0,
    divider=True,
)
LASSO_3D = ToolSpec(
    "lasso_3d",
    "Lasso on the cloud",
    "lasso",
    None,
    keys=("Shift+L",),
    hint="Draw around visible points in the 3D view; turn with the middle button or Space",
)
