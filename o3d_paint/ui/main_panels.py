"""All panels of the window, made once and fed by whoever is at work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from o3d_paint.project.tools import TOOLS
from o3d_paint.ui.canvas_style import CanvasActions
from o3d_paint.ui.commands import tooltip_of
from o3d_paint.ui.editor import CLOUD_TOOLS, EXTRA_TOOLS
from o3d_paint.ui.models import class_state, options_state, toolbar_state
from o3d_paint.ui.panels.class_panel import ClassActions, ClassPanel
from o3d_paint.ui.panels.empty_states import EmptyNote, EmptyNoteState, Welcome
from o3d_paint.ui.panels.panel import Panel
from o3d_paint.ui.panels.photo_strip import PhotoStrip, PhotoStripState
from o3d_paint.ui.panels.splitter import Splitter
from o3d_paint.ui.panels.status_bar import StatusBar, StatusState
from o3d_paint.ui.panels.tool_options import ToolActions, ToolOptions
from o3d_paint.ui.panels.toolbar import TOOLBAR_IDS, Toolbar
from o3d_paint.ui.photo_canvas import PhotoCanvas
from o3d_paint.ui.window import Window

__all__ = ["MainPanels", "PanelActions"]


@dataclass(frozen=True, slots=True)
class PanelActions:
    """What panels call.

    Attributes:
        command: A toolbar button, by command id.
        tool: The tool options.
        classes: The class list.
        canvas: The paint panel.
        open_photo: A photo of the strip was clicked.
        hover_photo: The pointer is over a photo of the strip, or over none.
        cancel_work: The status bar's cross.
        figure: A figure of the status bar.
        move_splitter: By device pixels.
        reset_splitter: To the middle.
        open_recent: A scene of the welcome.
    """

    command: Callable[[str], None]
    tool: ToolActions
    classes: ClassActions
    canvas: CanvasActions
    open_photo: Callable[[int], None]
    hover_photo: Callable[[int | None], None]
    cancel_work: Callable[[], None]
    figure: Callable[[str], None]
    move_splitter: Callable[[float], None]
    reset_splitter: Callable[[], None]
    open_recent: Callable[[str], None]


class MainPanels:
    """The panels."""

    def __init__(self, actions: PanelActions) -> None:
        """Make all panels, empty."""
        command = actions.command
        self.tools = frozenset(TOOLS) | CLOUD_TOOLS | EXTRA_TOOLS
        self.toolbar = Toolbar(command, tooltips={i: tooltip_of(i) for i in TOOLBAR_IDS})
        names = (*self.tools, "protect", "ghost", "through")
        self.options = ToolOptions(actions.tool, tooltips={i: tooltip_of(i) for i in names})
        self.canvas = PhotoCanvas(actions.canvas)
        self.note = EmptyNote()
        self.classes = ClassPanel(actions.classes)
        self.strip = PhotoStrip(actions.open_photo, actions.hover_photo)
        self.status = StatusBar(actions.cancel_work, actions.figure)
        self.splitter = Splitter(actions.move_splitter, actions.reset_splitter)
        self.welcome = Welcome(
            lambda: command("open"), lambda: command("open_sample"), actions.open_recent
        )

    @property
    def by_name(self) -> dict[str, Panel]:
        """By the names of the layout."""
        return {
            "toolbar": self.toolbar,
            "options": self.options,
            "canvas": self.note,
            "classes": self.classes,
            "strip": self.strip,
            "status": self.status,
            "splitter": self.splitter,
            "welcome": self.welcome,
        }

    def show_canvas(self, window: Window, *, has_photo: bool) -> None:
        """Show the photo, or what to do to get one."""
        host = window.panel_host("canvas")
        panel: Panel = self.canvas if has_photo else self.note
        if host.panel is not panel:
            host.swap(panel)
            window.layout()

    def filled(self) -> None:
        """Show what to do first with a scene."""
        self.note.set_model(EmptyNoteState())

    def empty(self) -> None:
        """Show that nothing is open."""
        self.note.set_model(
            EmptyNoteState("image", "Photos are painted here", "Open a scene first.")
        )
        self.toolbar.set_model(toolbar_state(None, fuse_share=None))
        self.options.set_model(options_state(None, self.tools))
        self.classes.set_model(class_state(None, None))
        self.strip.set_model(PhotoStripState())
        self.status.set_model(StatusState())
