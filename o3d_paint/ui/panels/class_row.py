"""One row of the class list: chip, key, name, share, eye, lock, menu."""

from __future__ import annotations

from dataclasses import dataclass

from o3d_paint.ui import theme
from o3d_paint.ui.panels.box import Box
from o3d_paint.ui.panels.canvas import Canvas
from o3d_paint.ui.panels.items import Button, Item, Look
from o3d_paint.ui.panels.status_bar import percent
from o3d_paint.ui.panels.text import Font, text_width
from o3d_paint.ui.theme import Color, Metrics

__all__ = ["ClassRow", "ColorChip", "RowLayout", "row_items"]


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A class as the list shows it.

    Attributes:
        class_id: Its id.
        name: Its name.
        color: Its colour, sRGB.
        share: Of all points, 0 to 1.
        count: Points.
        hidden: Whether its labels are not shown.
        locked: Whether it cannot be overwritten.
        key: The key that chooses it, such as "3" or "⇧2"; empty for none.
    """

    class_id: int
    name: str
    color: Color
    share: float = 0.0
    count: int = 0
    hidden: bool = False
    locked: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class RowLayout:
    """Columns of a row, from its left edge; a column without room has no width.

    Attributes:
        chip: Start and end of the colour chip.
        key: Of the key.
        name: Of the name.
        share: Of the share of points.
        eye: Of the eye.
        lock: Of the lock.
        menu: Of the menu button.
    """

    chip: tuple[int, int]
    key: tuple[int, int]
    name: tuple[int, int]
    share: tuple[int, int]
    eye: tuple[int, int]
    lock: tuple[int, int]
    menu: tuple[int, int]

    @classmethod
    def of(cls, view: Box, metrics: Metrics) -> RowLayout:
        """Return the columns for the width of a list; the name keeps at least six em."""
        m, button = metrics, metrics.grid(6.5)
        left, right = m.grid(3), view.width - m.grid(1)
        chip = (left, left + m.grid(4))
        least = chip[1] + m.grid(24)
        buttons = {"eye": (0, 0), "lock": (0, 0), "menu": (0, 0)}
        for name in ("menu", "lock", "eye"):
            if right - button > least:
                buttons[name] = (right - button, right)
                right -= button
        share, width = (0, 0), text_width("< 0.1 %", Font(m.small)) + m.grid(1)
        if right - width > least:
            share = (right - width - m.grid(1), right - m.grid(1))
            right -= width + m.grid(1)
        key, wide = (0, 0), text_width("⇧9", Font(m.small)) + m.grid(2)
        name_start = chip[1] + m.grid(2)
        if right - wide > least:
            key = (chip[1] + m.grid(1), chip[1] + m.grid(1) + wide)
            name_start = key[1] + m.grid(1)
        return cls(chip, key, (name_start, max(name_start, right)), share, **buttons)


def row_items(
    row: ClassRow, layout: RowLayout, box: Box, clip: Box, *, is_active: bool
) -> list[Item]:
    """Return the items of one row; their keys end with the class's id."""
    tip = f"{row.name} · {row.count:,} points".replace(",", " ")
    items: list[Item] = [
        _RowFace(
            key=f"row:{row.class_id}",
            box=box,
            clip=clip,
            row=row,
            layout=layout,
            is_active=is_active,
            tooltip=tip,
        ),
        ColorChip(
            key=f"chip:{row.class_id}",
            box=_column(box, layout.chip).middle(box.height // 2 + 2, box.height // 2 + 2),
            clip=clip,
            color=row.color,
            is_hollow=row.hidden,
            tooltip=f"Colour of {row.name}: change",
        ),
    ]
    dim = theme.DISABLED if not is_active else theme.TEXT_DIM
    for part, icon, ink, words in (
        (
            "eye",
            "eye-off" if row.hidden else "eye",
            theme.WARNING if row.hidden else theme.TEXT_DIM,
            f"{'Show' if row.hidden else 'Hide'} {row.name}",
        ),
        (
            "lock",
            "lock" if row.locked else "lock-open",
            theme.WARNING if row.locked else dim,
            f"{'Unlock' if row.locked else 'Lock'} {row.name}",
        ),
        ("menu", "ellipsis", dim, f"More for {row.name}"),
    ):
        column = _column(box, getattr(layout, part))
        if column.width:
            items.append(
                _RowButton(
                    key=f"{part}:{row.class_id}",
                    box=column.middle(column.width, min(column.width, box.height)),
                    clip=clip,
                    icon=icon,
                    ink=ink,
                    tooltip=words,
                )
            )
    return items


def _column(box: Box, span: tuple[int, int]) -> Box:
    return Box(box.x0 + span[0], box.y0, box.x0 + span[1], box.y1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColorChip(Item):
    """A round-cornered square in a class's colour; a ring when the class is hidden."""

    color: Color
    is_hollow: bool = False

    def draw(self, canvas: Canvas, look: Look) -> None:
        """Draw the square, and a light border where the colour would drown in the ground."""
        m = canvas.metrics
        radius = max(2, m.grid(1))
        if look.is_hovered:
            canvas.rounded(self.box, theme.TEXT, radius=radius)
        inner = self.box.inset(m.line)
        canvas.rounded(inner, self.color, radius=radius)
        if self.is_hollow:
            canvas.rounded(inner.inset(max(1, m.grid(0.75))), theme.PANEL, radius=radius // 2)
        elif theme.contrast(self.color, theme.PANEL) < 2 and not look.is_hovered:
            canvas.outline(self.box, theme.TEXT_DIM, radius=radius, width=m.line)


@dataclass(frozen=True, slots=True, kw_only=True)
class _RowFace(Item):
    """Ground and words of a row."""

    row: ClassRow
    layout: RowLayout
    is_active: bool

    def draw(self, canvas: Canvas, look: Look) -> None:
        m, row = canvas.metrics, self.row
        ground = self.box.inset(m.grid(1), 0)
        if self.is_active:
            canvas.rounded(ground, theme.HOVER, radius=m.radius)
            bar = Box(ground.x0, self.box.y0 + m.grid(1), ground.x0 + max(2, m.grid(0.75)), 0)
            bar = bar._replace(y1=self.box.y1 - m.grid(1))
            canvas.rounded(bar, theme.ACCENT, radius=bar.width // 2)
        elif look.is_inside:
            canvas.rounded(ground, theme.RAISED, radius=m.radius)
        ink = theme.TEXT_DIM if row.hidden else theme.TEXT
        if self.layout.key[1] and row.key:
            key = _column(self.box, self.layout.key)
            canvas.text(key, row.key, theme.TEXT_DIM, font=Font(m.small), align="center")
        name = _column(self.box, self.layout.name)
        canvas.text(name, row.name, ink, font=Font(m.body, self.is_active))
        if self.layout.share[1]:
            value = percent(row.share) if row.count or row.share else "–"
            share = _column(self.box, self.layout.share)
            canvas.text(share, value, theme.TEXT_DIM, font=Font(m.small), align="right")


@dataclass(frozen=True, slots=True, kw_only=True)
class _RowButton(Button):
    """An icon in a row, bright under the pointer."""

    def draw(self, canvas: Canvas, look: Look) -> None:
        m = canvas.metrics
        if look.is_hovered or look.is_pressed:
            ground = theme.PRESSED if look.is_pressed else theme.TRACK
            canvas.rounded(self.box, ground, radius=m.radius)
        ink = theme.TEXT if look.is_hovered else self.ink or theme.TEXT_DIM
        canvas.icon(self.box, self.icon, ink, size=m.grid(4))
