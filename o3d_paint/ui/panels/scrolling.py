"""Where a list is scrolled to."""

from __future__ import annotations

from dataclasses import dataclass

from o3d_paint.ui.panels.box import Box
from o3d_paint.ui.panels.controls import Scrollbar

__all__ = ["Scroll"]


@dataclass(slots=True)
class Scroll:
    """The offset of a long content behind a short window, in pixels along one axis.

    Attributes:
        offset: Pixels of content before the visible part.
        content: Length of all of it.
        visible: Length of the visible part.
    """

    offset: int = 0
    content: int = 0
    visible: int = 0
    _grip: float = 0.0

    @property
    def is_needed(self) -> bool:
        """Whether there is more than can be seen."""
        return self.content > self.visible

    def fit(self, content: int, visible: int) -> None:
        """Take new lengths; the offset is kept as far as they allow."""
        self.content, self.visible = max(0, content), max(0, visible)
        self.to(self.offset)

    def to(self, offset: float) -> bool:
        """Scroll to an offset and return whether anything moved."""
        before = self.offset
        self.offset = round(min(max(0, offset), max(0, self.content - self.visible)))
        return self.offset != before

    def reveal(self, start: int, end: int, *, margin: int = 0) -> bool:
        """Scroll as little as shows a stretch of the content; return whether anything moved."""
        if start - margin < self.offset:
            return self.to(start - margin)
        if end + margin > self.offset + self.visible:
            return self.to(end + margin - self.visible)
        return False

    def range(self, pitch: int, count: int) -> range:
        """Return which of so many equal entries can be seen."""
        if pitch <= 0 or self.visible <= 0:
            return range(0)
        first = max(0, self.offset // pitch)
        return range(first, min(count, (self.offset + self.visible - 1) // pitch + 1))

    def bar(self, box: Box, *, key: str = "scrollbar") -> Scrollbar:
        """Return the scrollbar for a box."""
        total = max(1, self.content)
        return Scrollbar(
            key=key, box=box, start=self.offset / total, extent=min(1.0, self.visible / total)
        )

    def grip(self, bar: Scrollbar, position: float) -> bool:
        """Take hold of the thumb, or jump to a position beside it; return whether it moved."""
        start, end = _along(bar.thumb(), bar)
        if start <= position < end:
            self._grip = position - start
            return False
        self._grip = (end - start) / 2
        return self.drag(bar, position)

    def drag(self, bar: Scrollbar, position: float) -> bool:
        """Move the thumb that was taken hold of; return whether anything moved."""
        start, end = _along(bar.box, bar)
        thumb_start, thumb_end = _along(bar.thumb(), bar)
        free = max(1, (end - start) - (thumb_end - thumb_start))
        share = (position - self._grip - start) / free
        return self.to(share * (self.content - self.visible))


def _along(box: Box, bar: Scrollbar) -> tuple[int, int]:
    """Return where a box begins and ends along the scrollbar's axis."""
    is_upright = bar.box.height >= bar.box.width
    return (box.y0, box.y1) if is_upright else (box.x0, box.x1)
