"""What a panel beside the photo is to the windows that show it: one declaration.

To add one: a file with a `Panel` and its `PanelSpec`, and its name in the table of
`o3d_paint.ui.paint_panels`. The program's window and the paint panel in somebody else's window both
show it then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from o3d_paint.core.arrays import RgbArray
from o3d_paint.project.coverage import Coverage
from o3d_paint.ui.class_actions import ClassHandlers
from o3d_paint.ui.editor import Editor
from o3d_paint.ui.panels.panel import Panel

__all__ = ["PanelNews", "PanelParts", "PanelSpec"]


@dataclass(frozen=True, slots=True)
class PanelParts:
    """What panels are made with.

    Attributes:
        editor: What the user does with the project.
        classes: What the class list does.
        run_command: Does a command by its id.
        tools: Ids of the tools that there are in this window.
    """

    editor: Editor
    classes: ClassHandlers
    run_command: Callable[[str], None]
    tools: frozenset[str]


@dataclass(frozen=True, slots=True)
class PanelNews:
    """What panels show.

    Attributes:
        editor: What the user does with the project.
        coverage: How much is painted and fused; None before it was counted.
        thumbnails: Pictures of photos that have been read, by position.
        tools: Ids of the tools that there are in this window.
    """

    editor: Editor
    coverage: Coverage | None
    thumbnails: Mapping[int, RgbArray]
    tools: frozenset[str]


@dataclass(frozen=True, slots=True)
class PanelSpec:
    """A panel.

    Attributes:
        name: What layouts call it.
        make: Makes it for a project that is opened.
        feed: Gives it what it shows, whenever that may be something else.
        height: Returns the height in device pixels that shows everything well, of a width in
            device pixels and the em; None where the layout has a rule of its own for it.
    """

    name: str
    make: Callable[[PanelParts], Panel]
    feed: Callable[[Any, PanelNews], None]
    height: Callable[[int, float], int] | None = None
