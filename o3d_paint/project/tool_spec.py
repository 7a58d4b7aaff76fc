"""What a tool is to the program: one declaration, from which all that shows it is made.

Its command, menu entry, keys, button with icon and tooltip, brush cursor, row in the overlay
and in the page of keys come from here. To add one: a file with a `Tool` and its `ToolSpec`,
and its name in the table of `o3d_paint.project.tools`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from o3d_paint.project.features import FeatureStore
from o3d_paint.project.gestures import Tool
from o3d_paint.project.jobs import InlineJobs, Jobs
from o3d_paint.project.project import Project
from o3d_paint.project.regions import RegionStore

__all__ = ["ToolParts", "ToolSpec"]


@dataclass(frozen=True, slots=True)
class ToolParts:
    """What tools are made with.

    Attributes:
        project: What is painted.
        features: What was found out about the colours of photos.
        regions: Regions without classes.
        make_jobs: Makes what work runs on that is not to hold up the window.
    """

    project: Project
    features: FeatureStore
    regions: RegionStore
    make_jobs: Callable[[], Jobs] = InlineJobs


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool.

    Attributes:
        tool_id: What commands, buttons and tests call it.
        title: What menus and the overlay of keys say.
        icon: Name of a shipped icon.
        make: Makes it; None for a tool of the 3D view, which on a photo is the brush.
        keys: Such as ``"Shift+B"``; any of them takes it.
        hint: What the tooltip says before the key; "" for the title.
        radius: Its size at first, in mask pixels (of the 3D view's tools, pixels of the view); the
            cursor is a ring of that size. None for a tool without a size, whose cursor is an arrow.
        erases: Whether it paints "unlabelled"; its ring is white.
        needs_features: Whether it waits for a photo's features.
        needs_something: Whether it needs a file or a package first: its button shows where that is
            there, its command asks for it where it is not.
        is_held: Whether letting its key go brings the tool before back.
        divider: Whether a line goes before it in the menu.
    """

    tool_id: str
    title: str
    icon: str
    make: Callable[[ToolParts], Tool] | None
    keys: tuple[str, ...] = ()
    hint: str = ""
    radius: float | None = None
    erases: bool = False
    needs_features: bool = False
    needs_something: bool = False
    is_held: bool = False
    divider: bool = False

    @property
    def is_of_3d_view(self) -> bool:
        """Whether it works in the 3D view."""
        return self.make is None
