"""A card to choose a colour: swatches that can be told apart, and any other."""

from __future__ import annotations

import colorsys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from o3d_paint.core.arrays import RgbArray
from o3d_paint.ui import theme
from o3d_paint.ui.events import KeyEvent, PointerEvent
from o3d_paint.ui.panels.box import Box
from o3d_paint.ui.panels.canvas import Canvas
from o3d_paint.ui.panels.items import Button, Card, Item, Label, Look, button_width
from o3d_paint.ui.panels.popup import Popup, bounded
from o3d_paint.ui.theme import Color, Metrics

__all__ = ["SWATCHES", "ColorPicker", "ColorPickerState"]

# Paul Tol's "bright", "muted" and "light" schemes, and two greys.
SWATCHES: tuple[Color, ...] = (
    (238, 119, 51), (204, 51, 17), (238, 51, 119), (170, 51, 119), (136, 34, 85), (51, 34, 136),
    (0, 119, 187), (51, 187, 238), (68, 187, 153), (0, 153, 136), (17, 119, 51), (153, 153, 51),
    (221, 204, 119), (238, 221, 136), (238, 136, 102), (255, 170, 187), (187, 204, 51),
    (153, 221, 255), (221, 221, 221), (119, 119, 119),
)  # fmt: skip
_PER_ROW = 10


@dataclass(frozen=True, slots=True)
class ColorPickerState:
    """What the picker starts from.

    Attributes:
        title: Such as "Colour of roof".
        color: The colour now.
        used: Colours of other classes; their swatches are marked.
    """

    title: str = "Colour"
    color: Color = (128, 128, 128)
    used: frozenset[Color] = frozenset()


class ColorPicker(Popup):
    """The card to choose a colour.

    Args:
        on_change: Called with every colour tried, so that the window can show it.
        on_accept: Called with the colour chosen.
        on_cancel: Called when nothing is to change.
    """

    def __init__(
        self,
        on_change: Callable[[Color], None],
        on_accept: Callable[[Color], None],
        on_cancel: Callable[[], None],
    ) -> None:
        super().__init__()
        self._on_change = on_change
        self._on_accept = on_accept
        self._on_cancel = on_cancel
        self._state = ColorPickerState()
        self._hsv = colorsys.rgb_to_hsv(*(v / 255 for v in self._state.color))
        self._color = self._state.color

    @property
    def color(self) -> Color:
        """The colour that accepting would give."""
        return self._color

    def set_model(self, state: ColorPickerState) -> None:
        """Start from another colour."""
        if state != self._state or state.color != self._color:
            self._state = state
            self._color = state.color
            self._hsv = colorsys.rgb_to_hsv(*(v / 255 for v in state.color))
            self.rebuild()

    def preferred_size(self, max_width: int, max_height: int, *, em: float) -> tuple[int, int]:
        """Return the size that shows everything."""
        m = Metrics(em)
        return bounded((m.grid(78), m.grid(86)), max_width, max_height)

    def build(self) -> Sequence[Item]:
        """Lay out swatches, the square, the band of hues and the buttons."""
        m, state = self.metrics, self._state
        left, right = m.grid(4), self.box.width - m.grid(4)
        title = Box(left, m.grid(3), right, m.grid(9))
        items: list[Item] = [Label(key="title", box=title, text=state.title, is_bold=True)]
        gap, cell = m.grid(1), max(1, (right - left - 9 * m.grid(1)) // _PER_ROW)
        for number, color in enumerate(SWATCHES):
            row, column = divmod(number, _PER_ROW)
            x, y = left + column * (cell + gap), title.y1 + m.grid(2) + row * (cell + gap)
            items.append(
                _Swatch(
                    key=f"swatch:{number}",
                    box=Box.sized(x, y, cell, cell),
                    color=color,
                    is_chosen=color == self._color,
                    is_used=color in state.used and color != self._color,
                    tooltip="Another class has this colour" if color in state.used else "",
                )
            )
        top = title.y1 + m.grid(2) + 2 * (cell + gap) + m.grid(1)
        foot = self.box.height - m.grid(4) - m.grid(8)
        hue, saturation, value = self._hsv
        band = Box(left, foot - m.grid(7), right, foot - m.grid(3))
        square = Box(left, top, right, max(top + 1, band.y0 - m.grid(2)))
        items.append(_Square(key="square", box=square, hue=hue, saturation=saturation, value=value))
        items.append(_HueBand(key="hue", box=band, hue=hue))
        return [*items, *self._foot(left, right, foot)]

    def on_press(self, item: Item, event: PointerEvent) -> None:
        """Take a swatch, or a place in the square or the band."""
        if isinstance(item, _Swatch):
            self._hsv = colorsys.rgb_to_hsv(*(v / 255 for v in item.color))
            self._tried(item.color)
        else:
            self.on_drag(item, event)

    def on_drag(self, item: Item, event: PointerEvent) -> None:
        """Follow the pointer in the square or the band."""
        hue, saturation, value = self._hsv
        across = _share(event.x, item.box.x0, item.box.x1)
        if isinstance(item, _Square):
            saturation, value = across, 1 - _share(event.y, item.box.y0, item.box.y1)
        elif isinstance(item, _HueBand):
            # Red is at both ends; the last hue stays just short of the first.
            hue = min(across, 0.9999)
        else:
            return
        self._hsv = (hue, saturation, value)
        r, g, b = (round(v * 255) for v in colorsys.hsv_to_rgb(*self._hsv))
        self._tried((r, g, b))

    def on_click(self, item: Item, event: PointerEvent) -> None:
        """Accept or cancel."""
        if item.key == "accept":
            self._on_accept(self._color)
        elif item.key == "cancel":
            self._on_cancel()

    def key(self, event: KeyEvent) -> bool:
        """Accept by Enter, cancel by Escape."""
        if not event.is_down or event.key not in ("Enter", "Escape"):
            return False
        if event.key == "Enter":
            self._on_accept(self._color)
        else:
            self._on_cancel()
        return True

    def _tried(self, color: Color) -> None:
        if color != self._color:
            self._color = color
            self._on_change(color)
        self.rebuild()

    def _foot(self, left: int, right: int, top: int) -> list[Item]:
        m, items = self.metrics, list[Item]()
        height = m.grid(8)
        chip = Box.sized(left, top, height, height)
        code = "#{:02x}{:02x}{:02x}".format(*self._color)
        for key, text in (("accept", "Use colour"), ("cancel", "Cancel")):
            width = button_width(m, text) + m.grid(1)
            box = Box(right - width, top, right, top + height)
            items.append(
                Button(key=key, box=box, text=text, is_raised=True, is_primary=key == "accept")
            )
            right = box.x0 - m.grid(1)
        words = Box(chip.x1 + m.grid(2), top, right, top + height)
        return [
            Card(key="chip", box=chip, color=self._color, border=theme.BORDER),
            Label(key="code", box=words, text=code, color=theme.TEXT_DIM, size=m.small),
            *items,
        ]


def _share(position: float, start: int, end: int) -> float:
    return min(1.0, max(0.0, (position - start) / max(1, end - start - 1)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Swatch(Item):
    color: Color
    is_chosen: bool = False
    is_used: bool = False

    def draw(self, canvas: Canvas, look: Look) -> None:
        m = canvas.metrics
        radius = m.radius
        if self.is_chosen or look.is_inside:
            canvas.rounded(self.box, theme.TEXT, radius=radius)
            ring = self.box.inset(max(2, m.grid(0.5)))
            canvas.rounded(ring, theme.PANEL, radius=radius)
        inner = self.box.inset(max(2, m.grid(0.75)))
        canvas.rounded(inner, self.color, radius=max(1, radius - 1))
        if self.is_used:
            ink = theme.readable_on(self.color)
            middle = (self.box.x0 + self.box.x1) / 2, (self.box.y0 + self.box.y1) / 2
            canvas.disc(*middle, max(1.0, m.em / 8), ink)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Square(Item):
    """Saturation to the right, value upwards."""

    hue: float
    saturation: float
    value: float

    def draw(self, canvas: Canvas, look: Look) -> None:
        width, height = self.box.width, self.box.height
        canvas.picture(self.box, _square_picture(round(self.hue * 360), width, height))
        x = self.box.x0 + self.saturation * (width - 1)
        y = self.box.y0 + (1 - self.value) * (height - 1)
        _draw_knob(canvas, x, y)


@dataclass(frozen=True, slots=True, kw_only=True)
class _HueBand(Item):
    hue: float

    def draw(self, canvas: Canvas, look: Look) -> None:
        canvas.picture(self.box, _band_picture(self.box.width, self.box.height))
        x = self.box.x0 + self.hue * (self.box.width - 1)
        _draw_knob(canvas, x, (self.box.y0 + self.box.y1) / 2)


def _draw_knob(canvas: Canvas, x: float, y: float) -> None:
    m = canvas.metrics
    size = max(6, m.grid(3))
    knob = Box.sized(round(x) - size // 2, round(y) - size // 2, size, size)
    canvas.outline(knob, (0, 0, 0), radius=size // 2, width=max(2, m.grid(0.75)))
    canvas.outline(knob.inset(m.line), (255, 255, 255), radius=size // 2, width=m.line)


@lru_cache(maxsize=32)
def _square_picture(hue_degrees: int, width: int, height: int) -> RgbArray:
    hsv = np.zeros((height, width, 3), dtype=np.float32)
    hsv[..., 0] = hue_degrees % 360
    hsv[..., 1] = np.linspace(0, 1, width, dtype=np.float32)[None]
    hsv[..., 2] = np.linspace(1, 0, height, dtype=np.float32)[:, None]
    return _rgb_of(hsv)


@lru_cache(maxsize=8)
def _band_picture(width: int, height: int) -> RgbArray:
    hsv = np.ones((height, width, 3), dtype=np.float32)
    hsv[..., 0] = np.linspace(0, 359.99, width, dtype=np.float32)[None]
    return _rgb_of(hsv)


def _rgb_of(hsv: np.ndarray) -> RgbArray:
    return np.round(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB) * 255).astype(np.uint8)
