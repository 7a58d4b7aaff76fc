"""A menu that drops down or pops up under the pointer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from o3d_paint.ui import theme
from o3d_paint.ui.events import KeyEvent, PointerEvent
from o3d_paint.ui.panels.box import Box
from o3d_paint.ui.panels.canvas import Canvas
from o3d_paint.ui.panels.class_row import ClassRow
from o3d_paint.ui.panels.items import Item, Line, Look
from o3d_paint.ui.panels.popup import bounded
from o3d_paint.ui.panels.scrolling_card import ScrollingCard
from o3d_paint.ui.panels.text import Font, text_width
from o3d_paint.ui.theme import Metrics

__all__ = ["Menu", "MenuEntry", "class_menu"]


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A line of a menu.

    Attributes:
        entry_id: What the callback gets; empty for a dividing line.
        text: What it says.
        icon: Before the text; empty for none.
        keys: The key that does the same; empty for none.
        is_enabled: Whether it can be chosen.
        is_danger: Whether it destroys something.
        is_checked: Whether a tick stands before it.
    """

    entry_id: str = ""
    text: str = ""
    icon: str = ""
    keys: str = ""
    is_enabled: bool = True
    is_danger: bool = False
    is_checked: bool = False


def class_menu(
    row: ClassRow, *, position: int, count: int, is_on_photo: bool
) -> tuple[MenuEntry, ...]:
    """Return what can be done with a class.

    Args:
        row: The class.
        position: Its place in the list, from 0.
        count: How many classes there are.
        is_on_photo: Whether the open photo has paint of this class.

    Returns:
        Entries with the ids "rename", "recolor", "move_up", "move_down", "merge", "clear_photo"
        and "delete".
    """
    return (
        MenuEntry("rename", "Rename…", "pencil"),
        MenuEntry("recolor", "Change colour…", "droplet"),
        MenuEntry("move_up", "Move up", "arrow-up", is_enabled=position > 0),
        MenuEntry("move_down", "Move down", "arrow-down", is_enabled=position < count - 1),
        MenuEntry(),
        MenuEntry("merge", "Merge into another…", "merge", is_enabled=count > 1),
        MenuEntry("clear_photo", "Clear on this photo", "eraser", is_enabled=is_on_photo),
        MenuEntry("delete", "Delete", "trash-2", is_danger=True),
    )


class Menu(ScrollingCard):
    """A menu; one that is longer than the window scrolls.

    Args:
        on_choose: Called with the id of the chosen entry.
        on_dismiss: Called when it is to be closed without a choice.
    """

    background = theme.RAISED

    def __init__(self, on_choose: Callable[[str], None], on_dismiss: Callable[[], None]) -> None:
        super().__init__()
        self._on_choose = on_choose
        self._on_dismiss = on_dismiss
        self._entries: tuple[MenuEntry, ...] = ()
        self._marked = ""

    def set_model(self, entries: tuple[MenuEntry, ...]) -> None:
        """Show other entries."""
        if entries != self._entries:
            self._entries, self._marked = entries, ""
            self.rebuild()

    def preferred_size(self, max_width: int, max_height: int, *, em: float) -> tuple[int, int]:
        """Return the size that shows every entry whole."""
        m = Metrics(em)
        widths = [_Row.width(m, entry) for entry in self._entries]
        height = sum(_height(m, entry) for entry in self._entries) + m.grid(2)
        return bounded((max(widths, default=m.grid(30)) + m.grid(2), height), max_width, max_height)

    def build(self) -> Sequence[Item]:
        """Lay out the entries."""
        m, items = self.metrics, list[Item]()
        view = self.box.inset(m.grid(1))
        self._scroll.fit(sum(_height(m, entry) for entry in self._entries), view.height)
        y, right = view.y0 - self._scroll.offset, view.x1
        if self._scroll.is_needed:
            right -= m.grid(2.5)
            items.append(self._scroll.bar(Box(right, view.y0, view.x1, view.y1)))
        for number, entry in enumerate(self._entries):
            height = _height(m, entry)
            box = Box(view.x0, y, right, y + height)
            if entry.entry_id:
                items.append(
                    _Row(
                        key=entry.entry_id,
                        box=box,
                        clip=view,
                        entry=entry,
                        is_marked=entry.entry_id == self._marked,
                        is_enabled=entry.is_enabled,
                    )
                )
            else:
                line = box.middle(box.width - m.grid(2), m.line)
                items.append(Line(key=f"line_{number}", box=line, clip=view))
            y += height
        return items

    def on_click(self, item: Item, event: PointerEvent) -> None:
        """Choose an entry."""
        if isinstance(item, _Row):
            self._on_choose(item.key)

    def on_hover(self, key: str) -> None:
        """Let the pointer take the mark over from the keys."""
        if self._marked:
            self._marked = ""
            self.rebuild()

    def key(self, event: KeyEvent) -> bool:
        """Move the mark by arrow keys, choose by Enter, close by Escape."""
        if not event.is_down:
            return False
        usable = [e.entry_id for e in self._entries if e.entry_id and e.is_enabled]
        if event.key == "Escape":
            self._on_dismiss()
        elif event.key == "Enter" and self._marked:
            self._on_choose(self._marked)
        elif event.key in ("Up", "Down") and usable:
            step = 1 if event.key == "Down" else -1
            start = -1 if step > 0 else 0
            at = usable.index(self._marked) if self._marked in usable else start
            self._marked = usable[(at + step) % len(usable)]
            self._reveal()
            self.rebuild()
        else:
            return False
        return True

    def _reveal(self) -> None:
        """Scroll to the marked entry."""
        above = 0
        for entry in self._entries:
            below = above + _height(self.metrics, entry)
            if entry.entry_id == self._marked:
                self._scroll.reveal(above, below)
            above = below


def _height(metrics: Metrics, entry: MenuEntry) -> int:
    return metrics.control if entry.entry_id else metrics.grid(2)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row(Item):
    entry: MenuEntry
    is_marked: bool = False

    @staticmethod
    def width(metrics: Metrics, entry: MenuEntry) -> int:
        """Return the width that an entry needs."""
        keys = text_width(entry.keys, Font(metrics.small)) + metrics.grid(8) if entry.keys else 0
        face = metrics.icon + metrics.grid(2) + text_width(entry.text, Font(metrics.body))
        return face + keys + metrics.grid(5)

    def draw(self, canvas: Canvas, look: Look) -> None:
        m, entry = canvas.metrics, self.entry
        is_lit = entry.is_enabled and (look.is_hovered or look.is_pressed or self.is_marked)
        if is_lit:
            color = theme.DANGER_FILL if entry.is_danger else theme.ACCENT_FILL
            canvas.rounded(self.box, color, radius=m.radius)
        ink = theme.DANGER if entry.is_danger and not is_lit else theme.TEXT
        ink = ink if entry.is_enabled else theme.DISABLED
        box = self.box.inset(m.grid(2), 0)
        icon = "check" if entry.is_checked else entry.icon
        if icon:
            canvas.icon(Box(box.x0, box.y0, box.x0 + m.icon, box.y1), icon, ink, size=m.grid(4))
        keys = _keys_width(m, entry)
        words = Box(box.x0 + m.icon + m.grid(2), box.y0, box.x1 - keys, box.y1)
        canvas.text(words, entry.text, ink, font=Font(m.body))
        if entry.keys:
            dim = theme.TEXT if is_lit else theme.TEXT_DIM
            place = Box(box.x1 - keys, box.y0, box.x1, box.y1)
            canvas.text(place, entry.keys, dim, font=Font(m.small), align="right")


def _keys_width(metrics: Metrics, entry: MenuEntry) -> int:
    """Return the room kept for an entry's key."""
    return text_width(entry.keys, Font(metrics.small)) if entry.keys else 0
