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
        count = 1
        for count in range(1, _column_count(m, max_width) + 1):
            length = max((h for _, h in _columns(self._rows, m, count)), default=0)
            if length + m.grid(19) <= max_height:
                break
        width = count * _column_width(m) + (count - 1) * m.grid(8) + m.grid(14)
        length = max((h for _, h in _columns(self._rows, m, count)), default=0)
        return bounded((width, length + m.grid(19)), max_width, max_height)

    def build(self) -> Sequence[Item]:
        """Lay out the title and the columns."""
        m = self.metrics
        top = Box(m.grid(6), m.grid(3), self.box.width - m.grid(4), m.grid(11))
        items: list[Item] = [
            Label(key="title", box=top, text="Keys and gestures", size=m.title, is_bold=True),
        ]
        view = Box(0, m.grid(11), self.box.width, max(m.grid(11), self.box.height - m.grid(4)))
        inner = self.box.width - m.grid(14)
        count = max(1, min(_column_count(m, self.box.width), 9))
        columns = _columns(self._rows, m, count)
        gap = m.grid(8)
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
        for number, row in enumerate(rows):
            height = _height(row, m)
            box = Box(place.x0, y, place.x1, y + height)
            y += height
            if not box.meets(view):
                continue
            if isinstance(row, str):
                words = Box(box.x0, box.y1 - m.grid(7), box.x1, box.y1)
                items.append(
                    Label(
                        key=f"group:{row}",
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
                        key=f"row:{row.group}:{number}", box=box, clip=view, row=row, is_solid=False
                    )
                )
        return items


def _columns(
    rows: Sequence[HelpRow], metrics: Metrics, count: int
) -> list[tuple[list[HelpRow | str], int]]:
    """Return the entries of each column with its height; groups are kept whole."""
    groups: dict[str, list[HelpRow | str]] = {}
    for row in rows:
        groups.setdefault(row.group, [row.group]).append(row)
    heights = {name: sum(_height(r, metrics) for r in group) for name, group in groups.items()}
    # The least column height with which the groups, in order, need no more columns than allowed.
    limit = max([sum(heights.values()) // max(1, count), *heights.values()], default=0)
    while True:
        columns: list[tuple[list[HelpRow | str], int]] = []
        for name, group in groups.items():
            if columns and columns[-1][1] + heights[name] <= limit:
                entries, height = columns[-1]
                columns[-1] = ([*entries, *group], height + heights[name])
            else:
                columns.append((list(group), heights[name]))
        if len(columns) <= count:
            return columns
        limit += _row_height(metrics)


def _column_width(metrics: Metrics) -> int:
    return metrics.grid(90)


def _column_count(metrics: Metrics, width: int) -> int:
    gap = metrics.grid(8)
    return max(1, (width - metrics.grid(14) + gap) // (_column_width(metrics) + gap))


def _row_height(metrics: Metrics) -> int:
    return metrics.grid(6)


def _height(row: HelpRow | str, metrics: Metrics) -> int:
    return metrics.grid(10) if isinstance(row, str) else _row_height(metrics)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row(Item):
    row: HelpRow

    def draw(self, canvas: Canvas, look: Look) -> None:
        m, right = canvas.metrics, self.box.x1
        font = Font(m.small)
        for name in reversed(self.row.keys):
            width = max(m.grid(5), text_width(name, font) + m.grid(2.5))
            if right - width < self.box.x0 + self.box.width // 3:
                break
            cap = Box(right - width, self.box.y0, right, self.box.y1).middle(width, m.grid(5))
            canvas.rounded(cap, theme.HOVER, radius=max(2, m.grid(1)))
            canvas.text(cap, name, theme.TEXT, font=font, align="center")
            right = cap.x0 - m.grid(1)
        words = Box(self.box.x0, self.box.y0, right - m.grid(1), self.box.y1)
        canvas.text(words, self.row.title, theme.TEXT, font=Font(m.body))
