"""Ghost labels: what the cloud knows of a photo without the photo's own paint.

What other photos say shows as a faint tint, what fusion guesses as a hatch, and what was accepted
of either like paint; all only where the photo itself has none: so one sees what is still missing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import BoolArray, IdArray, RgbArray, frozen
from o3d_paint.core.label_source import ACCEPTED, FUSED, PAINTED
from o3d_paint.core.mask import Rect
from o3d_paint.core.views.overlay import mask_in_view
from o3d_paint.core.views.viewport import Viewport

__all__ = ["Ghost", "draw_ghost", "labels_of_others"]

_TINT, _HATCH = 0.45, 0.75
"""Strength of the ghost relative to that of paint."""
_HATCH_PITCH, _HATCH_LINE = 8, 3


@dataclass(frozen=True, slots=True, eq=False)
class Ghost:
    """What a photo would get from the cloud.

    Attributes:
        labels: (H, W) class ids at the size of its mask, 0 where nothing is known.
        source: (H, W) where each label comes from, as in `o3d_paint.core.label_source`: painted on
            other photos, fused, or accepted.
    """

    labels: IdArray
    source: IdArray

    def __post_init__(self) -> None:
        """Make the arrays read-only.

        Raises:
            ValueError: They differ in shape.
        """
        if self.labels.shape != self.source.shape:
            msg = f"labels {self.labels.shape} and sources {self.source.shape} differ in shape"
            raise ValueError(msg)
        object.__setattr__(self, "labels", frozen(self.labels))
        object.__setattr__(self, "source", frozen(self.source))

    @classmethod
    def of(
        cls, others: IdArray | None, fused: IdArray | None, accepted: IdArray | None = None
    ) -> Ghost | None:
        """Combine what was accepted, what other photos say, and what fusion adds.

        Args:
            others: (H, W) labels of other photos and of the cloud layer.
            fused: (H, W) derived labels.
            accepted: (H, W) accepted labels, which show before all others.

        Returns:
            None where all three are None.
        """
        known = ((accepted, ACCEPTED), (others, PAINTED), (fused, FUSED))
        given = [(labels, source) for labels, source in known if labels is not None]
        if not given:
            return None
        shown, sources = np.zeros((2, *given[0][0].shape), dtype=np.uint16)
        for labels, source in given:
            is_new = (shown == 0) & (labels > 0)
            sources[is_new] = source
            np.copyto(shown, labels, where=is_new)
        return cls(shown, sources)


def labels_of_others(
    class_ids: IdArray,
    counts: npt.NDArray[np.uint16],
    own: IdArray,
    *,
    layer: IdArray | None,
    imported: IdArray | None,
) -> IdArray:
    """Return (K,) labels of points without the vote of one photo.

    Args:
        class_ids: (C,) ascending.
        counts: (K, C) votes of all photos.
        own: (K,) what the photo votes, 0 where it does not.
        layer: (K,) labels laid on the points, which outrank; None without any.
        imported: (K,) labels that the cloud came with, which give way; None without any.
    """
    labels = np.zeros(len(own), dtype=np.uint16)
    if len(class_ids):
        left = counts.astype(np.int32)
        voting = np.flatnonzero(own)
        left[voting, np.searchsorted(class_ids, own[voting])] -= 1
        best = left.argmax(axis=1)
        spoken = left[np.arange(len(best)), best] > 0
        labels[spoken] = class_ids[best[spoken]]
    if imported is not None:
        labels = np.where(labels > 0, labels, imported).astype(np.uint16)
    if layer is not None:
        labels = np.where(layer > 0, layer, labels).astype(np.uint16)
    return labels


def draw_ghost(
    target: RgbArray,
    ghost: Ghost,
    ids: IdArray,
    *,
    viewport: Viewport,
    rect: Rect,
    colors: RgbArray,
    visible: BoolArray,
    opacity: float,
) -> None:
    """Draw a ghost over a rectangle of a panel, in place.

    Args:
        target: (h, w, 3) the rectangle's picture: photo and paint.
        ghost: Of the photo.
        ids: (h, w) paint, 0 without; nothing is drawn over paint.
        viewport: Where the photo lies in the panel.
        rect: The rectangle.
        colors: (M, 3) by class id.
        visible: (M,) which classes show.
        opacity: Of paint; ghosts are fainter.
    """
    labels = mask_in_view(ghost.labels, viewport, rect)
    known = np.where(labels < len(colors), labels, 0)
    shown = (ids == 0) & (known > 0) & visible[known]
    if opacity <= 0 or not shown.any():
        return
    source = mask_in_view(ghost.source, viewport, rect)
    x = np.arange(rect.x0, rect.x1) - round(viewport.left)
    y = np.arange(rect.y0, rect.y1) - round(viewport.top)
    stripe = (x[None, :] + y[:, None]) % _HATCH_PITCH < _HATCH_LINE
    faint = min(1.0, opacity + 0.15)
    weight = np.where(source == FUSED, np.where(stripe, _HATCH * faint, 0.0), _TINT * faint)
    weight = np.where(source == ACCEPTED, opacity, weight).astype(np.float32)
    lines, columns = np.nonzero(shown & (weight > 0))
    strength = weight[lines, columns][:, None]
    under = target[lines, columns].astype(np.float32)
    over = colors[known[lines, columns]].astype(np.float32)
    target[lines, columns] = (under + (over - under) * strength + 0.5).astype(np.uint8)
