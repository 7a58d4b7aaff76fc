"""The list of classes: choose, hide, lock, rename, recolour, reorder, add."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from o3d_paint.ui import theme
from o3d_paint.ui.events import PointerEvent
from o3d_paint.ui.panels.box import Box
from o3d_paint.ui.panels.canvas import Canvas
from o3d_paint.ui.panels.class_row import ClassRow, RowLayout, row_items
from o3d_paint.ui.panels.controls import Scrollbar
from o3d_paint.ui.panels.item_panel import ItemPanel
from o3d_paint.ui.panels.items import Button, Item, Label, Line, button_width
from o3d_paint.ui.panels.row_drag import RowDrag
from o3d_paint.ui.panels.scrolling import Scroll
from o3d_paint.ui.theme import Metrics

__all__ = ["ClassActions", "ClassPanel", "ClassPanelState"]


@dataclass(frozen=True, slots=True)
class ClassPanelState:
    """What the list shows.

    Attributes:
        rows: The classes in their order.
        active_id: The class that is painted with.
        can_add: Whether there is something to add a class to.
    """

    rows: tuple[ClassRow, ...] = ()
    active_id: int | None = None
    can_add: bool = True


@dataclass(frozen=True, slots=True)
class ClassActions:
    """What to call; all but `add` with the class's id.

    Attributes:
        select: Paint with this class.
        toggle_hidden: Hide or show it.
        toggle_locked: Lock or unlock it.
        rename: Ask for another name (double click).
        recolor: Ask for another colour (click on the chip).
        open_menu: Show its menu; also with the position in the panel, device pixels.
        add: Add a class.
        move: Give it another position in the order (drag).
    """

    select: Callable[[int], None]
    toggle_hidden: Callable[[int], None]
    toggle_locked: Callable[[int], None]
    rename: Callable[[int], None]
    recolor: Callable[[int], None]
    open_menu: Callable[[int, int, int], None]
    add: Callable[[], None]
    move: Callable[[int, int], None]


class ClassPanel(ItemPanel):
    """The panel with one row per class.

    Args:
        actions: What to call.
    """

    def __init__(self, actions: ClassActions) -> None:
        super().__init__()
        self._actions = actions
        self._state = ClassPanelState()
        self._scroll = Scroll()
        self._row_drag = RowDrag()

    @staticmethod
    def preferred_height(count: int, em: float) -> int:
        """Return the height in device pixels that shows so many classes without scrolling."""
        m = Metrics(em)
        return _header_height(m) + count * m.control + m.grid(1)

    def set_model(self, state: ClassPanelState) -> None:
        """Show another state; a newly active class is scrolled into view."""
        if state == self._state:
            return
        is_new = state.active_id != self._state.active_id
        self._state = state
        self._fit()
        if is_new:
            self._reveal_active()
        self.rebuild()

    def resize(self, width: int, height: int, *, em: float) -> None:
        """Take a new size and keep the active class in view."""
        before = (self.box, self.metrics)
        super().resize(width, height, em=em)
        # The window may lay itself out anew without a change; the scrolling is the user's then.
        if (self.box, self.metrics) != before:
            self._fit()
            self._reveal_active()
            self.rebuild()

    def draw_ground(self, canvas: Canvas) -> None:
        """Draw the ground with a line to the photo above."""
        canvas.fill(canvas.box, self.background)
        canvas.fill(Box(0, 0, self.box.x1, self.metrics.line), theme.WINDOW)

    def build(self) -> Sequence[Item]:
        """Lay out header, visible rows and scrollbar."""
        self._fit()
        items, view = self._header(), self._view()
        pitch = self.metrics.control
        layout = RowLayout.of(view, self.metrics)
        rows = list(self._scroll.range(pitch, len(self._state.rows)))
        if 0 <= self._row_drag.row < len(self._state.rows) and self._row_drag.row not in rows:
            # Out of sight, but it is what the pointer holds.
            rows.append(self._row_drag.row)
        for number in rows:
            row = self._state.rows[number]
            top = view.y0 + number * pitch - self._scroll.offset
            box = Box(view.x0, top, view.x1, top + pitch)
            items += row_items(
                row, layout, box, view, is_active=row.class_id == self._state.active_id
            )
        if self._row_drag.gap is not None:
            items.append(self._gap_line(view, self._row_drag.gap * pitch - self._scroll.offset))
        if self._scroll.is_needed:
            width = self.metrics.grid(2.5)
            items.append(self._scroll.bar(Box(view.x1, view.y0, view.x1 + width, view.y1)))
        return items

    def on_press(self, item: Item, event: PointerEvent) -> None:
        """Choose a class when the button goes down, or take hold of the scrollbar."""
        if isinstance(item, Scrollbar):
            self._scrolled(self._scroll.grip(item, event.y))
        part, class_id = _parsed(item.key)
        if part == "row" and event.button == "left":
            if event.is_double:
                self._actions.rename(class_id)
            else:
                self._actions.select(class_id)
                ids = [row.class_id for row in self._state.rows]
                self._row_drag.grab(ids.index(class_id))

    def on_drag(self, item: Item, event: PointerEvent) -> None:
        """Drag the scrollbar, or a row to another place."""
        if isinstance(item, Scrollbar):
            self._scrolled(self._scroll.drag(item, event.y))
            return
        pitch, view = self.metrics.control, self._view()
        beyond = min(0.0, event.y - view.y0) + max(0.0, event.y - view.y1)
        has_scrolled = self._row_drag.gap is not None and self._scroll.to(
            self._scroll.offset + beyond
        )
        count = len(self._state.rows)
        if self._row_drag.move(self._in_list(event), pitch=pitch, count=count) or has_scrolled:
            self.rebuild()

    def on_release(self, item: Item, event: PointerEvent) -> None:
        """Let a row go where it was dragged to."""
        part, class_id = _parsed(item.key)
        # A busy system may leave out movements, but not where the button went up.
        pitch, count = self.metrics.control, len(self._state.rows)
        was_dragged = self._row_drag.gap is not None
        self._row_drag.move(self._in_list(event), pitch=pitch, count=count)
        position = self._row_drag.drop()
        if was_dragged:
            self.rebuild()
        if part == "row" and position is not None:
            self._actions.move(class_id, position)

    def on_click(self, item: Item, event: PointerEvent) -> None:
        """Do what the clicked part of a row is for; the right button opens the row's menu."""
        if item.key == "add":
            self._actions.add()
            return
        part, class_id = _parsed(item.key)
        if not class_id:
            return
        if event.button == "right" or part == "menu":
            at = (int(event.x), int(event.y)) if part != "menu" else (item.box.x0, item.box.y1)
            self._actions.open_menu(class_id, *at)
        elif part == "eye":
            self._actions.toggle_hidden(class_id)
        elif part == "lock":
            self._actions.toggle_locked(class_id)
        elif part == "chip":
            self._actions.recolor(class_id)

    def on_wheel(self, item: Item | None, event: PointerEvent) -> None:
        """Scroll by three rows a step."""
        self._scrolled(
            self._scroll.to(self._scroll.offset - event.wheel * 3 * self.metrics.control)
        )

    def _header(self) -> list[Item]:
        m, items = self.metrics, list[Item]()
        box = Box(m.grid(3), m.grid(1), self.box.width - m.grid(1.5), _header_height(m) - m.grid(1))
        width = button_width(m, "Add", icon=True)
        add = Box(max(box.x0, box.x1 - width), box.y0, box.x1, box.y1)
        count = len(self._state.rows)
        words = "Classes" if count < 10 else f"Classes · {count}"
        title = Box(box.x0, box.y0, add.x0 - m.grid(1), box.y1)
        items.append(Label(key="title", box=title, text=words, is_bold=True))
        items.append(
            Button(
                key="add",
                box=add,
                icon="plus",
                text="Add",
                tooltip="Add a class",
                is_enabled=self._state.can_add,
            )
        )
        return items

    def _view(self) -> Box:
        """Return the visible part of the list."""
        m = self.metrics
        right = self.box.width - (m.grid(2.5) if self._scroll.is_needed else 0)
        return Box(0, _header_height(m), max(0, right), max(_header_height(m), self.box.height))

    def _in_list(self, event: PointerEvent) -> float:
        """Return how far down the whole list the pointer is."""
        return event.y - self._view().y0 + self._scroll.offset

    def _gap_line(self, view: Box, y: int) -> Line:
        """Return the line that shows where a row would go."""
        m = self.metrics
        thick = max(2, m.grid(0.75))
        top = min(max(view.y0, y - thick // 2), view.y1 - thick)
        box = Box(view.x0 + m.grid(1), top, view.x1 - m.grid(1), top + thick)
        return Line(key="gap", box=box, color=theme.ACCENT)

    def _fit(self) -> None:
        height = self.box.height - _header_height(self.metrics)
        self._scroll.fit(len(self._state.rows) * self.metrics.control, height)

    def _reveal_active(self) -> None:
        ids = [row.class_id for row in self._state.rows]
        if self._state.active_id in ids:
            top = ids.index(self._state.active_id) * self.metrics.control
            self._scroll.reveal(top, top + self.metrics.control, margin=self.metrics.control // 2)

    def _scrolled(self, has_moved: bool) -> None:
        if has_moved:
            self.rebuild()


def _header_height(metrics: Metrics) -> int:
    return metrics.grid(9)


def _parsed(key: str) -> tuple[str, int]:
    """Return the part of a row that a key names, and the class's id (0 for no row)."""
    part, _, number = key.partition(":")
    return part, int(number) if number else 0
