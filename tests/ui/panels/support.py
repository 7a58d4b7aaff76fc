"""Pressing the things of a panel as the window would."""

from __future__ import annotations

import numpy as np

from o3d_paint.ui.events import Button, PointerEvent
from o3d_paint.ui.panels.item_panel import ItemPanel
from o3d_paint.ui.panels.items import Item


def item_of(panel: ItemPanel, key: str) -> Item:
    item = panel.item(key) if panel.items else None
    assert item is not None, f"no {key!r} among {[i.key for i in panel.items]}"
    return item


def centre(item: Item) -> tuple[float, float]:
    box = item.seen
    assert not box.is_empty, f"{item.key} cannot be seen"
    return (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2


def move(panel: ItemPanel, key: str) -> None:
    x, y = centre(item_of(panel, key))
    panel.pointer(PointerEvent("move", x, y))


def press(
    panel: ItemPanel, key: str, *, button: Button = "left", is_double: bool = False
) -> tuple[float, float]:
    x, y = centre(item_of(panel, key))
    panel.pointer(PointerEvent("move", x, y))
    panel.pointer(PointerEvent("down", x, y, button, is_double=is_double))
    return x, y


def click(panel: ItemPanel, key: str, *, button: Button = "left", is_double: bool = False) -> None:
    x, y = press(panel, key, button=button, is_double=is_double)
    panel.pointer(PointerEvent("up", x, y, button))


def drag(panel: ItemPanel, key: str, dx: float, dy: float) -> None:
    x, y = press(panel, key)
    for step in (0.25, 0.5, 0.75, 1.0):
        panel.pointer(PointerEvent("drag", x + dx * step, y + dy * step, "left"))
    panel.pointer(PointerEvent("up", x + dx, y + dy, "left"))


def wheel(panel: ItemPanel, key: str, steps: float) -> None:
    x, y = centre(item_of(panel, key))
    panel.pointer(PointerEvent("wheel", x, y, wheel=steps))


def check_picture(panel: ItemPanel, width: int, height: int) -> np.ndarray:
    """Draw, and hold the picture to the contract."""
    picture = panel.draw()
    assert picture.shape == (height, width, 3)
    assert picture.dtype == np.uint8
    assert picture.flags.c_contiguous
    assert not panel.is_dirty
    return picture


def check_patches(panel: ItemPanel) -> None:
    """Whatever was redrawn in part must equal a drawing from scratch."""
    in_part = panel.draw()
    panel._is_stale = True
    np.testing.assert_array_equal(in_part, panel.draw())
