"""The strip of photos: thumbnails with what was done on them, the open and the suggested one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from o3d_paint.ui import theme
from o3d_paint.ui.events import PointerEvent
from o3d_paint.ui.panels.box import Box
from o3d_paint.ui.panels.controls import Scrollbar
from o3d_paint.ui.panels.item_panel import ItemPanel
from o3d_paint.ui.panels.items import Item, Label
from o3d_paint.ui.panels.scrolling import Scroll
from o3d_paint.ui.panels.thumbnail import Thumbnail, ThumbnailItem
from o3d_paint.ui.theme import Metrics

__all__ = ["PhotoStrip", "PhotoStripState"]


@dataclass(frozen=True, slots=True)
class PhotoStripState:
    """What the strip shows.

    Attributes:
        items: One per photo, in order.
        open_idx: The photo in the paint panel; None for none.
        marked_idx: The photo whose camera is under the pointer in the 3D view; None for none.
        aspect: Width over height of a thumbnail.
    """

    items: tuple[ThumbnailItem, ...] = ()
    open_idx: int | None = None
    marked_idx: int | None = None
    aspect: float = 4 / 3


class PhotoStrip(ItemPanel):
    """The strip along the bottom of the window.

    Args:
        on_open: Called with the frame's index when its photo is to be opened.
        on_hover: Called with the frame's index under the pointer, None when it is over none.
    """

    background = theme.WINDOW

    def __init__(
        self, on_open: Callable[[int], None], on_hover: Callable[[int | None], None]
    ) -> None:
        super().__init__()
        self._on_open = on_open
        self._on_hover = on_hover
        self._state = PhotoStripState()
        self._scroll = Scroll()
        self._pan_from: tuple[float, int] | None = None

    @staticmethod
    def preferred_height(em: float) -> int:
        """Return the height in device pixels that shows everything well."""
        return Metrics(em).grid(27)

    @property
    def wanted(self) -> tuple[int, ...]:
        """Indices of the frames that are in view and have no thumbnail yet."""
        return tuple(
            item.item.frame_idx
            for item in self.items
            if isinstance(item, Thumbnail) and item.item.thumbnail is None
        )

    def set_model(self, state: PhotoStripState) -> None:
        """Show another state; a newly opened photo is scrolled into view."""
        if state == self._state:
            return
        is_new = state.open_idx != self._state.open_idx
        self._state = state
        self._fit()
        if is_new:
            self._reveal_open()
        self.rebuild()

    def resize(self, width: int, height: int, *, em: float) -> None:
        """Take a new size and keep the open photo in view."""
        before = (self.box, self.metrics)
        super().resize(width, height, em=em)
        # The window may lay itself out anew without a change; the scrolling is the user's then.
        if (self.box, self.metrics) != before:
            self._fit()
            self._reveal_open()
            self.rebuild()

    def build(self) -> Sequence[Item]:
        """Lay out the thumbnails in view and the scrollbar."""
        self._fit()
        state, view = self._state, self._view()
        if not state.items:
            words = Box(self.metrics.grid(3), 0, self.box.width, self.box.height)
            return [Label(key="empty", box=words, text="No photos yet", color=theme.TEXT_DIM)]
        items = list[Item]()
        pitch = self._pitch()
        for number in self._scroll.range(pitch, len(state.items)):
            item = state.items[number]
            x = view.x0 + number * pitch - self._scroll.offset
            box = Box(x, view.y0, x + pitch - self._gap(), view.y1)
            items.append(
                Thumbnail(
                    key=f"photo:{item.frame_idx}",
                    box=box,
                    clip=view,
                    item=item,
                    is_open=item.frame_idx == state.open_idx,
                    is_marked=item.frame_idx == state.marked_idx,
                    tooltip=item.words(),
                )
            )
        if self._scroll.is_needed:
            m = self.metrics
            bar = Box(view.x0, self.box.y1 - m.grid(2.5), view.x1, self.box.y1)
            items.append(self._scroll.bar(bar))
        return items

    def on_press(self, item: Item, event: PointerEvent) -> None:
        """Take hold of the scrollbar or of the strip itself."""
        if isinstance(item, Scrollbar):
            self._scrolled(self._scroll.grip(item, event.x))
        self._pan_from = (event.x, self._scroll.offset)

    def on_drag(self, item: Item, event: PointerEvent) -> None:
        """Scroll with the scrollbar, or by dragging the strip."""
        if isinstance(item, Scrollbar):
            self._scrolled(self._scroll.drag(item, event.x))
        elif self._pan_from is not None:
            start, offset = self._pan_from
            if abs(event.x - start) > self.metrics.grid(1) or self._scroll.offset != offset:
                self._scrolled(self._scroll.to(offset + start - event.x))

    def on_click(self, item: Item, event: PointerEvent) -> None:
        """Open a photo, unless the strip was dragged."""
        was_dragged = self._pan_from is not None and self._pan_from[1] != self._scroll.offset
        if isinstance(item, Thumbnail) and event.button == "left" and not was_dragged:
            self._on_open(item.item.frame_idx)

    def on_wheel(self, item: Item | None, event: PointerEvent) -> None:
        """Scroll by two photos a step."""
        self._scrolled(self._scroll.to(self._scroll.offset - event.wheel * 2 * self._pitch()))

    def on_hover(self, key: str) -> None:
        """Say which photo the pointer is over."""
        kind, _, number = key.partition(":")
        self._on_hover(int(number) if kind == "photo" else None)

    def _view(self) -> Box:
        m = self.metrics
        below = m.grid(2.5)
        return Box(m.grid(2), m.grid(1.5), max(m.grid(2), self.box.width - m.grid(2)),
                   max(m.grid(1.5), self.box.height - below))  # fmt: skip

    def _gap(self) -> int:
        return self.metrics.grid(1.5)

    def _pitch(self) -> int:
        view = self._view()
        picture = max(1, view.height - Thumbnail.caption_height(self.metrics))
        aspect = min(2.4, max(0.5, self._state.aspect))
        return max(self.metrics.grid(12), round(picture * aspect)) + self._gap()

    def _fit(self) -> None:
        length = max(0, len(self._state.items) * self._pitch() - self._gap())
        self._scroll.fit(length, self._view().width)

    def _reveal_open(self) -> None:
        indices = [item.frame_idx for item in self._state.items]
        if self._state.open_idx in indices:
            pitch = self._pitch()
            start = indices.index(self._state.open_idx) * pitch
            self._scroll.reveal(start, start + pitch, margin=pitch)

    def _scrolled(self, has_moved: bool) -> None:
        if has_moved:
            self.rebuild()
