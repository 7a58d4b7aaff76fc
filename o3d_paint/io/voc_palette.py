"""The palette of Pascal VOC, which many programs use for masks."""

from __future__ import annotations

__all__ = ["voc_color"]


def voc_color(index: int) -> tuple[int, int, int]:
    """Return the colour of an index in the palette of Pascal VOC (VOCcolormap).

    The bits of the index are dealt out to the three channels, highest bit first.
    """
    color = [0, 0, 0]
    for shift in range(7, -1, -1):
        for channel in range(3):
            color[channel] |= (index >> channel & 1) << shift
        index >>= 3
    return color[0], color[1], color[2]
