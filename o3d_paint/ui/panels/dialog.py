"""A question in the middle of the window: confirm, choose, or type a name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from o3d_paint.ui import theme
from o3d_paint.ui.events import KeyEvent, PointerEvent
from o3d_paint.ui.panels.box import Box
from o3d_paint.ui.panels.items import Button, Card, Item, Label, button_width
from o3d_paint.ui.panels.popup import Paragraph, Popup, bounded, inner_width, paragraph_height
from o3d_paint.ui.panels.text import Font, text_width
from o3d_paint.ui.theme import Metrics

__all__ = ["Dialog", "DialogButton", "DialogState"]


@dataclass(frozen=True, slots=True)
class DialogButton:
    """An answer.

    Attributes:
        button_id: What the callback gets.
        text: What it says: a verb, never "OK" or "Yes".
        is_primary: The one that Enter gives.
        is_danger: Destroys something.
    """

    button_id: str
    text: str
    is_primary: bool = False
    is_danger: bool = False


@dataclass(frozen=True, slots=True)
class DialogState:
    """A question.

    Attributes:
        title: In few words.
        text: What follows from the answers; wrapped.
        buttons: The answers from left to right. Escape gives "cancel".
        icon: Before the title; empty for none.
        has_field: Whether room for a text field is kept, see `Dialog.field_box`.
        error: What is wrong with the typed text; empty for nothing.
        note: What to know about the field while nothing is wrong.
        field_text: What the field holds at first; the card is made wide enough for it.
    """

    title: str = ""
    text: str = ""
    buttons: tuple[DialogButton, ...] = ()
    icon: str = ""
    has_field: bool = False
    error: str = ""
    note: str = ""
    field_text: str = ""


class Dialog(Popup):
    """The card that asks.

    Args:
        on_answer: Called with the id of the button; "cancel" for Escape.
    """

    def __init__(self, on_answer: Callable[[str], None]) -> None:
        super().__init__()
        self._on_answer = on_answer
        self._state = DialogState()

    def set_model(self, state: DialogState) -> None:
        """Ask another question."""
        if state != self._state:
            self._state = state
            self.rebuild()

    @property
    def field_box(self) -> Box:
        """Where the window lays its text field, in the card's own device pixels."""
        m = self.metrics
        top = self._text_box().y1 + m.grid(3.5)
        right = max(m.grid(5) + 1, self.box.width - m.grid(5))
        # As high as the toolkit draws it, whatever room it is given.
        return Box(m.grid(5), top, right, top + m.grid(5.5))

    def preferred_size(self, max_width: int, max_height: int, *, em: float) -> tuple[int, int]:
        """Return the size for the question."""
        m, state = Metrics(em), self._state
        buttons = sum(button_width(m, b.text) + m.grid(4) for b in state.buttons)
        # The toolkit's own font in the field is a little wider than ours.
        typed = round(1.15 * text_width(state.field_text, Font(m.body))) + m.grid(14)
        width = min(max_width, max(m.grid(105), buttons + m.grid(10), typed))
        height = m.grid(14) + paragraph_height(state.text, m.body, inner_width(m, width))
        if state.has_field:
            height += m.grid(10) + m.grid(6)
        return bounded((width, height + m.grid(17)), max_width, max_height)

    def build(self) -> Sequence[Item]:
        """Lay out title, text, room for the field, and the answers."""
        m, state = self.metrics, self._state
        title = Box(m.grid(5), m.grid(4), self.box.width - m.grid(5), m.grid(12))
        items: list[Item] = [
            Label(
                key="title",
                box=title,
                text=state.title,
                size=m.title,
                is_bold=True,
                icon=state.icon,
                icon_color=theme.WARNING if state.icon == "triangle-alert" else theme.ACCENT,
            ),
            Paragraph(key="text", box=self._text_box(), text=state.text, color=theme.TEXT_DIM),
        ]
        if state.has_field:
            frame = self.field_box.inset(-m.line)
            border = theme.DANGER if state.error else theme.ACCENT
            items.append(Card(key="field", box=frame, color=theme.WINDOW, border=border))
            below = Box(frame.x0, frame.y1 + m.grid(0.5), frame.x1, frame.y1 + m.grid(5.5))
            color = theme.DANGER if state.error else theme.TEXT_DIM
            text = state.error or state.note
            items.append(Label(key="error", box=below, text=text, color=color, size=m.small))
        return [*items, *self._answers()]

    def on_click(self, item: Item, event: PointerEvent) -> None:
        """Give an answer."""
        if event.button == "left":
            self._on_answer(item.key)

    def key(self, event: KeyEvent) -> bool:
        """Answer by Enter (the primary button) and Escape ("cancel")."""
        if not event.is_down or event.key not in ("Enter", "Escape"):
            return False
        if event.key == "Escape":
            self._on_answer("cancel")
            return True
        primary = next((b.button_id for b in self._state.buttons if b.is_primary), "")
        if primary:
            self._on_answer(primary)
        return bool(primary)

    def _text_box(self) -> Box:
        m = self.metrics
        width = inner_width(m, self.box.width)
        height = paragraph_height(self._state.text, m.body, width)
        return Box.sized(m.grid(5), m.grid(14), width, height)

    def _answers(self) -> list[Item]:
        m, items, right = self.metrics, list[Item](), self.box.width - self.metrics.grid(5)
        top = self.box.height - m.grid(5) - m.grid(8)
        for answer in reversed(self._state.buttons):
            width = button_width(m, answer.text) + m.grid(2)
            items.append(
                Button(
                    key=answer.button_id,
                    box=Box(right - width, top, right, top + m.grid(8)),
                    text=answer.text,
                    is_raised=True,
                    is_primary=answer.is_primary,
                    is_danger=answer.is_danger,
                )
            )
            right -= width + m.grid(2)
        return items
