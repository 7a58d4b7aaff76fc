"""Accepting what the cloud predicts, and how it then shows: never surer than it was."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import BoolArray, FloatArray, IdArray, IndexArray
from o3d_paint.core.evidence import Snapshot
from o3d_paint.core.label_source import ACCEPTED, NONE
from o3d_paint.project.accepted_edits import acceptance
from o3d_paint.project.fused_layer import FusedLayer
from o3d_paint.project.steps import AcceptEdit, Step

__all__ = ["Accepting"]


class Accepting(FusedLayer):
    """Work with accepted predictions between paint and fused labels.

    Paint outranks them, and they outrank what is fused. They are no paint: neither counted as
    painted nor used to fuse, to judge photos or to suggest the next one.
    """

    def accept(
        self,
        frame_idx: int | None = None,
        *,
        class_ids: Iterable[int] | None = None,
        points: IndexArray | None = None,
        name: str = "accept predictions",
    ) -> int:
        """Accept the labels that points show, as one step, each as sure as it is now.

        What shows is taken wherever it comes from; on points that other photos paint it comes to
        light only should that paint go. What is accepted already stays as it was accepted. Labels
        that the article's method inferred have no confidence and are not taken.

        Args:
            frame_idx: Takes only what this photo shows where it is not painted itself.
            class_ids: The only classes to take; None for all.
            points: (K,) positions in the cloud: the only ones to take; None for all.
            name: Of the step.

        Returns:
            For how many points a label was accepted.

        Raises:
            ValueError: A point beyond the cloud, or there is no such photo.
        """
        self._before_history()
        is_chosen = np.ones(len(self.scene.cloud), dtype=bool)
        if points is not None:
            is_chosen = _marked(len(is_chosen), points)
        if frame_idx is not None:
            is_chosen &= _marked(len(is_chosen), self._unpainted_in(frame_idx))
        chosen = np.flatnonzero(is_chosen).astype(np.int32)
        labels, confidence = self.labels_of(chosen), self.confidence_of(chosen)
        if confidence is None:
            confidence = (self.ballots.labels[chosen] > 0).astype(np.float32)
        takes = (labels > 0) & (confidence > 0) & (self.accepted.labels[chosen] == 0)
        if class_ids is not None:
            takes &= np.isin(labels, list(class_ids))
        count = int(np.count_nonzero(takes))
        if count:
            edit = acceptance(
                self.accepted, chosen[takes], labels[takes], confidence=confidence[takes]
            )
            self._do(Step(name, (edit,)))
        return count

    def labels_of(self, points: IndexArray | None) -> IdArray:
        """Return the labels that show on some points ((K,) positions; None for all)."""
        labels = super().labels_of(points)
        open_to = self._open_to_accepted(points)
        if open_to is None:
            return labels
        said = self.accepted.labels if points is None else self.accepted.labels[points]
        is_sure = self.accepted.confidence_of(points) >= self.min_confidence
        shown: IdArray = np.where(open_to, np.where(is_sure, said, 0), labels).astype(np.uint16)
        return shown

    def source_of(self, points: IndexArray | None) -> npt.NDArray[np.uint8]:
        """Return where shown labels come from, as in `o3d_paint.core.label_source`."""
        source = super().source_of(points)
        open_to = self._open_to_accepted(points)
        if open_to is None:
            return source
        is_sure = self.accepted.confidence_of(points) >= self.min_confidence
        return np.where(open_to, np.where(is_sure, ACCEPTED, NONE), source).astype(np.uint8)

    def confidence_of(self, points: IndexArray | None) -> FloatArray | None:
        """Return (K,) confidence of the labels that show, 0 where none does.

        None where nothing is accepted and no fused layer is on, and where the article made it.
        Paint counts as certain where it is newer than the fusion, or nothing is fused.
        """
        confidence = super().confidence_of(points)
        open_to = self._open_to_accepted(points)
        if open_to is None:
            return confidence
        painted = self.ballots.labels if points is None else self.ballots.labels[points]
        if confidence is None:
            confidence = (painted > 0).astype(np.float32)
        said = self.accepted.labels if points is None else self.accepted.labels[points]
        kept = self.accepted.confidence_of(points)
        agrees = super().labels_of(points) == said
        own = np.where(agrees, np.minimum(confidence, kept), kept)
        shown = np.where(kept >= self.min_confidence, own, 0)
        return np.where(open_to, shown, confidence).astype(np.float32)

    def snapshot(self) -> Snapshot:
        """Return what was said about the points as it is kept, for a worker."""
        return replace(super().snapshot(), accepted=self.accepted.snapshot())

    def _open_to_accepted(self, points: IndexArray | None) -> BoolArray | None:
        """Return (K,) where accepted predictions decide what shows; None where none does."""
        fusion = self._fusion
        knows_photos_only = fusion is not None and self._fused_shown and not fusion.is_measured
        if not len(self.accepted) or knows_photos_only:
            return None
        said, painted = self.accepted.labels, self.ballots.labels
        if points is not None:
            said, painted = said[points], painted[points]
        decides: BoolArray = (said > 0) & (painted == 0)
        return decides

    def _unpainted_in(self, frame_idx: int) -> IndexArray:
        """Return the points that a photo shows where it is not painted."""
        self._check_frame(frame_idx)
        self._indexes.build_now(frame_idx)
        index = self._indexes.get(frame_idx)
        assert index is not None
        found: IndexArray = index.point[self.mask(frame_idx).reshape(-1)[index.pixel] == 0]
        return found

    def _apply_accepted(self, edit: AcceptEdit) -> IndexArray:
        changed = super()._apply_accepted(edit)
        self._shown_changed()
        return changed


def _marked(count: int, points: IndexArray) -> BoolArray:
    """Return (N,) which points are among some.

    Raises:
        ValueError: One does not exist.
    """
    chosen = np.asarray(points)
    if len(chosen) and not 0 <= chosen.min() <= chosen.max() < count:
        msg = f"points {chosen.min()}..{chosen.max()} do not lie in 0..{count - 1}"
        raise ValueError(msg)
    marks = np.zeros(count, dtype=bool)
    marks[chosen] = True
    return marks
