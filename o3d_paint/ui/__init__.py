"""The window: Open3D widgets, panels, painting. Nothing here is imported before a window is wanted.

``o3d_paint.ui.attach`` puts the paint panel into a window of your own; see `o3d_paint.ui.embed`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from o3d_paint.ui.embed import PaintPanel as PaintPanel
    from o3d_paint.ui.embed import attach as attach

__all__ = ["PaintPanel", "attach"]


def __getattr__(name: str) -> object:
    """Import what is asked for."""
    if name not in __all__:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from o3d_paint.ui import embed

    return getattr(embed, name)
