"""The things a panel is made of: small values that know how to draw themselves.

A panel builds its items anew from its view model; the base class compares them with the ones
before, so an item is drawn again only when it differs. Items therefore hold no state.
"""

from __future__ import annotations

from dataclasses import dataclass

from o3d_paint.ui import theme
from o3d_paint.ui.panels.box import Box
from o3d_paint.ui.panels.canvas import Align, Canvas
from o3d_paint.ui.panels.text import Font, text_width
from o3d_paint.ui.theme import Color, Metrics

__all__ = ["Button", "Card", "Item", "Label", "Line", "Look", "Progress", "button_width"]


@dataclass(frozen=True, slots=True)
class Look:
    """How the pointer stands to an item.

    Attributes:
        is_hovered: The pointer is over it and over nothing on top of it.
        is_inside: The pointer is over it, or over something that lies on top of it.
        is_pressed: A button went down on it and is still held.
    """

    is_hovered: bool = False
    is_inside: bool = False
    is_pressed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing in a panel.

    Attributes:
        key: Names it within its panel; what the panel's handlers get.
        box: Where it lies.
        clip: Where it may be seen and hit, such as the visible part of a list; None for all of it.
        tooltip: What to say when the pointer rests on it.
        is_enabled: Whether it can be pressed.
        is_solid: Whether the pointer can meet it at all.
    """

    key: str
    box: Box
    clip: Box | None = None
    tooltip: str = ""
    is_enabled: bool = True
    is_solid: bool = True

    @property
    def seen(self) -> Box:
        """The part of the box that can be seen and hit."""
        return self.box if self.clip is None else self.box.cut(self.clip)

    def draw(self, canvas: Canvas, look: Look) -> None:
        """Draw the item; the canvas is clipped to what can be seen of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card(Item):
    """A plain ground, for instance of a row or a popup."""

    color: Color = theme.PANEL
    border: Color | None = None
    is_round: bool = True
    is_solid: bool = False

    def draw(self, canvas: Canvas, look: Look) -> None:
        """Draw the ground and its border."""
        radius = canvas.metrics.radius if self.is_round else 0
        canvas.rounded(self.box, self.color, radius=radius)
        if self.border is not None:
            canvas.outline(self.box, self.border, radius=radius, width=canvas.metrics.line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line(Item):
    """A hairline or a filled bar."""

    color: Color = theme.BORDER
    is_solid: bool = False

    def draw(self, canvas: Canvas, look: Look) -> None:
        """Fill the box."""
        canvas.fill(self.box, self.color)


@dataclass(frozen=True, slots=True, kw_only=True)
class Label(Item):
    """A line of text, with an icon before it if wanted."""

    text: str
    color: Color = theme.TEXT
    size: int = 0
    is_bold: bool = False
    align: Align = "left"
    icon: str = ""
    icon_color: Color | None = None
    is_solid: bool = False

    def draw(self, canvas: Canvas, look: Look) -> None:
        """Set the text."""
        box = self.box
        if self.icon:
            edge = canvas.metrics.icon
            place = Box(box.x0, box.y0, box.x0 + edge, box.y1)
            canvas.icon(place, self.icon, self.icon_color or self.color)
            box = Box(place.x1 + canvas.metrics.grid(1.5), box.y0, box.x1, box.y1)
        font = Font(self.size or canvas.metrics.body, self.is_bold)
        canvas.text(box, self.text, self.color, font=font, align=self.align)


@dataclass(frozen=True, slots=True, kw_only=True)
class Button(Item):
    """A button with an icon, a text or both.

    Attributes:
        is_on: Switched on, for modes and tools.
        is_raised: Drawn as a button even when the pointer is elsewhere.
        is_primary: The one that the user most likely wants.
        is_danger: Destroys something.
        ink: Colour of icon and text; None for the usual one.
        is_small: Secondary text size.
        align: Where icon and text stand.
    """

    text: str = ""
    icon: str = ""
    is_on: bool = False
    is_raised: bool = False
    is_primary: bool = False
    is_danger: bool = False
    ink: Color | None = None
    is_small: bool = False
    align: Align = "center"

    def ground(self, look: Look) -> Color | None:
        """Return the colour behind icon and text, None for the panel's own."""
        if not self.is_enabled:
            return theme.RAISED if self.is_raised or self.is_primary else None
        base: Color | None = None
        if self.is_danger and (self.is_raised or look.is_hovered):
            base = theme.DANGER_FILL
        elif self.is_primary or self.is_on:
            base = theme.ACCENT_FILL
        elif self.is_raised:
            base = theme.RAISED
        if look.is_pressed:
            return theme.mixed(base, theme.WINDOW, 0.3) if base else theme.PRESSED
        if look.is_hovered:
            return theme.mixed(base, theme.TEXT, 0.08) if base else theme.HOVER
        return base

    def draw(self, canvas: Canvas, look: Look) -> None:
        """Draw ground, icon and text."""
        ground = self.ground(look)
        if ground is not None:
            canvas.rounded(self.box, ground, radius=canvas.metrics.radius)
        ink = self.ink or theme.TEXT
        if self.is_danger and not self.is_raised and not look.is_hovered:
            ink = theme.DANGER
        if not self.is_enabled:
            ink = theme.DISABLED
        self._draw_face(canvas, ink)

    def _draw_face(self, canvas: Canvas, ink: Color) -> None:
        m = canvas.metrics
        if not self.text:
            canvas.icon(self.box, self.icon, ink)
            return
        font = Font(m.small if self.is_small else m.body)
        gap = m.grid(1.5) if self.icon else 0
        edge = m.icon if self.icon else 0
        pad = min(m.grid(2), max(0, (self.box.width - edge - gap) // 4))
        inner = self.box.inset(pad, 0)
        width = min(inner.width, edge + gap + text_width(self.text, font))
        x = inner.x0 if self.align == "left" else inner.x0 + (inner.width - width) // 2
        if self.icon:
            canvas.icon(Box(x, self.box.y0, x + edge, self.box.y1), self.icon, ink)
        canvas.text(
            Box(x + edge + gap, self.box.y0, inner.x1, self.box.y1), self.text, ink, font=font
        )


def button_width(metrics: Metrics, text: str, *, icon: bool = False, small: bool = False) -> int:
    """Return the width that a button needs for its face."""
    if not text:
        return metrics.control
    font = Font(metrics.small if small else metrics.body)
    face = text_width(text, font) + (metrics.icon + metrics.grid(1.5) if icon else 0)
    return face + 2 * metrics.grid(2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress(Item):
    """A bar that fills.

    Attributes:
        share: 0 to 1; None while it cannot be told.
        phase: 0 to 1, where the wandering piece is while the share cannot be told.
    """

    share: float | None
    phase: float = 0.0
    color: Color = theme.ACCENT
    is_solid: bool = False

    def draw(self, canvas: Canvas, look: Look) -> None:
        """Draw the track and its filled part."""
        radius = self.box.height // 2
        canvas.rounded(self.box, theme.TRACK, radius=radius)
        width = self.box.width
        if self.share is None:
            piece = width // 3
            x = self.box.x0 + round((width - piece) * (self.phase % 1.0))
            place = Box.sized(x, self.box.y0, piece, self.box.height)
            canvas.rounded(place, self.color, radius=radius)
            return
        filled = round(width * min(1.0, max(0.0, self.share)))
        with canvas.clipped(Box(self.box.x0, self.box.y0, self.box.x0 + filled, self.box.y1)):
            canvas.rounded(self.box, self.color, radius=radius)
