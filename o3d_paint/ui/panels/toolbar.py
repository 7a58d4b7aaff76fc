"""The toolbar: files, history, fusing, what the 3D view shows, help."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from o3d_paint.ui import theme
from o3d_paint.ui.events import PointerEvent
from o3d_paint.ui.panels.box import Box
from o3d_paint.ui.panels.canvas import Canvas
from o3d_paint.ui.panels.controls import Segment
from o3d_paint.ui.panels.item_panel import ItemPanel
from o3d_paint.ui.panels.items import Button, Item, Line, Progress, button_width
from o3d_paint.ui.panels.text import Font, text_width
from o3d_paint.ui.theme import Metrics

__all__ = ["TOOLBAR_IDS", "Toolbar", "ToolbarState"]


@dataclass(frozen=True, slots=True)
class ToolbarState:
    """What the toolbar shows.

    Attributes:
        enabled: Commands that can be used now; None for all.
        toggled: Commands that are switched on: "fuse" while its layer is shown, one of the
            "colors_…" modes, "only_this_photo".
        fuse_share: 0 to 1 while fusing runs, None while it does not.
        is_fuse_stale: The paint changed since the last fusing.
        next_gain: What painting the suggested photo would gain, such as ``+4.2 %``.
    """

    enabled: frozenset[str] | None = None
    toggled: frozenset[str] = frozenset()
    fuse_share: float | None = None
    is_fuse_stale: bool = False
    next_gain: str = ""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A button: its name goes first when room is short, the whole button last."""

    command: str
    icon: str
    text: str
    tooltip: str
    weight: int  # how long the name is kept: 0 never shown, 3 longest


_GROUPS: tuple[tuple[_Entry, ...], ...] = (
    (
        _Entry("open", "folder-open", "Open", "Open a scene", 2),
        _Entry("save", "save", "Save", "Save the project", 2),
        _Entry("save_ply", "box", "PLY", "Save the labelled cloud as PLY", 2),
        _Entry("save_glb", "boxes", "GLB", "Save the labelled cloud as GLB", 2),
        _Entry("export", "share-2", "Export…", "Export masks, labels, pictures, films", 1),
    ),
    (
        _Entry("undo", "undo-2", "", "Undo", 0),
        _Entry("redo", "redo-2", "", "Redo", 0),
    ),
    (
        _Entry("fuse", "sparkles", "Fuse", "Spread the paint to the whole cloud", 3),
        _Entry("next_photo", "skip-forward", "Next photo", "Open the photo that helps most", 3),
    ),
)
_MODES = (
    _Entry("colors_photo", "image", "Photo", "Show the cloud in the photos' colours", 2),
    _Entry("colors_labels", "palette", "Labels", "Show the cloud in class colours", 2),
    _Entry("colors_mix", "blend", "Mix", "Show the photos' colours tinted by class", 2),
)
_ONLY = _Entry(
    "only_this_photo", "scan-eye", "Only this photo", "Show only what this photo sees", 1
)
_HELP = _Entry("help", "circle-question-mark", "", "All keys and commands", 0)

TOOLBAR_IDS: tuple[str, ...] = (
    *(e.command for group in _GROUPS for e in group),
    *(e.command for e in _MODES),
    _ONLY.command,
    _HELP.command,
)


class Toolbar(ItemPanel):
    """The row of buttons along the top of the window.

    Args:
        on_command: Called with the id of the command, one of `TOOLBAR_IDS`.
        tooltips: Tooltip by command id, with the key, in place of the built-in ones.
    """

    def __init__(
        self, on_command: Callable[[str], None], *, tooltips: Mapping[str, str] | None = None
    ) -> None:
        super().__init__()
        self._on_command = on_command
        self._tooltips = dict(tooltips or {})
        self._state = ToolbarState()

    @staticmethod
    def preferred_height(em: float) -> int:
        """Return the height in device pixels that shows everything well."""
        return Metrics(em).grid(11)

    def set_model(self, state: ToolbarState) -> None:
        """Show another state."""
        if state != self._state:
            self._state = state
            self.rebuild()

    def on_click(self, item: Item, event: PointerEvent) -> None:
        """Run the button's command."""
        if event.button == "left":
            self._on_command(item.key)

    def draw_ground(self, canvas: Canvas) -> None:
        """Draw the ground with a line to the panels below."""
        canvas.fill(canvas.box, self.background)
        line = self.metrics.line
        canvas.fill(Box(0, self.box.y1 - line, self.box.x1, self.box.y1), theme.WINDOW)

    def build(self) -> Sequence[Item]:
        """Lay out the buttons with as many names as the width allows."""
        for least_weight in (1, 2, 3, 4):
            items, used = self._row(least_weight)
            if used <= self.box.width:
                return items
        # The window is narrower than the bare icons: what does not fit is in the menus.
        return [i for i in items if i.box.x1 <= self.box.width]

    def _row(self, least_weight: int) -> tuple[list[Item], int]:
        """Return the items and the width that they need."""
        m = self.metrics
        x, items = m.grid(2), list[Item]()
        for number, group in enumerate(_GROUPS):
            if number:
                items.append(self._divider(x + m.grid(1.5), number))
                x += m.grid(3) + m.line
            for entry in group:
                button = self._button(entry, x, is_named=entry.weight >= least_weight)
                items.append(button)
                x = button.box.x1 + m.grid(0.5)
        items += self._fuse_marks(items)
        right, width = self._right_end(least_weight)
        shift = max(x + m.grid(2), self.box.width - width - m.grid(2))
        items += [_moved(i, shift) for i in right]
        return items, shift + width + m.grid(2)

    def _right_end(self, least_weight: int) -> tuple[list[Item], int]:
        m = self.metrics
        is_named = least_weight <= 2
        items, x = list[Item](), 0
        widest = max(text_width(e.text, Font(m.body)) for e in _MODES) + m.grid(5)
        for number, entry in enumerate(_MODES):
            width = widest if is_named else m.grid(9)
            items.append(
                Segment(
                    key=entry.command,
                    box=self._place(x, width),
                    text=entry.text if is_named else "",
                    icon=entry.icon,
                    is_on=entry.command in self._state.toggled,
                    is_first=number == 0,
                    is_last=number == len(_MODES) - 1,
                    is_enabled=self._is_enabled(entry.command),
                    tooltip=self._tip(entry),
                )
            )
            x += width
        for entry in (_ONLY, _HELP):
            x += m.grid(2)
            items.append(self._button(entry, x, is_named=entry.weight >= least_weight))
            x = items[-1].box.x1
        return items, x

    def _button(self, entry: _Entry, x: int, *, is_named: bool) -> Button:
        m = self.metrics
        text = entry.text if is_named else ""
        if text and entry.command == "next_photo" and self._state.next_gain:
            text = f"{text}  {self._state.next_gain}"
        width = button_width(m, text, icon=True) if text else m.grid(8)
        return Button(
            key=entry.command,
            box=self._place(x, width),
            text=text,
            icon=entry.icon,
            is_on=entry.command in self._state.toggled,
            is_enabled=self._is_enabled(entry.command),
            tooltip=self._tip(entry),
        )

    def _fuse_marks(self, items: Sequence[Item]) -> list[Item]:
        """Return the progress bar under the fuse button, or the dot that says it is out of date."""
        m, state = self.metrics, self._state
        fuse = next(i for i in items if i.key == "fuse").box
        if state.fuse_share is not None:
            bar = Box(fuse.x0 + m.grid(1), fuse.y1 - m.grid(0.75), fuse.x1 - m.grid(1), fuse.y1)
            return [Progress(key="fuse_progress", box=bar, share=state.fuse_share)]
        if state.is_fuse_stale:
            dot = max(3, m.grid(1.5))
            box = Box.sized(fuse.x1 - dot - m.grid(0.5), fuse.y0 + m.grid(0.5), dot, dot)
            return [Progress(key="fuse_stale", box=box, share=1, color=theme.WARNING)]
        return []

    def _divider(self, x: int, number: int) -> Line:
        m = self.metrics
        bar = Box.sized(x, (self.box.height - m.grid(5)) // 2, m.line, m.grid(5))
        return Line(key=f"divider_{number}", box=bar)

    def _place(self, x: int, width: int) -> Box:
        height = min(self.metrics.grid(8), self.box.height)
        return Box.sized(x, (self.box.height - height) // 2, width, height)

    def _is_enabled(self, command: str) -> bool:
        return self._state.enabled is None or command in self._state.enabled

    def _tip(self, entry: _Entry) -> str:
        return self._tooltips.get(entry.command, entry.tooltip)


def _moved(item: Item, dx: int) -> Item:
    """Return the item shifted to the right."""
    return replace(item, box=item.box.moved(dx, 0))
