"""Colours and measures of the window: dark and neutral, so that photos and labels stand out.

Every size derives from the em, the height of the window's font in device pixels, and lies on a
grid of a quarter of it (4 px at an em of 16).
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "ACCENT",
    "ACCENT_FILL",
    "BORDER",
    "DANGER",
    "DANGER_FILL",
    "DISABLED",
    "GOOD",
    "HOVER",
    "PANEL",
    "PRESSED",
    "RAISED",
    "SCENE",
    "TEXT",
    "TEXT_DIM",
    "TRACK",
    "WARNING",
    "WINDOW",
    "Color",
    "Metrics",
    "contrast",
    "mixed",
    "readable_on",
]

Color = tuple[int, int, int]
"""sRGB, three values of 0 to 255."""

WINDOW: Color = (16, 17, 19)
"""Behind and between panels."""
SCENE: Color = (22, 23, 26)
"""Ground of the 3D view and of the photo."""
PANEL: Color = (30, 32, 36)
RAISED: Color = (45, 48, 54)
"""Buttons that are always drawn as such, fields, cards."""
HOVER: Color = (56, 60, 68)
PRESSED: Color = (38, 41, 47)
BORDER: Color = (64, 69, 78)
TRACK: Color = (72, 78, 88)
"""Slider tracks, scrollbars."""
TEXT: Color = (236, 238, 241)
TEXT_DIM: Color = (170, 176, 187)
DISABLED: Color = (108, 114, 124)
ACCENT: Color = (107, 181, 255)
ACCENT_FILL: Color = (29, 93, 163)
"""Ground of what is switched on; carries `TEXT`."""
GOOD: Color = (96, 205, 138)
WARNING: Color = (244, 190, 90)
DANGER: Color = (255, 134, 124)
DANGER_FILL: Color = (168, 46, 40)

_DARK_INK: Color = (0, 0, 0)  # with white, one of the two has 4.58:1 on any ground
_LIGHT_INK: Color = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class Metrics:
    """Sizes in device pixels for one em.

    Attributes:
        em: Height of the window's font in device pixels.
    """

    em: float = 16.0

    def grid(self, steps: float) -> int:
        """Return so many quarters of an em, rounded to whole pixels."""
        return round(steps * self.em / 4)

    @property
    def line(self) -> int:
        """Width of a hairline."""
        return max(1, round(self.em / 16))

    @property
    def body(self) -> int:
        """Size of ordinary text."""
        return max(6, round(self.em * 0.84))

    @property
    def small(self) -> int:
        """Size of secondary text."""
        return max(6, round(self.em * 0.78))

    @property
    def title(self) -> int:
        """Size of headings."""
        return max(6, round(self.em * 1.12))

    @property
    def icon(self) -> int:
        """Edge of an icon on a button."""
        return max(6, round(self.em * 1.125))

    @property
    def control(self) -> int:
        """Height of buttons, fields and rows."""
        return max(4, self.grid(7))

    @property
    def radius(self) -> int:
        """Radius of rounded corners."""
        return max(2, self.grid(1.25))


def contrast(a: Color, b: Color) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.1)."""
    high, low = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def readable_on(ground: Color) -> Color:
    """Return black or white ink, whichever stands out more from a ground."""
    dark, light = contrast(_DARK_INK, ground), contrast(_LIGHT_INK, ground)
    return _DARK_INK if dark >= light else _LIGHT_INK


def mixed(a: Color, b: Color, share: float) -> Color:
    """Return ``a`` with a share of 0 to 1 of ``b`` mixed in."""
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


def _luminance(color: Color) -> float:
    """Return the relative luminance of an sRGB colour."""
    parts = (v / 255 for v in color)
    linear = [v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
