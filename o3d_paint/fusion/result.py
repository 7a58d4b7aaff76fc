"""What a fusion came to: a label for every point, how sure it is, and what was overruled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import BoolArray, FloatArray, IdArray, IndexArray
from o3d_paint.core.label_source import NONE, PAINTED
from o3d_paint.core.notebook import histogram_picture, summary_html
from o3d_paint.fusion.graph import Graph
from o3d_paint.fusion.photo_edges import EdgeMap
from o3d_paint.fusion.refine import Refined
from o3d_paint.fusion.settings import FusionSettings

__all__ = ["MODEL", "Fusion"]

MODEL = 4
"""Number of the model that makes labels: another one once the same paint gets other labels.

Projects keep it with their fused labels, so that those of an earlier version are known for such.
Those that were fused before models had numbers count as 0.
"""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Fusion:
    """A label for every point that was reached, however unsure; `shown` leaves the unsure out.

    Attributes:
        labels: (N,) class ids, 0 where nothing reaches.
        confidence: (N,) float32, 0..1; 0 where unlabelled. Of the article, which knows none, 1.
        source: (N,) uint8 as in `o3d_paint.core.label_source`: painted where somebody said this
            very label.
        votes: (N,) uint8 photos that voted, 255 for more. Of the article, which counts none, 0.
        settings: How it was made, every value filled in.
        seconds: Time of each stage.
        notes: What was left out, one sentence each, for people.
        model: Number of the model that made it; see `MODEL`.
        graph: The graph of the cloud, for the next fusion; None of methods without.
        edges: Of the painted photos by position in the scene, for the next fusion.
        refined: What the graph alone says of the points, to start the next live fusion from.
    """

    labels: IdArray
    confidence: FloatArray
    source: npt.NDArray[np.uint8]
    votes: npt.NDArray[np.uint8]
    settings: FusionSettings
    seconds: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    model: int = MODEL
    graph: Graph | None = None
    edges: Mapping[int, EdgeMap] = field(default_factory=dict)
    refined: Refined | None = None

    def __repr__(self) -> str:
        """Return method and counts, not the arrays."""
        labelled = int(np.count_nonzero(self.labels))
        return f"<Fusion by {self.settings.method}: {labelled:,} of {len(self.labels):,} points>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows: facts, and how confident labels are as a histogram."""
        sure = self.is_sure(self.settings.min_confidence)
        facts = {
            "method": self.settings.method,
            "points": f"{len(self.labels):,}",
            "reached": f"{int(np.count_nonzero(self.labels)):,}",
            f"confidence {self.settings.min_confidence:g} or more": (
                f"{int(np.count_nonzero(sure & (self.labels > 0))):,}"
            ),
            "seconds": f"{sum(self.seconds.values()):.1f}",
            **{f"note {i}": note for i, note in enumerate(self.notes, start=1)},
        }
        counts = np.histogram(self.confidence[self.labels > 0], bins=20, range=(0, 1))[0]
        picture = histogram_picture(counts) if self.is_measured else None
        return summary_html("Fusion: points by confidence 0 to 1", facts, picture)

    @property
    def is_measured(self) -> bool:
        """Whether confidence and votes say anything; not those of the article."""
        return self.settings.method != "article"

    def is_sure(self, min_confidence: float, points: IndexArray | None = None) -> BoolArray:
        """Return where labels are at least so sure.

        Strokes that are kept exactly (`FusionSettings.keep_strokes`) count as sure.

        Args:
            min_confidence: 0 to 1.
            points: (K,) positions; None for all.
        """
        source = self.source if points is None else self.source[points]
        if not self.is_measured or min_confidence <= 0:
            return np.ones(len(source), dtype=bool)
        confidence = self.confidence if points is None else self.confidence[points]
        sure: BoolArray = confidence >= min_confidence
        if self.settings.keep_strokes:
            sure |= source == PAINTED
        return sure

    def shown(self, min_confidence: float) -> Fusion:
        """Return the fusion with points unlabelled that are less sure than this.

        Their label, confidence and source are 0; votes stay.
        """
        unsure = ~self.is_sure(min_confidence) & (self.labels > 0)
        if not unsure.any():
            return self
        return replace(
            self,
            labels=np.where(unsure, 0, self.labels).astype(np.uint16),
            confidence=np.where(unsure, np.float32(0), self.confidence),
            source=np.where(unsure, NONE, self.source).astype(np.uint8),
        )
