"""A list of classes that shrinks while one types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from o3d_paint.ui import theme
from o3d_paint.ui.events import KeyEvent, PointerEvent, character_of
from o3d_paint.ui.panels.box import Box
from o3d_paint.ui.panels.canvas import Canvas
from o3d_paint.ui.panels.class_row import ClassRow
from o3d_paint.ui.panels.items import Card, Item, Label, Look
from o3d_paint.ui.panels.popup import bounded
from o3d_paint.ui.panels.scrolling_card import ScrollingCard
from o3d_paint.ui.panels.text import Font, shortened_head, text_width
from o3d_paint.ui.theme import Metrics

__all__ = ["ClassSearch", "found"]

_MAX_SHOWN = 9


def found(rows: Sequence[ClassRow], text: str) -> tuple[ClassRow, ...]:
    """Return the classes that a typed text means, the best first.

    Names that start with it come before those with a word that does, these before names that
    hold it anywhere, and these before names that hold its letters in order.
    """
    wanted = text.strip().casefold()
    if not wanted:
        return tuple(rows)
    ranked = [(_rank(row.name.casefold(), wanted), row) for row in rows]
    return tuple(row for rank, row in sorted(ranked, key=lambda r: r[0]) if rank < _NO_MATCH)


_NO_MATCH = 4


def _rank(name: str, wanted: str) -> int:
    if name.startswith(wanted):
        return 0
    if any(word.startswith(wanted) for word in name.split()):
        return 1
    if wanted in name:
        return 2
    letters = iter(name)
    return 3 if all(letter in letters for letter in wanted) else _NO_MATCH


class ClassSearch(ScrollingCard):
    """The card to find a class by its name.

    Typed characters come by `key`, or whole by `set_text` where the window has a text field.

    Args:
        on_choose: Called with the id of the chosen class.
        on_dismiss: Called by Escape.
        on_add: Called with the typed name when no class has it and Enter is pressed; None where
            only a class that is there will do.
        question: What stands in the field before anything is typed.
    """

    background = theme.RAISED

    def __init__(
        self,
        on_choose: Callable[[int], None],
        on_dismiss: Callable[[], None],
        on_add: Callable[[str], None] | None,
        *,
        question: str = "Type a class",
    ) -> None:
        super().__init__()
        self._on_choose = on_choose
        self._on_dismiss = on_dismiss
        self._on_add = on_add
        self._question = question
        self._rows: tuple[ClassRow, ...] = ()
        self._text = ""
        self._marked = 0

    @property
    def text(self) -> str:
        """What has been typed."""
        return self._text

    def set_model(self, rows: tuple[ClassRow, ...]) -> None:
        """Search among other classes; what was typed before is forgotten."""
        self._rows, self._marked = rows, 0
        self.set_text("")
        self.rebuild()

    def set_text(self, text: str) -> None:
        """Search for another text."""
        if text != self._text:
            self._text, self._marked = text, 0
            self._scroll.to(0)
            self.rebuild()

    def preferred_size(self, max_width: int, max_height: int, *, em: float) -> tuple[int, int]:
        """Return a size that does not depend on what is typed."""
        m = Metrics(em)
        shown = min(_MAX_SHOWN, max(1, len(self._rows)))
        return bounded((m.grid(84), m.grid(13) + shown * m.control), max_width, max_height)

    def build(self) -> Sequence[Item]:
        """Lay out the field and the classes found."""
        m, hits = self.metrics, found(self._rows, self._text)
        field = Box(m.grid(2), m.grid(2), self.box.width - m.grid(2), m.grid(10))
        items: list[Item] = [
            Card(key="ground", box=field, color=theme.WINDOW, border=theme.ACCENT),
            _Field(
                key="field",
                box=field.inset(m.grid(2), 0),
                text=self._text,
                question=self._question,
                is_solid=False,
            ),
        ]
        view = Box(m.grid(1), m.grid(11), self.box.width - m.grid(1), self.box.height - m.grid(1))
        if not hits:
            box = Box(view.x0 + m.grid(3), view.y0, view.x1, view.y0 + m.control)
            adds = f" Enter adds “{self._text.strip()}”." if self._on_add is not None else ""
            words = f"No class fits.{adds}"
            return [*items, Label(key="none", box=box, text=words, color=theme.TEXT_DIM)]
        self._scroll.fit(len(hits) * m.control, view.height)
        right = view.x1 - (m.grid(2) if self._scroll.is_needed else 0)
        for number in self._scroll.range(m.control, len(hits)):
            top = view.y0 + number * m.control - self._scroll.offset
            row = hits[number]
            items.append(
                _Hit(
                    key=f"hit:{row.class_id}",
                    box=Box(view.x0, top, right, top + m.control),
                    clip=view,
                    row=row,
                    is_marked=number == self._marked,
                )
            )
        if self._scroll.is_needed:
            bar = Box(view.x1 - m.grid(2.5), view.y0, view.x1, view.y1)
            items.append(self._scroll.bar(bar))
        return items

    def on_click(self, item: Item, event: PointerEvent) -> None:
        """Choose a class."""
        if isinstance(item, _Hit):
            self._on_choose(item.row.class_id)

    def key(self, event: KeyEvent) -> bool:
        """Type, move the mark, choose by Enter, close by Escape."""
        if not event.is_down:
            return False
        hits = found(self._rows, self._text)
        if event.key == "Escape":
            self._on_dismiss()
        elif event.key == "Enter":
            self._enter(hits)
        elif event.key in ("Up", "Down") and hits:
            step = 1 if event.key == "Down" else -1
            self._marked = (self._marked + step) % len(hits)
            top = self._marked * self.metrics.control
            self._scroll.reveal(top, top + self.metrics.control)
            self.rebuild()
        elif event.key == "Backspace":
            self.set_text(self._text[:-1])
        else:
            typed = character_of(event)
            self.set_text(self._text + typed)
            return bool(typed)
        return True

    def _enter(self, hits: Sequence[ClassRow]) -> None:
        if hits:
            self._on_choose(hits[min(self._marked, len(hits) - 1)].class_id)
        elif self._text.strip() and self._on_add is not None:
            self._on_add(self._text.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field(Item):
    """What was typed, with a caret behind it."""

    text: str
    question: str

    def draw(self, canvas: Canvas, look: Look) -> None:
        m, font = canvas.metrics, Font(canvas.metrics.body)
        canvas.icon(Box(self.box.x0, self.box.y0, self.box.x0 + m.icon, self.box.y1), "search",
                    theme.TEXT_DIM, size=m.grid(4))  # fmt: skip
        words = Box(self.box.x0 + m.icon + m.grid(2), self.box.y0, self.box.x1, self.box.y1)
        typed = shortened_head(self.text, font, max(0, words.width - m.grid(1)))
        x = words.x0 + (text_width(typed, font) if typed else 0)
        if typed:
            canvas.text(words, typed, theme.TEXT, font=font)
        else:
            place = Box(x + m.grid(1), words.y0, words.x1, words.y1)
            canvas.text(place, self.question, theme.TEXT_DIM, font=font)
        caret = Box(x + m.line, words.y0 + m.grid(2), x + 2 * m.line, words.y1 - m.grid(2))
        canvas.fill(caret, theme.ACCENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hit(Item):
    row: ClassRow
    is_marked: bool = False

    def draw(self, canvas: Canvas, look: Look) -> None:
        m = canvas.metrics
        if self.is_marked or look.is_inside:
            color = theme.ACCENT_FILL if self.is_marked else theme.HOVER
            canvas.rounded(self.box.inset(m.grid(1), 0), color, radius=m.radius)
        chip = Box.sized(self.box.x0 + m.grid(3), self.box.y0, m.grid(4), self.box.height)
        chip = chip.middle(m.grid(3.5), m.grid(3.5))
        if self.is_marked:
            # A colour like the mark's own must still be seen.
            canvas.rounded(chip.inset(-m.line), theme.TEXT, radius=m.grid(1))
        canvas.rounded(chip, self.row.color, radius=m.grid(1))
        key = text_width(self.row.key, Font(m.small)) if self.row.key else 0
        right = self.box.x1 - m.grid(4)
        words = Box(chip.x1 + m.grid(2), self.box.y0, right - key - m.grid(2), self.box.y1)
        canvas.text(words, self.row.name, theme.TEXT, font=Font(m.body))
        if self.row.key:
            dim = theme.TEXT if self.is_marked else theme.TEXT_DIM
            place = Box(right - key, self.box.y0, right, self.box.y1)
            canvas.text(place, self.row.key, dim, font=Font(m.small), align="right")
