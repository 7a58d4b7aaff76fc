"""How well painted photos predict each other: one row a photo, the worst first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan

from o3d_paint.ui import theme
from o3d_paint.ui.events import KeyEvent, PointerEvent
from o3d_paint.ui.panels.box import Box
from o3d_paint.ui.panels.canvas import Align, Canvas
from o3d_paint.ui.panels.items import Button, Item, Label, Line, Look, button_width
from o3d_paint.ui.panels.popup import bounded
from o3d_paint.ui.panels.scrolling_card import ScrollingCard
from o3d_paint.ui.panels.status_bar import percent
from o3d_paint.ui.panels.text import Font
from o3d_paint.ui.theme import Metrics

__all__ = ["Evaluation", "EvaluationState", "PhotoScore"]


@dataclass(frozen=True, slots=True)
class PhotoScore:
    """A row.

    Attributes:
        frame_idx: The photo that was left out.
        name: Its name.
        points: How many points it labels.
        accuracy: Share of them that the others get right, 0 to 1.
        mean_iou: Mean over the classes, 0 to 1; NaN where there is none.
        wrong: Points on which the others say something else, or nothing.
    """

    frame_idx: int
    name: str
    points: int
    accuracy: float
    mean_iou: float
    wrong: int


@dataclass(frozen=True, slots=True)
class EvaluationState:
    """What the table shows.

    Attributes:
        rows: One a painted photo.
        note: A line under the table.
    """

    rows: tuple[PhotoScore, ...] = ()
    note: str = ""


_HEADS: tuple[tuple[str, int], ...] = (
    ("Photo", 0), ("Points", 24), ("Right", 18), ("Mean IoU", 21), ("Differ", 22),
)  # fmt: skip


class Evaluation(ScrollingCard):
    """The card with the table.

    Args:
        on_open: Called with the frame's index when a row is clicked.
        on_close: Called when the card is to be closed.
    """

    def __init__(self, on_open: Callable[[int], None], on_close: Callable[[], None]) -> None:
        super().__init__()
        self._on_open = on_open
        self._on_close = on_close
        self._state = EvaluationState()

    def set_model(self, state: EvaluationState) -> None:
        """Show other figures, the photo that fits worst first."""
        if state != self._state:
            rows = sorted(state.rows, key=lambda row: (row.accuracy, row.frame_idx))
            self._state = EvaluationState(tuple(rows), state.note)
            self.rebuild()

    def preferred_size(self, max_width: int, max_height: int, *, em: float) -> tuple[int, int]:
        """Return the size that shows every photo."""
        m = Metrics(em)
        height = m.grid(32) + max(1, len(self._state.rows)) * m.control + m.grid(17)
        return bounded((m.grid(160), height), max_width, max_height)

    def build(self) -> Sequence[Item]:
        """Lay out title, headings, rows and foot."""
        m = self.metrics
        left, right = m.grid(5), self.box.width - m.grid(5)
        heads = Box(left, m.grid(24), right, m.grid(31))
        foot = max(heads.y1, self.box.height - m.grid(4) - m.grid(8))
        view = Box(left, heads.y1 + m.line, right, max(heads.y1 + m.line, foot - m.grid(3)))
        items: list[Item] = [
            *self._title(left, right),
            Line(key="line", box=Box(left, heads.y1, right, heads.y1 + m.line)),
        ]
        for number, ((text, _), place) in enumerate(zip(_HEADS, _places(heads, m), strict=True)):
            align: Align = "right" if number else "left"
            box = place.inset(m.grid(1), 0)
            items.append(
                Label(key=f"head:{number}", box=box, text=text, color=theme.TEXT_DIM,
                      size=m.small, is_bold=True, align=align)
            )  # fmt: skip
        rows = self._state.rows
        self._scroll.fit(len(rows) * m.control, view.height)
        for number in self._scroll.range(m.control, len(rows)):
            top = view.y0 + number * m.control - self._scroll.offset
            row = Box(view.x0, top, view.x1, top + m.control)
            key = f"row:{rows[number].frame_idx}"
            items.append(
                _Row(key=key, box=row, clip=view, row=rows[number], tooltip="Open this photo")
            )
        if self._scroll.is_needed:
            bar = Box(right + m.grid(1), view.y0, right + m.grid(3.5), view.y1)
            items.append(self._scroll.bar(bar))
        return [*items, *self._foot(left, right, foot)]

    def on_click(self, item: Item, event: PointerEvent) -> None:
        """Open a photo, or close."""
        if item.key == "close":
            self._on_close()
        elif isinstance(item, _Row):
            self._on_open(item.row.frame_idx)

    def key(self, event: KeyEvent) -> bool:
        """Close by Escape."""
        if event.is_down and event.key == "Escape":
            self._on_close()
            return True
        return False

    def _title(self, left: int, right: int) -> list[Item]:
        m = self.metrics
        title = Box(left, m.grid(4), right, m.grid(12))
        words = Box(left, m.grid(13), right, m.grid(20))
        text = "Each photo as the other photos predict it. A click opens it where they differ."
        return [
            Label(key="title", box=title, text="Photos against each other", size=m.title,
                  is_bold=True),
            Label(key="words", box=words, text=text, color=theme.TEXT_DIM, size=m.small),
        ]  # fmt: skip

    def _foot(self, left: int, right: int, top: int) -> list[Item]:
        m = self.metrics
        width = button_width(m, "Close") + m.grid(2)
        close = Box(right - width, top, right, top + m.grid(8))
        words = Box(left, top, close.x0 - m.grid(2), top + m.grid(8))
        return [
            Label(key="note", box=words, text=self._state.note, color=theme.TEXT_DIM,
                  size=m.small),
            Button(key="close", box=close, text="Close", is_raised=True),
        ]  # fmt: skip


def _places(row: Box, metrics: Metrics) -> list[Box]:
    """Return the boxes of the columns; the first takes what the others leave."""
    fixed = [metrics.grid(width) for _, width in _HEADS[1:]]
    x = max(row.x0 + metrics.grid(10), row.x1 - sum(fixed))
    places = [Box(row.x0, row.y0, x, row.y1)]
    for width in fixed:
        places.append(Box(x, row.y0, min(x + width, row.x1), row.y1))
        x += width
    return places


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row(Item):
    row: PhotoScore

    def draw(self, canvas: Canvas, look: Look) -> None:
        m, row = canvas.metrics, self.row
        if look.is_inside:
            canvas.rounded(self.box, theme.RAISED, radius=m.radius)
        name, *figures = _places(self.box, m)
        words = f"{row.frame_idx + 1} · {row.name}"
        canvas.text(name.inset(m.grid(1), 0), words, theme.TEXT, font=Font(m.body))
        values = (
            f"{row.points:,}".replace(",", " "),
            "–" if isnan(row.accuracy) else percent(row.accuracy),
            "–" if isnan(row.mean_iou) else f"{row.mean_iou:.3f}",
            f"{row.wrong:,}".replace(",", " ") if row.wrong else "–",
        )
        for place, value in zip(figures, values, strict=True):
            box = place.inset(m.grid(1), 0)
            canvas.text(box, value, theme.TEXT, font=Font(m.small), align="right")
