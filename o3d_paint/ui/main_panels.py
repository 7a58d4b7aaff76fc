"""The panels of the program's window that are there whatever is open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from o3d_paint.ui.commands import tooltip_of
from o3d_paint.ui.frames import PaintFrame
from o3d_paint.ui.models import toolbar_state
from o3d_paint.ui.paint_panels import empty_panels
from o3d_paint.ui.panels.empty_states import Welcome
from o3d_paint.ui.panels.panel import Panel
from o3d_paint.ui.panels.splitter import Splitter
from o3d_paint.ui.panels.status_bar import StatusBar, StatusState
from o3d_paint.ui.panels.toolbar import TOOLBAR_IDS, Toolbar

__all__ = ["MainPanels", "PanelActions"]

_FIGURES = {
    "painted": "coverage",
    "fused": "coverage",
    "confident": "confidence",
    "conflicts": "conflicts",
}
"""By the figures of the status bar, the commands that show them in 3D."""


@dataclass(frozen=True, slots=True)
class PanelActions:
    """What panels call.

    Attributes:
        command: A button, by command id.
        move_splitter: By device pixels.
        reset_splitter: To the middle.
        open_recent: A scene of the welcome, by its path.
    """

    command: Callable[[str], None]
    move_splitter: Callable[[float], None]
    reset_splitter: Callable[[], None]
    open_recent: Callable[[str], None]


class MainPanels:
    """The panels."""

    def __init__(self, actions: PanelActions) -> None:
        """Make all panels, empty."""
        command = actions.command
        self.toolbar = Toolbar(command, tooltips={i: tooltip_of(i) for i in TOOLBAR_IDS})
        self.status = StatusBar(lambda: command("cancel"), lambda name: command(_FIGURES[name]))
        self.splitter = Splitter(actions.move_splitter, actions.reset_splitter)
        self.welcome = Welcome(
            lambda: command("open"), lambda: command("open_sample"), actions.open_recent
        )
        self._show_nothing()

    @property
    def by_name(self) -> dict[str, Panel]:
        """By the names of the layout, with what stands where an opened project's will."""
        return {
            **empty_panels(),
            "toolbar": self.toolbar,
            "status": self.status,
            "splitter": self.splitter,
            "welcome": self.welcome,
        }

    def empty(self, frame: PaintFrame) -> None:
        """Show that nothing is open."""
        for name, panel in empty_panels().items():
            frame.panel_host(name).swap(panel)
        self._show_nothing()
        frame.layout()

    def _show_nothing(self) -> None:
        self.toolbar.set_model(toolbar_state(None, fuse_share=None))
        self.status.set_model(StatusState())
