"""What the panels of one open project ask of the window around them and of its 3D view.

The program's own window and the paint panel in somebody else's both answer to these.
"""

from __future__ import annotations

from typing import Any, Protocol

from o3d_paint.ui.guard import Guard
from o3d_paint.ui.layout import Place
from o3d_paint.ui.panel_host import PanelHost
from o3d_paint.ui.panels.toasts import ToastKind
from o3d_paint.ui.popups import Popups
from o3d_paint.ui.redraw import RedrawPlan

__all__ = ["CardFrame", "LabelledView", "PaintFrame"]


class CardFrame(Protocol):
    """Where menus, questions and other cards open."""

    @property
    def popups(self) -> Popups:
        """The one card that is open."""

    def place_of(self, panel: str) -> Place:
        """Return where a panel lies in the window, device pixels."""


class PaintFrame(CardFrame, Protocol):
    """A window that holds the panels of `o3d_paint.ui.paint_panels`."""

    @property
    def native(self) -> Any:
        """The toolkit's own window."""

    @property
    def guard(self) -> Guard:
        """Wraps callbacks."""

    def panel_host(self, name: str) -> PanelHost:
        """Return the host of a panel by its name."""

    def toast(self, text: str, kind: ToastKind = "info") -> None:
        """Show a message for a moment."""

    def set_class_count(self, count: int) -> None:
        """Make room for so many classes."""

    def layout(self) -> None:
        """Lay the panels out anew at the next drawing."""

    def redraw(self) -> None:
        """Ask for a drawing of the window."""


class LabelledView(Protocol):
    """A 3D view whose cloud follows the labels."""

    @property
    def plan(self) -> RedrawPlan:
        """When it is drawn."""

    def recolored(self) -> None:
        """The colour buffer changed at some points."""

    def changed(self) -> None:
        """All colours are about to change."""

    def wait_for_photo(self) -> None:
        """A photo is about to be drawn: that comes first."""

    def tick(self, *, is_painting: bool) -> bool:
        """Do what is due; returns whether the window has to be drawn."""

    def close(self) -> None:
        """Take the cloud away."""
