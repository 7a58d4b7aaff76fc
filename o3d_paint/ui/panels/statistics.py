"""The table of classes with their points, areas, photos and conflicts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from o3d_paint.ui import theme
from o3d_paint.ui.events import KeyEvent, PointerEvent
from o3d_paint.ui.panels.box import Box
from o3d_paint.ui.panels.canvas import Align, Canvas
from o3d_paint.ui.panels.items import Button, Item, Label, Line, Look, button_width
from o3d_paint.ui.panels.popup import bounded
from o3d_paint.ui.panels.scrolling_card import ScrollingCard
from o3d_paint.ui.panels.status_bar import percent
from o3d_paint.ui.panels.text import Font
from o3d_paint.ui.theme import Color, Metrics

__all__ = ["ClassFigures", "Statistics", "StatisticsState"]


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """A line of the table.

    Attributes:
        name: The class.
        color: Its colour.
        points: How many points have it.
        share: Of all points, 0 to 1.
        area: An estimate in words, such as "2.4 m²"; empty where there is none.
        area_value: The same as a number, to sort by.
        photos: On how many photos it is painted.
        conflicts: How many of its points photos disagree on.
    """

    name: str
    color: Color
    points: int
    share: float
    area: str = ""
    area_value: float = 0.0
    photos: int = 0
    conflicts: int = 0


@dataclass(frozen=True, slots=True)
class StatisticsState:
    """What the table shows.

    Attributes:
        rows: One per class.
        note: A line under the table, such as how much is unlabelled.
        disagreements: Between which classes photos disagree, in words; empty for none.
        copies: Whether there is a clipboard; else the table goes to a file.
        is_counting: Whether only points and shares are known yet.
    """

    rows: tuple[ClassFigures, ...] = ()
    note: str = ""
    disagreements: str = ""
    copies: bool = True
    is_counting: bool = False


# Key, heading, width in quarters of an em.
_COLUMNS: tuple[tuple[str, str, int], ...] = (
    ("name", "Class", 0),
    ("points", "Points", 24),
    ("share", "Share", 18),
    ("area_value", "Area", 22),
    ("photos", "Photos", 17),
    ("conflicts", "Conflicts", 21),
)


class Statistics(ScrollingCard):
    """The card with the table.

    Args:
        on_copy: Called when the table is to be copied as CSV.
        on_close: Called when the card is to be closed.
    """

    def __init__(self, on_copy: Callable[[], None], on_close: Callable[[], None]) -> None:
        super().__init__()
        self._on_copy = on_copy
        self._on_close = on_close
        self._state = StatisticsState()
        self._sorted_by = ""
        self._is_falling = True

    def set_model(self, state: StatisticsState) -> None:
        """Show other figures."""
        if state != self._state:
            self._state = state
            self.rebuild()

    def preferred_size(self, max_width: int, max_height: int, *, em: float) -> tuple[int, int]:
        """Return the size that shows every class."""
        m = Metrics(em)
        height = m.grid(22) + max(1, len(self._state.rows)) * m.control + m.grid(25)
        return bounded((m.grid(170), height), max_width, max_height)

    def build(self) -> Sequence[Item]:
        """Lay out title, headings, rows and foot."""
        m = self.metrics
        left, right = m.grid(5), self.box.width - m.grid(5)
        title = Box(left, m.grid(4), right, m.grid(12))
        heads = Box(left, m.grid(14), right, m.grid(21))
        foot = max(heads.y1, self.box.height - m.grid(4) - m.grid(8))
        words = Box(left, foot - m.grid(9), right, foot - m.grid(2))
        view = Box(left, heads.y1 + m.line, right, max(heads.y1 + m.line, words.y0 - m.grid(1)))
        items: list[Item] = [
            Label(key="title", box=title, text="Statistics", size=m.title, is_bold=True),
            Line(key="line", box=Box(left, heads.y1, right, heads.y1 + m.line)),
        ]
        for (key, text, _), place in zip(_COLUMNS, _places(heads, m), strict=True):
            arrow = ("↓" if self._is_falling else "↑") if key == self._sorted_by else ""
            items.append(
                _Heading(
                    key=f"sort:{key}",
                    box=place,
                    text=f"{text} {arrow}".strip(),
                    align="left" if key == "name" else "right",
                    tooltip=f"Sort by {text.lower()}",
                )
            )
        self._scroll.fit(len(self._state.rows) * m.control, view.height)
        rows = self._rows()
        for number in self._scroll.range(m.control, len(rows)):
            top = view.y0 + number * m.control - self._scroll.offset
            box = Box(view.x0, top, view.x1, top + m.control)
            is_counting = self._state.is_counting
            items.append(
                _Row(
                    key=f"row:{number}",
                    box=box,
                    clip=view,
                    row=rows[number],
                    is_counting=is_counting,
                )
            )
        if self._scroll.is_needed:
            bar = Box(right + m.grid(1), view.y0, right + m.grid(3.5), view.y1)
            items.append(self._scroll.bar(bar))
        disagreements = Label(
            key="disagreements",
            box=words,
            text=self._state.disagreements,
            color=theme.TEXT_DIM,
            size=m.small,
        )
        return [*items, disagreements, *self._foot(left, right, foot)]

    def on_click(self, item: Item, event: PointerEvent) -> None:
        """Copy, close, or sort by a column."""
        if item.key == "copy":
            self._on_copy()
        elif item.key == "close":
            self._on_close()
        elif item.key.startswith("sort:"):
            column = item.key.partition(":")[2]
            is_again = column == self._sorted_by
            self._is_falling = not self._is_falling if is_again else column != "name"
            self._sorted_by = column
            self.rebuild()

    def key(self, event: KeyEvent) -> bool:
        """Copy by Ctrl+C, close by Escape."""
        if event.is_down and event.key == "Escape":
            self._on_close()
        elif event.is_down and event.key == "c" and "ctrl" in event.modifiers:
            self._on_copy()
        else:
            return False
        return True

    def _rows(self) -> list[ClassFigures]:
        rows = list(self._state.rows)
        if self._sorted_by:
            rows.sort(key=lambda row: getattr(row, self._sorted_by), reverse=self._is_falling)
        return rows

    def _foot(self, left: int, right: int, top: int) -> list[Item]:
        m, items = self.metrics, list[Item]()
        copy = "Copy as CSV" if self._state.copies else "Save as CSV…"
        icon_of_copy = "clipboard-copy" if self._state.copies else "save"
        for key, text, icon in (("close", "Close", ""), ("copy", copy, icon_of_copy)):
            width = button_width(m, text, icon=bool(icon)) + m.grid(2)
            box = Box(right - width, top, right, top + m.grid(8))
            is_enabled = key == "close" or not self._state.is_counting
            items.append(
                Button(
                    key=key, box=box, text=text, icon=icon, is_raised=True, is_enabled=is_enabled
                )
            )
            right = box.x0 - m.grid(2)
        words = Box(left, top, right, top + m.grid(8))
        note = Label(key="note", box=words, text=self._state.note, color=theme.TEXT_DIM,
                     size=m.small)  # fmt: skip
        return [note, *items]


def _places(row: Box, metrics: Metrics) -> list[Box]:
    """Return the boxes of the columns; the first takes what the others leave."""
    fixed = [metrics.grid(width) for _, _, width in _COLUMNS[1:]]
    x = max(row.x0 + metrics.grid(10), row.x1 - sum(fixed))
    places = [Box(row.x0, row.y0, x, row.y1)]
    for width in fixed:
        places.append(Box(x, row.y0, min(x + width, row.x1), row.y1))
        x += width
    return places


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heading(Item):
    text: str
    align: Align = "right"

    def draw(self, canvas: Canvas, look: Look) -> None:
        m = canvas.metrics
        ink = theme.TEXT if look.is_inside else theme.TEXT_DIM
        box = self.box.inset(m.grid(1), 0)
        canvas.text(box, self.text, ink, font=Font(m.small, True), align=self.align)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row(Item):
    row: ClassFigures
    is_counting: bool = False

    def draw(self, canvas: Canvas, look: Look) -> None:
        m, row = canvas.metrics, self.row
        if look.is_inside:
            canvas.rounded(self.box, theme.RAISED, radius=m.radius)
        name, *figures = _places(self.box, m)
        chip = Box.sized(name.x0 + m.grid(1), name.y0, m.grid(3.5), name.height)
        canvas.rounded(chip.middle(m.grid(3.5), m.grid(3.5)), row.color, radius=m.grid(1))
        words = Box(chip.x1 + m.grid(2), name.y0, name.x1, name.y1)
        canvas.text(words, row.name, theme.TEXT, font=Font(m.body))
        counted = (row.area or "–", str(row.photos), f"{row.conflicts:,}" if row.conflicts else "–")
        values = (
            f"{row.points:,}",
            percent(row.share),
            *(("…",) * 3 if self.is_counting else counted),
        )
        for place, value in zip(figures, values, strict=True):
            box = place.inset(m.grid(1), 0)
            canvas.text(box, value, theme.TEXT, font=Font(m.small), align="right")
