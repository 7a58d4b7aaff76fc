"""All commands and their keys, by group, on one card."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from o3d_paint.ui import theme
from o3d_paint.ui.events import KeyEvent, PointerEvent
from o3d_paint.ui.panels.box import Box
from o3d_paint.ui.panels.canvas import Canvas
from o3d_paint.ui.panels.items import Button, Item, Label, Look
from o3d_paint.ui.panels.popup import bounded
from o3d_paint.ui.panels.scrolling_card import ScrollingCard
from o3d_paint.ui.panels.text import Font, text_width
from o3d_paint.ui.theme import Metrics

__all__ = ["HelpOverlay", "HelpRow"]

# Quarters of an em around the columns.
_SIDES = 14
_ABOVE_AND_BELOW = 19


@dataclass(frozen=True, slots=True)
class HelpRow:
    """A command.

    Attributes:
        title: What it does.
        keys: Each of the keys or gestures that do it, such as ``("Ctrl+Z",)`` or ``("[", "]")``.
        group: The heading under which it stands.
    """

    title: str
    keys: tuple[str, ...]
    group: str


class HelpOverlay(ScrollingCard):
    """The card with all keys.

    Args:
        on_close: Called by its close button, by Escape, F1 and ?.
    """

    def __init__(self, on_close: Callable[[], None]) -> None:
        super().__init__()
        self._on_close = on_close
        self._rows: tuple[HelpRow, ...] = ()

    def set_model(self, rows: Sequence[HelpRow]) -> None:
        """Show other commands."""
        if tuple(rows) != self._rows:
            self._rows = tuple(rows)
            self.rebuild()

    def preferred_size(self, max_width: int, max_height: int, *, em: float) -> tuple[int, int]:
        """Return the size with as many columns as bring all commands into view."""
        m = Metrics(em)
        pitch, gap, count = _columns_wanted(self._rows, m, max_width, max_height)
        width = count * (pitch - gap) + (count - 1) * gap + m.grid(_SIDES)
        length = max((h for _, h in _columns(self._rows, m, count)), default=0)
        return bounded((width, length + m.grid(_ABOVE_AND_BELOW)), max_width, max_height)

    def build(self) -> Sequence[Item]:
        """Lay out the title and the columns."""
        m = self.metrics
        top = Box(m.grid(6), m.grid(3), self.box.width - m.grid(4), m.grid(11))
        items: list[Item] = [
            Label(key="title", box=top, text="Keys and gestures", size=m.title, is_bold=True),
        ]
        view = Box(0, m.grid(11), self.box.width, max(m.grid(11), self.box.height - m.grid(4)))
        inner = self.box.width - m.grid(_SIDES)
        _, gap, count = _columns_wanted(self._rows, m, self.box.width, self.box.height)
        columns = _columns(self._rows, m, count)
        width = max(1, (inner - (len(columns) - 1) * gap) // max(1, len(columns)))
        self._scroll.fit(max((h for _, h in columns), default=0), view.height)
        for number, (rows, _) in enumerate(columns):
            x = m.grid(6) + number * (width + gap)
            place = Box(x, view.y0 - self._scroll.offset, x + width, view.y1)
            items += self._column(rows, place, view)
        if self._scroll.is_needed:
            bar = Box(view.x1 - m.grid(3.5), view.y0, view.x1 - m.grid(1), view.y1)
            items.append(self._scroll.bar(bar))
        close = Box(top.x1 - m.grid(8), top.y0, top.x1, top.y0 + m.grid(8))
        items.append(Button(key="close", box=close, icon="x", tooltip="Close (Esc)"))
        return items

    @property
    def row_height(self) -> int:
        """Height of a row in device pixels."""
        return _row_height(self.metrics)

    def on_click(self, item: Item, event: PointerEvent) -> None:
        """Close the card."""
        if item.key == "close":
            self._on_close()

    def key(self, event: KeyEvent) -> bool:
        """Close by Escape and by the keys that opened it."""
        if event.is_down and event.key in ("Escape", "F1", "?"):
            self._on_close()
            return True
        return False

    def _column(self, rows: Sequence[HelpRow | str], place: Box, view: Box) -> list[Item]:
        m, items, y = self.metrics, list[Item](), place.y0
        for row in rows:
            height = _height(row, m)
            box = Box(place.x0, y, place.x1, y + height)
            y += height
            if not box.meets(view):
                continue
            if isinstance(row, str):
                words = Box(box.x0, box.y1 - m.grid(7), box.x1, box.y1)
                items.append(
                    Label(
                        key=f"group:{row}:{place.x0}",
                        box=words,
                        clip=view,
                        text=row,
                        color=theme.ACCENT,
                        is_bold=True,
                        size=m.body,
                    )
                )
            else:
                items.append(
                    _Row(
                        key=f"row:{row.group}:{row.title}",
                        box=box,
                        clip=view,
                        row=row,
                        is_solid=False,
                    )
                )
        return items


def _columns_wanted(
    rows: Sequence[HelpRow], metrics: Metrics, width: int, height: int
) -> tuple[int, int, int]:
    """Return the pitch of columns, the gap in it, and how many bring all rows into view.

    Narrow columns are taken only where comfortable ones would have to scroll.
    """
    for steps, gap_steps in ((90, 8), (71, 4)):
        gap = metrics.grid(gap_steps)
        pitch = metrics.grid(steps) + gap
        most = max(1, min(9, (width - metrics.grid(_SIDES) + gap) // pitch))
        for count in range(1, most + 1):
            length = max((h for _, h in _columns(rows, metrics, count)), default=0)
            if length + metrics.grid(_ABOVE_AND_BELOW) <= height:
                return pitch, gap, count
    return pitch, gap, most


def _columns(
    rows: Sequence[HelpRow], metrics: Metrics, count: int
) -> list[tuple[list[HelpRow | str], int]]:
    """Return the entries of each column with its height, as even as the order of rows allows.

    A group that does not end with its column goes on in the next one, under its heading again.
    """
    heading, pitch = _height("", metrics), _row_height(metrics)
    limit = heading + pitch
    while True:
        columns = _filled(rows, limit, heading, pitch)
        if len(columns) <= max(1, count):
            return columns
        limit += pitch


def _filled(
    rows: Sequence[HelpRow], limit: int, heading: int, pitch: int
) -> list[tuple[list[HelpRow | str], int]]:
    columns: list[tuple[list[HelpRow | str], int]] = []
    group = None
    for number, row in enumerate(rows):
        # A heading wants two rows of its group below it, where the group has as many.
        is_long = number + 1 < len(rows) and rows[number + 1].group == row.group
        needed = pitch if row.group == group else heading + (2 if is_long else 1) * pitch
        if not columns or columns[-1][1] + needed > limit:
            columns.append(([], 0))
            group = None
        entries, height = columns[-1]
        title: list[HelpRow | str] = [] if row.group == group else [row.group]
        columns[-1] = ([*entries, *title, row], height + len(title) * heading + pitch)
        group = row.group
    return columns


def _row_height(metrics: Metrics) -> int:
    return metrics.grid(6)


def _height(row: HelpRow | str, metrics: Metrics) -> int:
    return metrics.grid(10) if isinstance(row, str) else _row_height(metrics)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row(Item):
    row: HelpRow

    def caps(self, metrics: Metrics) -> list[tuple[str, Box]]:
        """Return each key that there is room for, from the right, and where its cap is."""
        right, font = self.box.x1, Font(metrics.small)
        placed: list[tuple[str, Box]] = []
        for name in reversed(self.row.keys):
            width = max(metrics.grid(5), text_width(name, font) + metrics.grid(2.5))
            if right - width < self.box.x0 + self.box.width // 3:
                break
            cap = Box(right - width, self.box.y0, right, self.box.y1)
            placed.append((name, cap.middle(width, metrics.grid(5))))
            right -= width + metrics.grid(1)
        return placed

    def words(self, metrics: Metrics) -> tuple[Box, Font]:
        """Return where the title is written, and how: smaller where it is long."""
        caps = self.caps(metrics)
        right = caps[-1][1].x0 - metrics.grid(1) if caps else self.box.x1
        place = Box(self.box.x0, self.box.y0, right - metrics.grid(1), self.box.y1)
        font = Font(metrics.body)
        fits = text_width(self.row.title, font) <= place.width
        return place, font if fits else Font(metrics.small)

    def draw(self, canvas: Canvas, look: Look) -> None:
        m = canvas.metrics
        for name, cap in self.caps(m):
            canvas.rounded(cap, theme.HOVER, radius=max(2, m.grid(1)))
            canvas.text(cap, name, theme.TEXT, font=Font(m.small), align="center")
        place, font = self.words(m)
        canvas.text(place, self.row.title, theme.TEXT, font=font)
