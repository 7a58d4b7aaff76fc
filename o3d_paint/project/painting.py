"""Verbs that paint: strokes as they are drawn, whole masks, and labels laid on points."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from o3d_paint.core.arrays import BoolArray, IdArray, IndexArray
from o3d_paint.core.brush import Stroke, capsule
from o3d_paint.core.mask import MaskEdit, Rect, edit_between, edit_from_coverage
from o3d_paint.errors import TaxonomyError
from o3d_paint.project.accepted_edits import joined, points_under, withdrawal
from o3d_paint.project.checked import fitted, require_pixels, whole_ids
from o3d_paint.project.steps import AcceptEdit, Edit, FrameEdit, LayerEdit, Step, merged
from o3d_paint.project.work import Work

__all__ = ["Painting"]

Point = tuple[float, float]


@dataclass(slots=True)
class _LiveStroke:
    """A stroke under the hand: its edits are made already, and in no history yet."""

    frame_idx: int
    class_id: int
    radius: float
    last: Point
    protected: BoolArray | None
    edits: list[MaskEdit] = field(default_factory=list)
    withdrawn: list[AcceptEdit] = field(default_factory=list)


class Painting(Work):
    """Work that can be painted on.

    What is painted over or erased is no accepted prediction any more. Locks and ``protect`` keep
    paint, not predictions.
    """

    _stroke: _LiveStroke | None = None

    @property
    def is_stroking(self) -> bool:
        """Whether a stroke has begun and not ended."""
        return self._stroke is not None

    def begin_stroke(
        self,
        frame_idx: int,
        point: Point,
        *,
        class_id: int,
        radius: float,
        protect: bool = False,
    ) -> IndexArray:
        """Put the brush down; a stroke still under way ends first.

        Args:
            frame_idx: The photo.
            point: (x, y) in mask pixels; may lie outside.
            class_id: The class to paint, 0 to erase.
            radius: In mask pixels.
            protect: Whether pixels that have a label keep it; erasing does not mind.

        Returns:
            The points whose painted label changed, as `extend_stroke` does.

        Raises:
            ValueError: A position or the radius is no finite number.
            TaxonomyError: There is no such class.
        """
        require_pixels(*point, radius)
        self.end_stroke()
        self._check_class(class_id)
        self.mask(frame_idx)
        protected = self._protected(everything=protect and class_id != 0)
        self._stroke = _LiveStroke(frame_idx, class_id, radius, point, protected)
        return self.extend_stroke(point)

    def extend_stroke(self, point: Point) -> IndexArray:
        """Move the brush in a straight line; what it covers is painted at once.

        Raises:
            ValueError: No stroke has begun, or a position is no finite number.
        """
        stroke = self._stroke
        if stroke is None:
            msg = "extend_stroke before begin_stroke"
            raise ValueError(msg)
        require_pixels(*point)
        start, stroke.last = stroke.last, point
        shape = self.mask(stroke.frame_idx).shape
        covered = capsule(shape, start, end=point, radius=stroke.radius)
        if covered is None:
            return np.zeros(0, dtype=np.int32)
        return self._extend(stroke, *covered)

    def end_stroke(self, name: str | None = None) -> bool:
        """Lift the brush: the stroke becomes one step. Returns whether it changed anything.

        A step under way is finished too: no verb, and nobody who saves, meets half of one.
        """
        self.go_on(math.inf)
        stroke, self._stroke = self._stroke, None
        if stroke is None:
            return False
        edits = self._edits_of(stroke)
        if not edits:
            return False
        title = name or ("erase" if stroke.class_id == 0 else "paint")
        self._commit(Step(title, edits), applied=True)
        return True

    def cancel_stroke(self) -> None:
        """Take back the stroke under way; nothing enters the history."""
        stroke, self._stroke = self._stroke, None
        for edit in () if stroke is None else self._edits_of(stroke):
            self._show(edit.inverted())

    def paint(self, frame_idx: int, stroke: Stroke, *, protect: bool = False) -> bool:
        """Paint a whole stroke as one step; returns whether it changed anything.

        Raises:
            ValueError: The stroke has no point, or a position or its radius is no finite number.
            TaxonomyError: There is no such class.
        """
        points = [(float(x), float(y)) for x, y in stroke.points]
        if not points:
            msg = "a stroke must have at least one point (x, y), found none"
            raise ValueError(msg)
        require_pixels(*(value for point in points for value in point))
        self.begin_stroke(
            frame_idx,
            points[0],
            class_id=stroke.class_id,
            radius=stroke.radius,
            protect=protect,
        )
        for point in points[1:]:
            self.extend_stroke(point)
        return self.end_stroke()

    def paint_area(
        self,
        frame_idx: int,
        rect: Rect,
        *,
        coverage: BoolArray,
        class_id: int,
        protect: bool = False,
        name: str = "paint",
    ) -> bool:
        """Give pixels of a rectangle inside the mask a class (0 erases) as one step.

        Args:
            frame_idx: The photo.
            rect: Inside the mask.
            coverage: (h, w) bool of ``rect``: polygon, fill, assist.
            class_id: The class; 0 erases.
            protect: Whether pixels that have a label keep it; erasing does not mind.
            name: Of the step.

        Returns:
            Whether anything changed.

        Raises:
            TaxonomyError: There is no such class.
        """
        self.end_stroke()
        self._check_class(class_id)
        mask = self.mask(frame_idx)
        protected = self._protected(everything=protect and class_id != 0)
        edit = edit_from_coverage(
            mask, rect, coverage=coverage, class_id=class_id, protected=protected
        )
        has_class = mask[rect.slices] == class_id
        if edit is not None:
            has_class |= edit.changed
        withdrawn = self._withdrawn(frame_idx, rect, coverage & has_class)
        return self._do_mask(frame_idx, edit, withdrawn, name=name)

    def set_mask(self, frame_idx: int, mask: IdArray, *, name: str = "set mask") -> bool:
        """Replace the mask of a photo as one step; locks do not count here.

        Args:
            frame_idx: The photo.
            mask: (h, w) class ids; brought to the size of the mask by its nearest pixels.
            name: Of the step.

        Returns:
            Whether anything changed.

        Raises:
            ValueError: Another aspect than the photo's, or values that are no class ids.
            TaxonomyError: An id that no class has.
        """
        self.end_stroke()
        present = self.mask(frame_idx)
        wanted = fitted(whole_ids(mask), (int(present.shape[0]), int(present.shape[1])))
        for class_id in np.flatnonzero(np.bincount(wanted.ravel())):
            self._check_class(int(class_id))
        edit = edit_between(present, wanted)
        if edit is None:
            return False
        withdrawn = self._withdrawn(frame_idx, edit.rect, edit.changed)
        return self._do_mask(frame_idx, edit, withdrawn, name=name)

    def clear(self, frame_idx: int, class_id: int | None = None) -> bool:
        """Erase a photo's mask, or one class of it, as one step; returns whether anything changed.

        Predictions that are accepted on points that the photo shows go as well.
        """
        self.end_stroke()
        mask = self.mask(frame_idx)
        kept = np.zeros_like(mask) if class_id is None else np.where(mask == class_id, 0, mask)
        edit = edit_between(mask, kept.astype(np.uint16))
        shape = (int(mask.shape[0]), int(mask.shape[1]))
        everywhere = np.ones(shape, dtype=bool)
        withdrawn = self._withdrawn(frame_idx, Rect.whole(shape), everywhere, class_id)
        return self._do_mask(frame_idx, edit, withdrawn, name="clear")

    def set_layer(
        self, points: IndexArray, labels: IdArray | int, *, name: str = "paint points"
    ) -> bool:
        """Lay labels on points directly, as one step; they outrank the photos.

        Args:
            points: (K,) positions in the cloud; repeats count once, the first one wins.
            labels: (K,) class ids or one for all; 0 takes labels off.
            name: Of the step.

        Returns:
            Whether anything changed.

        Raises:
            ValueError: A point beyond the cloud, or labels that are no class ids.
            TaxonomyError: An id that no class has.
        """
        self.end_stroke()
        chosen, first = np.unique(np.asarray(points, dtype=np.int64), return_index=True)
        if len(chosen) and not 0 <= chosen[0] <= chosen[-1] < len(self.scene.cloud):
            msg = f"points {chosen[0]}..{chosen[-1]} do not lie in 0..{len(self.scene.cloud) - 1}"
            raise ValueError(msg)
        ids = whole_ids(labels).astype(np.uint16)
        wanted = np.broadcast_to(ids, np.shape(points))[first]
        for class_id in np.unique(wanted):
            self._check_class(int(class_id))
        layer = self.ballots.layer
        present = np.zeros(len(chosen), dtype=np.uint16) if layer is None else layer[chosen]
        differs = present != wanted
        edits: list[Edit] = []
        if differs.any():
            changed = chosen[differs].astype(np.int32)
            edits.append(LayerEdit(changed, present[differs], wanted[differs]))
        edits += withdrawal(self.accepted, chosen.astype(np.int32))
        self._do(Step(name, tuple(edits)))
        return bool(edits)

    def _extend(self, stroke: _LiveStroke, rect: Rect, coverage: BoolArray) -> IndexArray:
        """Paint one segment of the stroke under way."""
        mask = self.mask(stroke.frame_idx)
        edit = edit_from_coverage(
            mask, rect, coverage=coverage, class_id=stroke.class_id, protected=stroke.protected
        )
        changed = np.zeros(0, dtype=np.int32)
        if edit is not None:
            stroke.edits.append(edit)
            changed = self._show(FrameEdit(stroke.frame_idx, edit))
        if len(self.accepted):
            painted = coverage & (mask[rect.slices] == stroke.class_id)
            for withdrawn in self._withdrawn(stroke.frame_idx, rect, painted):
                stroke.withdrawn.append(withdrawn)
                self._show(withdrawn)
        return changed

    def _edits_of(self, stroke: _LiveStroke) -> tuple[FrameEdit | AcceptEdit, ...]:
        """Return what a stroke has changed so far."""
        edit = merged(stroke.edits, self.mask(stroke.frame_idx))
        painted = () if edit is None else (FrameEdit(stroke.frame_idx, edit),)
        return (*painted, *joined(stroke.withdrawn))

    def _show(self, edit: FrameEdit | AcceptEdit) -> IndexArray:
        """Apply an edit that no history knows (yet) and say what changed."""
        rects: dict[int, Rect] = {}
        changed = self._apply(edit, rects)
        self._after_labels(changed)
        for frame_idx, rect in rects.items():
            self.mask_changed.emit(frame_idx, rect)
        if len(changed):
            self.labels_changed.emit(changed)
        return changed

    def _withdrawn(
        self, frame_idx: int, rect: Rect, covered: BoolArray, class_id: int | None = None
    ) -> tuple[AcceptEdit, ...]:
        """Return the edit that takes accepted predictions off what pixels of a photo show."""
        if not len(self.accepted):
            return ()
        self._indexes.request(frame_idx)
        points = points_under(self._indexes.get(frame_idx), rect, covered)
        return withdrawal(self.accepted, points, class_id)

    def _do_mask(
        self,
        frame_idx: int,
        edit: MaskEdit | None,
        withdrawn: tuple[AcceptEdit, ...],
        *,
        name: str,
    ) -> bool:
        painted = () if edit is None else (FrameEdit(frame_idx, edit),)
        edits = (*painted, *withdrawn)
        self._do(Step(name, edits))
        return bool(edits)

    def _protected(self, *, everything: bool) -> BoolArray | None:
        """Return (max id + 1,) whether pixels of a class keep it; None where none does."""
        if not everything and not self._locked:
            return None
        size = max((c.class_id for c in self._taxonomy), default=0) + 1
        protected = np.full(size, everything, dtype=bool)
        protected[list(self._locked)] = True
        protected[0] = False
        return protected

    def _check_class(self, class_id: int) -> None:
        if class_id and class_id not in self._taxonomy:
            known = ", ".join(f"{c.class_id} {c.name}" for c in self._taxonomy) or "none"
            msg = f"there is no class with id {class_id}: add it first; there are {known}"
            raise TaxonomyError(msg)

    def _before_history(self) -> None:
        self.end_stroke()
