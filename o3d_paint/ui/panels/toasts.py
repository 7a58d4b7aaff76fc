"""Messages that come, stay for a moment and fade."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from o3d_paint.ui import theme
from o3d_paint.ui.events import PointerEvent
from o3d_paint.ui.panels.box import Box
from o3d_paint.ui.panels.canvas import Canvas
from o3d_paint.ui.panels.item_panel import ItemPanel
from o3d_paint.ui.panels.items import Item, Look
from o3d_paint.ui.panels.popup import bounded, line_height
from o3d_paint.ui.panels.text import Font, text_width, wrapped
from o3d_paint.ui.theme import Color, Metrics

__all__ = ["Toast", "ToastKind", "ToastQueue", "Toasts"]

ToastKind = Literal["info", "good", "warning", "error"]
_ICONS: dict[ToastKind, tuple[str, Color]] = {
    "info": ("info", theme.ACCENT),
    "good": ("circle-check", theme.GOOD),
    "warning": ("triangle-alert", theme.WARNING),
    "error": ("circle-alert", theme.DANGER),
}
_SECONDS: dict[ToastKind, float] = {"info": 4.0, "good": 4.0, "warning": 7.0, "error": 12.0}
_SECONDS_PER_CHARACTER = 0.03
_FADE_SECONDS = 0.6
_FADE_STEPS = 8  # each is one more redraw of the window
_MAX_SHOWN = 4
_MAX_LINES = 5


@dataclass(frozen=True, slots=True)
class Toast:
    """A message.

    Attributes:
        text: What it says.
        kind: Sets its icon, and how long it stays.
        opacity: 1 while it stays, down to 0 while it fades.
    """

    text: str
    kind: ToastKind = "info"
    opacity: float = 1.0


class ToastQueue:
    """Which messages are shown at a time. It knows no clock: every call is told the time."""

    def __init__(self) -> None:
        self._entries: list[tuple[Toast, float]] = []  # with the time at which it starts to fade

    def add(self, text: str, kind: ToastKind = "info", *, now: float) -> None:
        """Show a message; one that is shown already stays longer instead."""
        stays = _SECONDS[kind] + _SECONDS_PER_CHARACTER * len(text)
        self._entries = [e for e in self._entries if (e[0].text, e[0].kind) != (text, kind)]
        self._entries = [*self._entries, (Toast(text, kind), now + stays)][-_MAX_SHOWN:]

    def dismiss(self, number: int) -> None:
        """Take a shown message away; a number that is not shown is let be."""
        if 0 <= number < len(self._entries):
            del self._entries[number]

    def at(self, now: float) -> tuple[Toast, ...]:
        """Return what is shown at a time, the newest last, and forget what is over."""
        self._entries = [e for e in self._entries if now < e[1] + _FADE_SECONDS]
        return tuple(replace(toast, opacity=_opacity(now - ends)) for toast, ends in self._entries)


def _opacity(seconds_over: float) -> float:
    share = 1 - min(1.0, max(0.0, seconds_over / _FADE_SECONDS))
    return round(share * _FADE_STEPS) / _FADE_STEPS


class Toasts(ItemPanel):
    """A stack of messages; a click takes one away.

    Args:
        on_dismiss: Called with the position of the clicked message.
    """

    background = theme.SCENE

    def __init__(self, on_dismiss: Callable[[int], None]) -> None:
        super().__init__()
        self._on_dismiss = on_dismiss
        self._toasts: tuple[Toast, ...] = ()

    def set_model(self, toasts: tuple[Toast, ...]) -> None:
        """Show other messages."""
        if toasts != self._toasts:
            self._toasts = toasts
            self.rebuild()

    def preferred_size(self, max_width: int, max_height: int, *, em: float) -> tuple[int, int]:
        """Return the size that shows every message; (1, 1) when there is none to show."""
        m = Metrics(em)
        if not self._toasts:
            return 1, 1
        limit = min(max_width, m.grid(110))
        width = max(min(limit, _Card.width(m, toast)) for toast in self._toasts)
        height = sum(_Card.height(m, toast, width) + m.grid(1) for toast in self._toasts)
        return bounded((width, height - m.grid(1)), max_width, max_height)

    def build(self) -> Sequence[Item]:
        """Lay the messages out from the top, the newest last."""
        items, y = list[Item](), 0
        for number, toast in enumerate(self._toasts):
            height = _Card.height(self.metrics, toast, self.box.width)
            box = Box(0, y, self.box.width, y + height)
            items.append(_Card(key=f"toast:{number}", box=box, toast=toast, tooltip="Dismiss"))
            y += height + self.metrics.grid(1)
        return items

    def on_click(self, item: Item, event: PointerEvent) -> None:
        """Take a message away."""
        self._on_dismiss(int(item.key.partition(":")[2]))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Card(Item):
    toast: Toast

    @staticmethod
    def width(metrics: Metrics, toast: Toast) -> int:
        """Return the width that the longest line needs."""
        longest = max(text_width(line, Font(metrics.body)) for line in toast.text.split("\n"))
        return longest + metrics.icon + metrics.grid(12)

    @staticmethod
    def height(metrics: Metrics, toast: Toast, width: int) -> int:
        """Return the height for a width."""
        room = width - metrics.icon - metrics.grid(11)
        lines = wrapped(toast.text, Font(metrics.body), max(1, room), _MAX_LINES)
        return len(lines) * line_height(metrics.body) + metrics.grid(5)

    def draw(self, canvas: Canvas, look: Look) -> None:
        m, share = canvas.metrics, self.toast.opacity
        icon, color = _ICONS[self.toast.kind]

        def faded(ink: Color) -> Color:
            return theme.mixed(theme.SCENE, ink, share)

        canvas.fill(self.box, faded(theme.HOVER if look.is_inside else theme.RAISED))
        canvas.fill(self.box._replace(x1=self.box.x0 + m.grid(1)), faded(color))
        left = self.box.x0 + m.grid(4)
        pitch = line_height(m.body)
        top = self.box.y0 + m.grid(2.5)
        canvas.icon(Box(left, top, left + m.icon, top + pitch), icon, faded(color))
        right = self.box.x1 - m.grid(5)
        words = Box(left + m.icon + m.grid(2), top, right, self.box.y1)
        for line in wrapped(self.toast.text, Font(m.body), max(1, words.width), _MAX_LINES):
            place = Box(words.x0, top, right, top + pitch)
            canvas.text(place, line, faded(theme.TEXT), font=Font(m.body))
            top += pitch
        if look.is_inside:
            corner = Box(right, self.box.y0, self.box.x1, self.box.y0 + m.grid(6))
            canvas.icon(corner, "x", faded(theme.TEXT_DIM), size=m.grid(3))
