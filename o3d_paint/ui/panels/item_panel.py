"""The base of every panel: keeps items, finds the one under the pointer, redraws what changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from o3d_paint.core.arrays import RgbArray
from o3d_paint.ui import theme
from o3d_paint.ui.events import PointerEvent
from o3d_paint.ui.panels.box import Box
from o3d_paint.ui.panels.canvas import Canvas
from o3d_paint.ui.panels.items import Item, Look
from o3d_paint.ui.theme import Color, Metrics

__all__ = ["ItemPanel"]

_MAX_PATCHES = 12  # beyond that many changed items one whole redraw is cheaper


class ItemPanel:
    """A panel made of items.

    Subclasses return their items from `build` and react in `on_press`, `on_click`, `on_drag` and
    `on_wheel`; `rebuild` is called whenever something that `build` reads has changed.

    Attributes:
        background: Colour behind all items.
    """

    background: ClassVar[Color] = theme.PANEL

    def __init__(self) -> None:
        self.metrics = Metrics()
        self.box = Box(0, 0, 1, 1)
        self._canvas = Canvas(1, 1, self.metrics)
        self._items: tuple[Item, ...] = ()
        self._inside: frozenset[str] = frozenset()
        self._hovered = ""
        self._pressed = ""
        self._patches: list[Box] = []
        self._is_stale = True
        self._is_built = False

    # What subclasses give.

    def build(self) -> Sequence[Item]:
        """Return the items, those on top last."""
        raise NotImplementedError

    def draw_ground(self, canvas: Canvas) -> None:
        """Draw what lies behind the items."""
        canvas.fill(canvas.box, self.background)

    def on_press(self, item: Item, event: PointerEvent) -> None:
        """Take a button going down on an item."""

    def on_click(self, item: Item, event: PointerEvent) -> None:
        """Take a button let go over the item on which it went down."""

    def on_drag(self, item: Item, event: PointerEvent) -> None:
        """Take a movement with the button held that went down on an item."""

    def on_release(self, item: Item, event: PointerEvent) -> None:
        """Take the end of a press, wherever the pointer is; after `on_click` if both come."""

    def on_wheel(self, item: Item | None, event: PointerEvent) -> None:
        """Take a turn of the wheel over an item or over none."""

    def on_hover(self, key: str) -> None:
        """Take another item, or none (empty), being under the pointer."""

    # What the window asks.

    def resize(self, width: int, height: int, *, em: float) -> None:
        """Take a new size in device pixels; see `Panel.resize`."""
        width, height = max(1, int(width)), max(1, int(height))
        if (width, height, em) == (self.box.width, self.box.height, self.metrics.em):
            if not self._is_built:
                self.rebuild()
            return
        self.metrics = Metrics(em)
        self.box = Box(0, 0, width, height)
        self._canvas = Canvas(width, height, self.metrics)
        self._is_stale = True
        self.rebuild()

    def draw(self) -> RgbArray:
        """Return a fresh (H, W, 3) uint8 picture, and become clean."""
        if not self._is_built:
            self.rebuild()
        if self._is_stale or len(self._patches) > _MAX_PATCHES:
            self._paint(self.box)
        else:
            for patch in self._patches:
                self._paint(patch)
        self._patches, self._is_stale = [], False
        return self._canvas.pixels.copy()

    @property
    def is_dirty(self) -> bool:
        """Whether the picture changed since the last `draw`."""
        return self._is_stale or bool(self._patches) or not self._is_built

    @property
    def tooltip(self) -> str:
        """What to say about the item under the pointer."""
        item = self.item(self._hovered)
        return item.tooltip if item else ""

    def pointer(self, event: PointerEvent) -> None:
        """Take a pointer event in the panel's own device pixels."""
        if not self._is_built:
            self.rebuild()
        if event.kind == "leave":
            self._point_at(None)
        elif event.kind == "drag":
            self._drag(event)
        else:
            self._point_at(event)
            if event.kind == "down":
                self._press(event)
            elif event.kind == "up":
                self._release(event)
            elif event.kind == "wheel":
                self.on_wheel(self.item(self._hovered), event)
                # What scrolled is no longer where it was: another item is under the pointer.
                self._point_at(event)

    # What subclasses use.

    def item(self, key: str) -> Item | None:
        """Return the item with this key, None if there is none."""
        return next((i for i in self._items if i.key == key), None) if key else None

    @property
    def items(self) -> tuple[Item, ...]:
        """The items as last built, those on top last."""
        if not self._is_built:
            self.rebuild()
        return self._items

    def rebuild(self) -> None:
        """Build the items anew and note which of them look different."""
        before = {i.key: i for i in self._items}
        had_pictures = self._is_built
        self._items, self._is_built = tuple(self.build()), True
        now = {i.key: i for i in self._items}
        if not had_pictures or list(before) != list(now):
            self._is_stale = True
        for key, item in now.items():
            old = before.get(key)
            if old is not None and old != item:
                self._patches += [old.seen] if old.seen == item.seen else [old.seen, item.seen]
        if self._pressed not in now:
            self._pressed = ""
        if self._hovered not in now:
            self._hovered = ""

    def _paint(self, part: Box) -> None:
        with self._canvas.clipped(part):
            self.draw_ground(self._canvas)
            for item in self._items:
                if item.seen.meets(part):
                    with self._canvas.clipped(item.seen):
                        item.draw(self._canvas, self._look(item))

    def _look(self, item: Item) -> Look:
        is_pressed = item.key == self._pressed
        return Look(
            is_hovered=item.key == self._hovered and (is_pressed or not self._pressed),
            is_inside=item.key in self._inside,
            is_pressed=is_pressed,
        )

    def _point_at(self, event: PointerEvent | None) -> None:
        under: list[str] = []
        if event is not None:
            under = [i.key for i in self._items if i.is_solid and i.seen.holds(event.x, event.y)]
        hovered = under[-1] if under else ""
        changed = (self._inside ^ frozenset(under)) | ({self._hovered, hovered} - {""})
        if hovered != self._hovered or self._inside != frozenset(under):
            self._patches += [i.seen for i in self._items if i.key in changed]
            is_new = hovered != self._hovered
            self._inside, self._hovered = frozenset(under), hovered
            if is_new:
                self.on_hover(hovered)

    def _press(self, event: PointerEvent) -> None:
        item = self.item(self._hovered)
        if item is None or not item.is_enabled:
            return
        self._pressed = item.key
        self._patches.append(item.seen)
        self.on_press(item, event)

    def _drag(self, event: PointerEvent) -> None:
        item = self.item(self._pressed)
        if item is not None:
            self.on_drag(item, event)

    def _release(self, event: PointerEvent) -> None:
        item = self.item(self._pressed)
        if item is None:
            self._pressed = ""
            return
        # Hover looks were held back while the button was down.
        self._patches += [i.seen for i in self._items if i.key in self._inside | {item.key}]
        self._pressed = ""
        if item.seen.holds(event.x, event.y):
            self.on_click(item, event)
        self.on_release(item, event)
