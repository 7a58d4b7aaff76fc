"""Labels and photo colours as the float32 colours that the 3D view shows.

The buffer belongs to the view and is written in place: a stroke touches a few hundred rows.
Everything that depends on class, source and mode is worked out once, in a small table of tints;
a point then costs one multiplication and one addition.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import BoolArray, IdArray, IndexArray, RgbArray
from o3d_paint.core.label_source import ACCEPTED, FUSED

__all__ = ["CloudLook", "ColorMode", "Tints", "colorize", "tints_of"]

ColorMode = Literal["photo", "labels", "mix"]
"""The photos' colours, class colours, or the first tinted by the second."""

_DIMMED = 0.2
_SHADING = 0.18  # of the photo's colour in class colours, so that shapes stay readable
_UNLABELLED = (0.30, 0.31, 0.33)
_UNLABELLED_SHADING = 0.30
_FUSED_STRENGTH = 0.55
_PALE = 0.78


@dataclass(frozen=True, slots=True)
class CloudLook:
    """How labels show on the cloud.

    Attributes:
        mode: See `ColorMode`.
        mix: Strength of the class colour in mode "mix", 0 to 1.
        hidden: Classes that show as if they were unlabelled.
    """

    mode: ColorMode = "mix"
    mix: float = 0.65
    hidden: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Tints:
    """What becomes of a photo colour, by class and source: ``added + kept * colour``.

    Attributes:
        added: (2M, 3) float32; painted classes 0..M-1, then the same for fused and accepted ones.
        kept: (2M, 1) float32, per value of 0 to 255.
    """

    added: npt.NDArray[np.float32]
    kept: npt.NDArray[np.float32]

    def rows(self, labels: IdArray, sources: npt.NDArray[np.uint8]) -> npt.NDArray[np.intp]:
        """Return the row of each point; classes beyond the table count as unlabelled."""
        size = len(self.kept) // 2
        known = np.where(labels < size, labels, 0).astype(np.intp)
        rows: npt.NDArray[np.intp] = known + size * ((sources == FUSED) | (sources == ACCEPTED))
        return rows


def tints_of(colors: RgbArray, look: CloudLook) -> Tints:
    """Work out the table of tints.

    Args:
        colors: (M, 3) sRGB by class id, as `Taxonomy.color_table` gives it; row 0 is unused.
        look: How labels show.
    """
    size = len(colors)
    rgb = np.concatenate([colors, colors]).astype(np.float32) / 255
    strength = np.full(2 * size, {"photo": 0.0, "labels": 1.0, "mix": look.mix}[look.mode])
    if look.mode == "labels":
        strength[:] = 1 - _SHADING
        # Paler, and still the same hue: derived labels are told from painted ones at a glance.
        rgb[size:] = rgb[size:] * _FUSED_STRENGTH + _PALE * (1 - _FUSED_STRENGTH)
    else:
        strength[size:] *= _FUSED_STRENGTH
    plain = [0, size, *(c + s for c in look.hidden if 0 < c < size for s in (0, size))]
    rgb[plain] = _UNLABELLED
    strength[plain] = 1 - _UNLABELLED_SHADING if look.mode == "labels" else 0.0
    weight = strength[:, None].astype(np.float32)
    kept = ((1 - weight) / 255).astype(np.float32)
    return Tints((rgb * weight).astype(np.float32), kept)


def colorize(
    buffer: npt.NDArray[np.float32],
    rgb: RgbArray,
    *,
    labels: IdArray,
    sources: npt.NDArray[np.uint8],
    tints: Tints,
    points: IndexArray | slice,
    seen: BoolArray | None = None,
) -> None:
    """Write the colours of some points into the buffer, in place.

    Args:
        buffer: (N, 3) float32, 0 to 1; all that the 3D view shows.
        rgb: (N, 3) the photos' colours.
        labels: (K,) class ids of the points, 0 without.
        sources: (K,) as in `o3d_paint.core.label_source`.
        tints: From `tints_of`.
        points: Which K of the N points.
        seen: (N,) points that stay bright while all others are dimmed; None dims nothing.
    """
    rows = tints.rows(labels, sources)
    colors = rgb[points] * tints.kept[rows]
    colors += tints.added[rows]
    if seen is not None:
        colors *= np.where(seen[points], np.float32(1), np.float32(_DIMMED))[:, None]
    buffer[points] = colors
