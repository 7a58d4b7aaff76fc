"""The panels that one opened project is painted with: photo, tools, classes, strip."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from o3d_paint.core.arrays import RgbArray
from o3d_paint.project.coverage import Coverage
from o3d_paint.project.tools import TOOLS
from o3d_paint.ui import models
from o3d_paint.ui.canvas_style import CanvasActions
from o3d_paint.ui.commands import tooltip_of
from o3d_paint.ui.frames import PaintFrame
from o3d_paint.ui.panel_spec import PanelNews, PanelParts, PanelSpec
from o3d_paint.ui.panels.class_panel import ClassActions, ClassPanel
from o3d_paint.ui.panels.empty_states import Blank, EmptyNote, EmptyNoteState
from o3d_paint.ui.panels.panel import Panel
from o3d_paint.ui.panels.photo_strip import PhotoStrip, PhotoStripState
from o3d_paint.ui.panels.tool_options import ToolActions, ToolOptions
from o3d_paint.ui.photo_canvas import PhotoCanvas
from o3d_paint.ui.photo_overlays import PhotoOverlays

__all__ = ["PANELS", "PaintPanels", "empty_panels", "more_heights"]

_SWITCHES = ("protect", "ghost", "through")


def _options(parts: PanelParts) -> ToolOptions:
    editor, run_command = parts.editor, parts.run_command
    return ToolOptions(
        ToolActions(
            select_tool=lambda tool: (
                run_command(tool) if TOOLS[tool].needs_something else editor.choose_tool(tool)
            ),
            toggle_option=run_command,
            set_size=editor.set_radius,
            set_opacity=editor.set_opacity,
        ),
        tooltips={i: tooltip_of(i) for i in (*parts.tools, *_SWITCHES)},
    )


def _classes(parts: PanelParts) -> ClassPanel:
    classes = parts.classes
    return ClassPanel(
        ClassActions(
            select=classes.select,
            toggle_hidden=classes.toggle_hidden,
            toggle_locked=classes.toggle_locked,
            rename=classes.rename,
            recolor=classes.recolor,
            open_menu=classes.open_menu,
            add=classes.add,
            move=classes.move,
        )
    )


def _strip(parts: PanelParts) -> PhotoStrip:
    return PhotoStrip(parts.editor.open_photo, lambda i: parts.editor.view(hover_idx=i))


OPTIONS = PanelSpec(
    "options",
    _options,
    lambda panel, news: panel.set_model(models.options_state(news.editor, news.tools)),
)
CLASSES = PanelSpec(
    "classes",
    _classes,
    lambda panel, news: panel.set_model(models.class_state(news.editor, news.coverage)),
)
STRIP = PanelSpec(
    "strip",
    _strip,
    lambda panel, news: panel.set_model(models.strip_state(news.editor, news.thumbnails)),
)
PANELS: dict[str, PanelSpec] = {spec.name: spec for spec in (OPTIONS, CLASSES, STRIP)}
"""By name; those without a rule of the layout lie below the classes, in this order."""


class PaintPanels:
    """The panels of one project, each of which calls the editor itself.

    Args:
        parts: What they are made with.
        overlays: Knows which class lies under the pointer.
    """

    def __init__(self, parts: PanelParts, overlays: PhotoOverlays) -> None:
        self._editor = parts.editor
        self._tools = parts.tools
        self.canvas = PhotoCanvas(self._canvas_actions(overlays))
        self.note = EmptyNote()
        self.note.set_model(EmptyNoteState())
        self._panels = {name: spec.make(parts) for name, spec in PANELS.items()}

    @property
    def wanted_photos(self) -> Iterable[int]:
        """Photos whose thumbnails would show if they were there."""
        strip = self._panels[STRIP.name]
        return strip.wanted if isinstance(strip, PhotoStrip) else ()

    def show_in(self, frame: PaintFrame) -> None:
        """Take the places of the panels that a window shows now."""
        frame.panel_host("canvas").swap(self.note)
        for name, panel in self._panels.items():
            frame.panel_host(name).swap(panel)

    def show_canvas(self, frame: PaintFrame, *, has_photo: bool) -> None:
        """Show the photo, or what to do to get one."""
        host = frame.panel_host("canvas")
        panel: Panel = self.canvas if has_photo else self.note
        if host.panel is not panel:
            host.swap(panel)
            frame.layout()

    def feed(self, coverage: Coverage | None, thumbnails: Mapping[int, RgbArray]) -> None:
        """Give all but the photo what they say now."""
        news = PanelNews(self._editor, coverage, thumbnails, self._tools)
        for name, panel in self._panels.items():
            PANELS[name].feed(panel, news)

    def _canvas_actions(self, overlays: PhotoOverlays) -> CanvasActions:
        editor = self._editor
        return CanvasActions(
            press=lambda u, v, erasing, is_double, grip: editor.press(
                u,
                v,
                erasing,
                is_double=is_double,
                grip=grip,
                modifiers=self.canvas.modifiers,
            ),
            drag=editor.drag,
            release=editor.release,
            pick=lambda u, v: editor.choose_class(overlays.class_at(u, v)),
            brush_steps=editor.step_radius,
            hover=lambda at: editor.hover(*at) if at is not None else editor.leave(),
        )


def empty_panels() -> dict[str, Panel]:
    """Return what stands in the same places while nothing is open, by name."""

    def nothing(*_of_that: object) -> None:
        """Nothing is open."""

    options = ToolOptions(ToolActions(*[nothing] * 4))
    options.set_model(models.options_state(None, frozenset()))
    classes = ClassPanel(ClassActions(*[nothing] * 8))
    classes.set_model(models.class_state(None, None))
    strip = PhotoStrip(nothing, nothing)
    strip.set_model(PhotoStripState())
    note = EmptyNote()
    note.set_model(EmptyNoteState("image", "Photos are painted here", "Open a scene first."))
    blank = {name: Blank() for name in more_heights()}
    return {"options": options, "canvas": note, "classes": classes, "strip": strip, **blank}


def more_heights() -> dict[str, Callable[[int, float], int]]:
    """Return the heights of the panels for which the layout has no rule, by name."""
    return {name: spec.height for name, spec in PANELS.items() if spec.height is not None}
