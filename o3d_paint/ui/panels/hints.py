"""The five cards that a first start shows, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from o3d_paint.ui import theme
from o3d_paint.ui.events import KeyEvent, PointerEvent
from o3d_paint.ui.panels.box import Box
from o3d_paint.ui.panels.items import Button, Item, Label, Progress, button_width
from o3d_paint.ui.panels.popup import Paragraph, Popup, bounded, inner_width, paragraph_height
from o3d_paint.ui.theme import Metrics

__all__ = ["HINTS", "Hint", "HintCard"]


@dataclass(frozen=True, slots=True)
class Hint:
    """A card.

    Attributes:
        icon: Before the title.
        title: What to do.
        text: How.
    """

    icon: str
    title: str
    text: str


HINTS: tuple[Hint, ...] = (
    Hint(
        "camera",
        "Click a camera",
        "Each pyramid in the 3D view is a photo. Click one, and its photo opens for painting.",
    ),
    Hint(
        "brush",
        "Paint the photo",
        "Choose a class with 1 to 9 and paint. The right button erases, the wheel zooms, "
        "Ctrl+wheel changes the size of the brush.",
    ),
    Hint(
        "cuboid",
        "Watch the cloud",
        "What you paint appears at once on the points that this photo sees. Drag in the 3D view "
        "to look at it from elsewhere.",
    ),
    Hint(
        "sparkles",
        "Fuse, then go to the next photo",
        "Fuse spreads the paint to the rest of the cloud. Next photo (N) opens the one that "
        "helps most.",
    ),
    Hint(
        "save",
        "Nothing is lost",
        "Every stroke is saved as you make it, and Ctrl+Z takes back any of them. PLY and GLB "
        "write the labelled cloud. F1 shows all keys.",
    ),
)


class HintCard(Popup):
    """One hint, with the way to the next.

    Args:
        on_show: Called with the number of the hint to show, from 0.
        on_close: Called after the last one, or when the user has seen enough.
    """

    background = theme.RAISED
    border = theme.ACCENT_FILL

    def __init__(self, on_show: Callable[[int], None], on_close: Callable[[], None]) -> None:
        super().__init__()
        self._on_show = on_show
        self._on_close = on_close
        self._number = 0

    def set_model(self, number: int) -> None:
        """Show another hint."""
        number = min(max(0, number), len(HINTS) - 1)
        if number != self._number:
            self._number = number
            self.rebuild()

    def preferred_size(self, max_width: int, max_height: int, *, em: float) -> tuple[int, int]:
        """Return the one size that fits every hint, so that the card keeps still."""
        m = Metrics(em)
        width = min(max_width, m.grid(90))
        room = inner_width(m, width)
        longest = max(paragraph_height(h.text, m.body, room) for h in HINTS)
        return bounded((width, m.grid(14) + longest + m.grid(16)), max_width, max_height)

    def build(self) -> Sequence[Item]:
        """Lay out title, text, the dots and the buttons."""
        m, hint = self.metrics, HINTS[self._number]
        left, right = m.grid(5), self.box.width - m.grid(5)
        title = Box(left, m.grid(4), right, m.grid(12))
        foot = self.box.height - m.grid(4) - m.grid(8)
        items: list[Item] = [
            Label(
                key="title",
                box=title,
                text=hint.title,
                size=m.title,
                is_bold=True,
                icon=hint.icon,
                icon_color=theme.ACCENT,
            ),
            Paragraph(
                key="text", box=Box(left, m.grid(14), right, foot - m.grid(2)), text=hint.text
            ),
        ]
        for number in range(len(HINTS)):
            size = m.grid(1.5)
            dot = Box.sized(left + number * m.grid(3), foot + m.grid(3.25), size, size)
            color = theme.ACCENT if number == self._number else theme.TRACK
            items.append(Progress(key=f"dot:{number}", box=dot, share=1.0, color=color))
        is_last = self._number == len(HINTS) - 1
        faces = [("next", "Start painting" if is_last else "Next")]
        if not is_last:
            faces.append(("skip", "Skip"))
        for key, text in faces:
            width = button_width(m, text) + m.grid(2)
            box = Box(right - width, foot, right, foot + m.grid(8))
            items.append(Button(key=key, box=box, text=text, is_primary=key == "next"))
            right = box.x0 - m.grid(1)
        return items

    def on_click(self, item: Item, event: PointerEvent) -> None:
        """Go on, or stop."""
        if item.key == "next" and self._number < len(HINTS) - 1:
            self._on_show(self._number + 1)
        else:
            self._on_close()

    def key(self, event: KeyEvent) -> bool:
        """Stop by Escape; other keys are the window's."""
        if event.is_down and event.key == "Escape":
            self._on_close()
            return True
        return False
