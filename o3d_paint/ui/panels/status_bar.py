"""The status bar: coverages, the open photo, what is under way, when it was saved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from o3d_paint.ui import theme
from o3d_paint.ui.events import PointerEvent
from o3d_paint.ui.panels.box import Box
from o3d_paint.ui.panels.canvas import Align, Canvas
from o3d_paint.ui.panels.item_panel import ItemPanel
from o3d_paint.ui.panels.items import Button, Item, Label, Look, Progress
from o3d_paint.ui.panels.text import Font, text_width
from o3d_paint.ui.theme import Color, Metrics

__all__ = ["ProgressState", "StatusBar", "StatusState", "percent"]


@dataclass(frozen=True, slots=True)
class ProgressState:
    """Work under way.

    Attributes:
        text: What is done, such as "Fusing".
        share: 0 to 1; None while it cannot be told.
        phase: 0 to 1, moves the wandering piece of a bar whose share cannot be told.
        is_cancellable: Whether a button offers to stop it.
    """

    text: str
    share: float | None = None
    phase: float = 0.0
    is_cancellable: bool = True


@dataclass(frozen=True, slots=True)
class StatusState:
    """What the status bar shows. Shares are 0 to 1; None leaves an entry out.

    Attributes:
        painted: Points with evidence.
        fused: Points with a label that is sure enough.
        confident: Points whose label is confident.
        conflicts: Points on which photos disagree.
        photo: The open photo, such as "photo 7/15 · IMG_0412".
        saved: Such as "saved 14:02" or "not saved".
        has_unsaved: Whether something is not yet on disk.
        message: A word about the tool or what is under the cursor.
        progress: Work under way.
    """

    painted: float | None = None
    fused: float | None = None
    confident: float | None = None
    conflicts: float | None = None
    photo: str = ""
    saved: str = ""
    has_unsaved: bool = False
    message: str = ""
    progress: ProgressState | None = None


_COVERAGES: tuple[tuple[str, Color, str], ...] = (
    ("painted", theme.ACCENT, "Points that a photo's paint, or yours on the cloud, lies on"),
    ("fused", (190, 150, 255), "Points with a label that is sure enough, painted or fused"),
    ("confident", theme.GOOD, "Points whose label has a confidence of at least 0.7"),
    ("conflicts", theme.WARNING, "Points on which photos disagree; click to see them"),
)


def percent(share: float) -> str:
    """Return a share of 0 to 1 in words that never round something to nothing or to all."""
    value = share * 100
    if 0 < value < 0.1:
        return "< 0.1 %"
    if value < 10:
        return f"{value:.1f} %" if value else "0 %"
    if 99 < value < 100:
        return f"{min(value, 99.9):.1f} %"
    return f"{value:.0f} %"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Figure(Item):
    """A coloured dot, a name and a value."""

    name: str
    value: str
    color: Color

    def draw(self, canvas: Canvas, look: Look) -> None:
        m = canvas.metrics
        radius = m.grid(0.75)
        canvas.disc(self.box.x0 + radius, (self.box.y0 + self.box.y1) / 2, radius, self.color)
        font, bold = Font(m.small), Font(m.small, True)
        x = self.box.x0 + 2 * radius + m.grid(1.5)
        words = Box(x, self.box.y0, self.box.x1, self.box.y1)
        used = canvas.text(words, self.name, theme.TEXT_DIM, font=font)
        value = Box(x + used + m.grid(1.25), self.box.y0, self.box.x1, self.box.y1)
        canvas.text(value, self.value, theme.TEXT, font=bold)

    @staticmethod
    def width(metrics: Metrics, name: str, value: str) -> int:
        """Return the width that it needs."""
        words = text_width(name, Font(metrics.small)) + text_width(value, Font(metrics.small, True))
        return words + 2 * metrics.grid(0.75) + metrics.grid(1.5) + metrics.grid(1.25) + 1


class StatusBar(ItemPanel):
    """The line along the bottom of the window.

    Args:
        on_cancel: Called when work under way is to stop.
        on_figure: Called with "painted", "fused", "confident" or "conflicts" when clicked.
    """

    background = theme.WINDOW

    def __init__(self, on_cancel: Callable[[], None], on_figure: Callable[[str], None]) -> None:
        super().__init__()
        self._on_cancel = on_cancel
        self._on_figure = on_figure
        self._state = StatusState()

    @staticmethod
    def preferred_height(em: float) -> int:
        """Return the height in device pixels that shows everything well."""
        return Metrics(em).grid(7)

    def set_model(self, state: StatusState) -> None:
        """Show another state."""
        if state != self._state:
            self._state = state
            self.rebuild()

    def on_click(self, item: Item, event: PointerEvent) -> None:
        """Stop the work, or say which figure was clicked."""
        if event.button != "left":
            return
        if item.key == "cancel":
            self._on_cancel()
        elif isinstance(item, _Figure):
            self._on_figure(item.key)

    def build(self) -> Sequence[Item]:
        """Lay out figures from the left and the rest from the right, the least needed last."""
        m = self.metrics
        right, edge = self._from_right()
        items, x = list[Item](), m.grid(3)
        for name, color, tip in _COVERAGES:
            share = getattr(self._state, name)
            if share is None:
                continue
            value = percent(share)
            width = _Figure.width(m, name, value)
            if x + width > edge:
                return [*items, *right]
            shown = color if name != "conflicts" or share else theme.TRACK
            items.append(
                _Figure(
                    key=name,
                    box=Box.sized(x, 0, width, self.box.height),
                    name=name,
                    value=value,
                    color=shown,
                    tooltip=tip,
                )
            )
            x += width + m.grid(5)
        return [*items, *self._words(x, edge), *right]

    def _words(self, x: int, edge: int) -> list[Item]:
        """Return the open photo and the message, in what room is left."""
        m, items = self.metrics, list[Item]()
        for key, text, color in (
            ("photo", self._state.photo, theme.TEXT),
            ("message", self._state.message, theme.TEXT_DIM),
        ):
            room = edge - x
            if not text or room < m.grid(16):
                continue
            width = min(room, text_width(text, Font(m.small)) + 1)
            items.append(self._label(key, text, Box.sized(x, 0, width, self.box.height), color))
            x += width + m.grid(5)
        return items

    def _from_right(self) -> tuple[list[Item], int]:
        """Return saving state and progress, and where they begin."""
        m, state = self.metrics, self._state
        items, x = list[Item](), self.box.width - m.grid(3)
        if state.saved:
            width = min(x, text_width(state.saved, Font(m.small)) + 1)
            color = theme.WARNING if state.has_unsaved else theme.TEXT_DIM
            box = Box.sized(x - width, 0, width, self.box.height)
            items.append(self._label("saved", state.saved, box, color))
            x = box.x0 - m.grid(4)
        if state.progress is not None and x > m.grid(40):
            items += self._progress(state.progress, x)
            x = min(i.box.x0 for i in items) - m.grid(4)
        return items, x

    def _progress(self, progress: ProgressState, right: int) -> list[Item]:
        m, items, height = self.metrics, list[Item](), self.box.height
        if progress.is_cancellable:
            edge = min(height, m.grid(6))
            box = Box.sized(right - edge, (height - edge) // 2, edge, edge)
            items.append(Button(key="cancel", box=box, icon="x", tooltip="Cancel"))
            right = box.x0 - m.grid(1)
        share = progress.share
        value = "" if share is None else percent(share)
        figure = Box(right - text_width("99.9 %", Font(m.small)), 0, right, height)
        items.append(self._label("progress_value", value, figure, theme.TEXT, is_right=True))
        bar = Box.sized(figure.x0 - m.grid(32), 0, m.grid(30), height)
        thin = bar.middle(bar.width, max(2, m.grid(1)))
        items.append(Progress(key="progress", box=thin, share=share, phase=progress.phase))
        width = min(bar.x0 - m.grid(4), text_width(progress.text, Font(m.small)) + 1)
        if width > m.grid(6):
            words = Box.sized(bar.x0 - m.grid(2) - width, 0, width, height)
            items.append(self._label("progress_text", progress.text, words, theme.TEXT))
        return items

    def _label(
        self, key: str, text: str, box: Box, color: Color, *, is_right: bool = False
    ) -> Label:
        align: Align = "right" if is_right else "left"
        return Label(key=key, box=box, text=text, color=color, size=self.metrics.small, align=align)
