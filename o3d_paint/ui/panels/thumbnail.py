"""One photo in the strip."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath
from typing import Literal

import cv2
import numpy as np

from o3d_paint.core.arrays import RgbArray
from o3d_paint.ui import theme
from o3d_paint.ui.panels.box import Box
from o3d_paint.ui.panels.canvas import Canvas
from o3d_paint.ui.panels.items import Item, Look
from o3d_paint.ui.panels.text import Font, shortened_head, text_width
from o3d_paint.ui.theme import Metrics

__all__ = ["PhotoState", "Thumbnail", "ThumbnailItem"]

PhotoState = Literal["untouched", "painted", "done"]
_SAID = {"untouched": "not painted", "painted": "painted", "done": "done"}


@dataclass(frozen=True, slots=True, eq=False)
class ThumbnailItem:
    """A photo as the strip shows it. Two are equal when they hold the very same picture.

    Attributes:
        frame_idx: Position of its frame in the scene.
        name: Its name.
        thumbnail: (h, w, 3) uint8, at most a few hundred pixels wide; None until it is loaded.
        state: What was done on it.
        is_suggested: Whether painting it would help most.
        gain: What painting it would gain, such as ``+4.2 %``; empty for nothing to say.
    """

    frame_idx: int
    name: str
    thumbnail: RgbArray | None = None
    state: PhotoState = "untouched"
    is_suggested: bool = False
    gain: str = ""

    def words(self) -> str:
        """Return what the tooltip says."""
        parts = [f"{self.frame_idx + 1}", self.name, _SAID[self.state]]
        if self.is_suggested:
            parts.append(f"suggested next {self.gain}".strip())
        return " · ".join(parts)

    def _facts(self) -> tuple[object, ...]:
        return (self.frame_idx, self.name, id(self.thumbnail), self.state, self.is_suggested,
                self.gain)  # fmt: skip

    def __eq__(self, other: object) -> bool:
        """Compare everything, the picture by identity."""
        return isinstance(other, ThumbnailItem) and self._facts() == other._facts()

    def __hash__(self) -> int:
        """Return a hash that agrees with equality."""
        return hash(self._facts())


@dataclass(frozen=True, slots=True, kw_only=True)
class Thumbnail(Item):
    """Picture, marks and caption of one photo."""

    item: ThumbnailItem
    is_open: bool = False
    is_marked: bool = False

    @staticmethod
    def caption_height(metrics: Metrics) -> int:
        """Return the height of the line under the picture."""
        return metrics.grid(5)

    def draw(self, canvas: Canvas, look: Look) -> None:
        """Draw the picture with its frame, marks and caption."""
        m = canvas.metrics
        caption = Box(self.box.x0, self.box.y1 - self.caption_height(m), self.box.x1, self.box.y1)
        picture = Box(self.box.x0, self.box.y0, self.box.x1, caption.y0)
        self._draw_picture(canvas, picture)
        self._draw_frame(canvas, picture, look)
        self._draw_marks(canvas, picture)
        ink = theme.TEXT if self.is_open or look.is_inside else theme.TEXT_DIM
        font = Font(m.small, self.is_open)
        number = str(self.item.frame_idx + 1)
        used = canvas.text(caption.inset(m.grid(0.5), 0), number, ink, font=font)
        name = Box(caption.x0 + used + m.grid(2), caption.y0, caption.x1, caption.y1)
        # Names of photos differ at their end, so that is what stays when room is short.
        words = shortened_head(PurePath(self.item.name).stem, Font(m.small), name.width)
        canvas.text(name, words, theme.TEXT_DIM, font=Font(m.small), align="right")

    def _draw_picture(self, canvas: Canvas, box: Box) -> None:
        if self.item.thumbnail is None or box.is_empty:
            canvas.fill(box, theme.RAISED)
            canvas.icon(box, "image", theme.TRACK)
            return
        canvas.picture(box, _covering(_Held(self.item.thumbnail), box.width, box.height))

    def _draw_frame(self, canvas: Canvas, box: Box, look: Look) -> None:
        m = canvas.metrics
        color, width = None, max(2, m.grid(0.5))
        if self.is_open:
            color, width = theme.ACCENT, max(2, m.grid(0.75))
        elif self.item.is_suggested:
            color = theme.WARNING
        elif look.is_inside or self.is_marked:
            color = theme.TEXT
        if color is not None:
            canvas.outline(box, theme.WINDOW, radius=0, width=width + m.line)
            canvas.outline(box, color, radius=0, width=width)

    def _draw_marks(self, canvas: Canvas, box: Box) -> None:
        """Draw what was done at the upper right, and the suggestion along the lower edge."""
        m = canvas.metrics
        edge = m.grid(4.5)
        if self.item.state != "untouched":
            place = Box.sized(box.x1 - edge - m.grid(1), box.y0 + m.grid(1), edge, edge)
            is_done = self.item.state == "done"
            canvas.disc((place.x0 + place.x1) / 2, (place.y0 + place.y1) / 2, edge / 2,
                        theme.GOOD if is_done else theme.ACCENT)  # fmt: skip
            icon = "check" if is_done else "brush"
            canvas.icon(place, icon, theme.WINDOW, size=max(4, m.grid(3)))
        if self.item.is_suggested:
            words = f"Next {self.item.gain}".strip()
            font = Font(m.small, True)
            room = box.width - m.grid(2)
            if self.item.gain and text_width(words, font) + m.grid(3) > room:
                words = self.item.gain
            width = min(room, text_width(words, font) + m.grid(3))
            pill = Box.sized(box.x0 + m.grid(1), box.y1 - m.grid(5.5), width, m.grid(4.5))
            canvas.rounded(pill, theme.WARNING, radius=m.radius)
            canvas.text(pill.inset(m.grid(1), 0), words, theme.WINDOW, font=font, align="center")


class _Held:
    """A picture that is compared by identity, so that it can key a cache."""

    __slots__ = ("pixels",)

    def __init__(self, pixels: RgbArray) -> None:
        self.pixels = pixels

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other.pixels is self.pixels

    def __hash__(self) -> int:
        return id(self.pixels)


@lru_cache(maxsize=128)
def _covering(held: _Held, width: int, height: int) -> RgbArray:
    """Return the picture scaled to cover a box, its middle kept."""
    pixels = held.pixels
    scale = max(width / pixels.shape[1], height / pixels.shape[0])
    size = (max(width, round(pixels.shape[1] * scale)), max(height, round(pixels.shape[0] * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    scaled = np.asarray(cv2.resize(pixels, size, interpolation=method))
    x, y = (size[0] - width) // 2, (size[1] - height) // 2
    return np.ascontiguousarray(scaled[y : y + height, x : x + width])
