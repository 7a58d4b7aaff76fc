"""Items with a value: slider, segment of a choice, switch, scrollbar."""

from __future__ import annotations

from dataclasses import dataclass

from o3d_paint.ui import theme
from o3d_paint.ui.panels.box import Box
from o3d_paint.ui.panels.canvas import Canvas
from o3d_paint.ui.panels.items import Item, Look
from o3d_paint.ui.panels.text import Font, text_width
from o3d_paint.ui.theme import Metrics

__all__ = ["Scrollbar", "Segment", "Slider", "Switch", "switch_width"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slider(Item):
    """A name, a track with a knob, and the value in words.

    Attributes:
        share: Where the knob stands, 0 to 1.
        name: Before the track; left out where there is no room.
        value: After the track, such as ``24 px``.
        name_width: Room kept for the name.
        value_width: Room kept for the value.
    """

    share: float
    name: str = ""
    value: str = ""
    name_width: int = 0
    value_width: int = 0

    def track(self) -> Box:
        """Return the box along whose middle the knob runs."""
        knob = self.box.height // 4
        return Box(
            self.box.x0 + self.name_width + knob,
            self.box.y0,
            max(self.box.x0 + self.name_width + knob + 1, self.box.x1 - self.value_width - knob),
            self.box.y1,
        )

    def share_at(self, x: float) -> float:
        """Return the share, 0 to 1, that a knob drawn to x means."""
        track = self.track()
        return min(1.0, max(0.0, (x - track.x0) / max(1, track.width - 1)))

    def draw(self, canvas: Canvas, look: Look) -> None:
        """Draw name, track, knob and value."""
        m = canvas.metrics
        ink = theme.TEXT if self.is_enabled else theme.DISABLED
        dim = theme.TEXT_DIM if self.is_enabled else theme.DISABLED
        if self.name_width:
            box = Box(self.box.x0, self.box.y0, self.box.x0 + self.name_width, self.box.y1)
            canvas.text(box, self.name, dim, font=Font(m.small))
        track = self.track()
        bar = track.middle(track.width, max(2, m.grid(0.75)))
        canvas.rounded(bar, theme.TRACK, radius=bar.height // 2)
        x = track.x0 + round(min(1.0, max(0.0, self.share)) * max(0, track.width - 1))
        if self.is_enabled:
            with canvas.clipped(Box(bar.x0, bar.y0, x, bar.y1)):
                canvas.rounded(bar, theme.ACCENT, radius=bar.height // 2)
        radius = self.box.height * (0.28 if look.is_inside or look.is_pressed else 0.24)
        middle = (self.box.y0 + self.box.y1) / 2
        canvas.disc(x, middle, radius, ink)
        if self.value_width:
            box = Box(self.box.x1 - self.value_width, self.box.y0, self.box.x1, self.box.y1)
            canvas.text(box, self.value, ink, font=Font(m.small), align="right")


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment(Item):
    """One of a row of choices that touch each other.

    Attributes:
        text: Its name.
        is_on: Whether it is the chosen one.
        is_first: Whether it is the leftmost.
        is_last: Whether it is the rightmost.
    """

    text: str
    icon: str = ""
    is_on: bool = False
    is_first: bool = False
    is_last: bool = False

    def draw(self, canvas: Canvas, look: Look) -> None:
        """Draw the part of the common ground that is its own, and its name."""
        m = canvas.metrics
        # The ground reaches past the inner edges, where the clip cuts its round corners off.
        left = self.box.x0 if self.is_first else self.box.x0 - m.radius * 2
        right = self.box.x1 if self.is_last else self.box.x1 + m.radius * 2
        canvas.rounded(Box(left, self.box.y0, right, self.box.y1), theme.RAISED, radius=m.radius)
        inner = self.box.inset(max(1, m.grid(0.5)))
        if self.is_on:
            canvas.rounded(inner, theme.ACCENT_FILL, radius=max(1, m.radius - m.grid(0.5)))
        elif self.is_enabled and (look.is_hovered or look.is_pressed):
            color = theme.PRESSED if look.is_pressed else theme.HOVER
            canvas.rounded(inner, color, radius=max(1, m.radius - m.grid(0.5)))
        ink = theme.TEXT if self.is_on else theme.TEXT_DIM
        ink = ink if self.is_enabled else theme.DISABLED
        if self.icon and not self.text:
            canvas.icon(self.box, self.icon, ink)
        else:
            canvas.text(inner, self.text, ink, font=Font(m.body), align="center")


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch(Item):
    """A small sliding switch with its name behind it."""

    text: str
    is_on: bool = False

    def draw(self, canvas: Canvas, look: Look) -> None:
        """Draw the switch and its name."""
        m = canvas.metrics
        height = max(4, m.grid(4))
        width = m.grid(7)
        top = self.box.y0 + (self.box.height - height) // 2
        pill = Box.sized(self.box.x0, top, width, height)
        ground = theme.ACCENT_FILL if self.is_on else theme.TRACK
        if not self.is_enabled:
            ground = theme.RAISED
        elif look.is_hovered:
            ground = theme.mixed(ground, theme.TEXT, 0.12)
        canvas.rounded(pill, ground, radius=height // 2)
        knob = height / 2
        x = pill.x1 - knob if self.is_on else pill.x0 + knob
        ink = theme.TEXT if self.is_enabled else theme.DISABLED
        canvas.disc(x, top + height / 2, height * 0.34, ink)
        words = Box(pill.x1 + m.grid(2), self.box.y0, self.box.x1, self.box.y1)
        canvas.text(words, self.text, ink, font=Font(m.body))


def switch_width(metrics: Metrics, text: str) -> int:
    """Return the width that a switch needs."""
    return metrics.grid(9) + text_width(text, Font(metrics.body)) + metrics.grid(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrollbar(Item):
    """A scrollbar, upright or lying by its shape.

    Attributes:
        start: Share of the content before the visible part, 0 to 1.
        extent: Share of the content that is visible, 0 to 1.
    """

    start: float
    extent: float

    def thumb(self) -> Box:
        """Return the box of the part that can be dragged."""
        is_upright = self.box.height >= self.box.width
        length = self.box.height if is_upright else self.box.width
        breadth = self.box.width if is_upright else self.box.height
        size = min(length, max(2 * breadth, round(length * self.extent)))
        free = max(0.0, 1 - self.extent)
        at = round((length - size) * (self.start / free if free else 0))
        if is_upright:
            return Box.sized(self.box.x0, self.box.y0 + at, breadth, size)
        return Box.sized(self.box.x0 + at, self.box.y0, size, breadth)

    def draw(self, canvas: Canvas, look: Look) -> None:
        """Draw the thumb, brighter when it can be dragged."""
        is_hot = look.is_pressed or look.is_hovered
        thumb = self.thumb().inset(max(1, min(self.box.width, self.box.height) // 4))
        color = theme.TEXT_DIM if is_hot else theme.TRACK
        canvas.rounded(thumb, color, radius=min(thumb.width, thumb.height) // 2)
