"""Where each panel lies in the window: plain arithmetic, sizes in em."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from o3d_paint.ui.panels.class_panel import ClassPanel
from o3d_paint.ui.panels.photo_strip import PhotoStrip
from o3d_paint.ui.panels.splitter import Splitter
from o3d_paint.ui.panels.status_bar import StatusBar
from o3d_paint.ui.panels.tool_options import ToolOptions
from o3d_paint.ui.panels.toolbar import Toolbar

__all__ = ["Height", "LayoutMode", "Place", "arrange", "column"]

LayoutMode = Literal["both", "scene", "photo"]
"""3D view and photo, or one of the two alone."""
Height = Callable[[int, float], int]
"""Height of a panel in device pixels, of its width in device pixels and the em."""

_MIN_SIDE_EM = 20.0
_MAX_CLASS_SHARE = 0.34
_MAX_MORE_SHARE = 0.4
"""Of what is left beside the tools, that further panels may take from photo and classes."""
_WIDE_EM = 60.0
_CLASSES_EM = 24.0


@dataclass(frozen=True, slots=True)
class Place:
    """A rectangle of the window in device pixels."""

    x: int
    y: int
    width: int
    height: int

    def contains(self, x: float, y: float) -> bool:
        """Return whether a position of the window lies inside."""
        return self.x <= x < self.x + self.width and self.y <= y < self.y + self.height


def arrange(
    content: Place,
    *,
    em: float,
    split: float,
    mode: LayoutMode,
    class_count: int,
    more: Mapping[str, Height] = MappingProxyType({}),
) -> Mapping[str, Place]:
    """Return the place of every panel that is shown.

    Args:
        content: What the window has below its menu bar.
        em: Height of the window's font in device pixels.
        split: Share of the width that the 3D view takes, 0 to 1.
        mode: What is shown.
        class_count: Rows of the class list.
        more: Heights of further panels, which lie below the classes.
    """
    x, y, width = content.x, content.y, content.width
    bottom = y + content.height
    bar, status = Toolbar.preferred_height(em), StatusBar.preferred_height(em)
    strip = PhotoStrip.preferred_height(em)
    places = {
        "toolbar": Place(x, y, width, bar),
        "status": Place(x, bottom - status, width, status),
        "strip": Place(x, bottom - status - strip, width, strip),
    }
    top = y + bar
    height = max(1, bottom - status - strip - top)
    if mode == "scene":
        return {**places, "scene": Place(x, top, width, height)}
    side = x
    if mode == "both":
        grip = Splitter.preferred_width(em)
        least = int(min(_MIN_SIDE_EM * em, (width - grip) / 2))
        scene = min(max(int(split * width), least), width - grip - least)
        places["scene"] = Place(x, top, scene, height)
        places["splitter"] = Place(x + scene, top, grip, height)
        side = x + scene + grip
    column = x + width - side
    options = min(ToolOptions.preferred_height(column, em), height // 2)
    if mode == "photo" and width >= _WIDE_EM * em:
        # A photo is taller than what is left of a wide window above a list.
        narrow, below = int(_CLASSES_EM * em), height - options
        places["options"] = Place(side, top, column, options)
        places["canvas"] = Place(side, top + options, column - narrow, below)
        beside = Place(x + width - narrow, top + options, narrow, below)
        beside, others = stacked(beside, em, more)
        return {**places, "classes": beside, **others}
    lower = Place(side, top + options, column, height - options)
    lower, others = stacked(lower, em, more)
    height = options + lower.height
    classes = min(ClassPanel.preferred_height(class_count, em), int(height * _MAX_CLASS_SHARE))
    places["options"] = Place(side, top, column, options)
    canvas = max(1, height - options - classes)
    places["canvas"] = Place(side, top + options, column, canvas)
    places["classes"] = Place(side, top + options + canvas, column, classes)
    return {**places, **others}


def column(
    place: Place,
    *,
    em: float,
    class_count: int,
    more: Mapping[str, Height] = MappingProxyType({}),
) -> Mapping[str, Place]:
    """Return where the parts of a paint panel lie that is a column: tools, photo, classes, strip.

    Args:
        place: What the panel has, device pixels of the window.
        em: Height of the window's font.
        class_count: Rows of the class list.
        more: Heights of further panels, which lie between classes and strip.
    """
    x, width = place.x, place.width
    options = min(ToolOptions.preferred_height(width, em), place.height // 3)
    strip = min(PhotoStrip.preferred_height(em), place.height // 4)
    rest = Place(x, place.y + options, width, max(2, place.height - options - strip))
    rest, others = stacked(rest, em, more)
    classes = min(ClassPanel.preferred_height(class_count, em), int(rest.height * _MAX_CLASS_SHARE))
    canvas = rest.height - classes
    return {
        "options": Place(x, place.y, width, options),
        "canvas": Place(x, rest.y, width, canvas),
        "classes": Place(x, rest.y + canvas, width, classes),
        **others,
        "strip": Place(x, place.y + place.height - strip, width, strip),
    }


def stacked(place: Place, em: float, more: Mapping[str, Height]) -> tuple[Place, dict[str, Place]]:
    """Put further panels at the bottom of a place; returns what is left of it, and theirs."""
    places: dict[str, Place] = {}
    bottom, room = place.y + place.height, int(place.height * _MAX_MORE_SHARE)
    for number, (name, height_of) in enumerate(reversed(tuple(more.items()))):
        height = max(1, min(height_of(place.width, em), room // (len(more) - number)))
        room -= height
        bottom -= height
        places[name] = Place(place.x, bottom, place.width, height)
    return Place(place.x, place.y, place.width, bottom - place.y), places
