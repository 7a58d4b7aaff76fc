"""What one undo takes back: a step, made of edits of masks, classes and labels of points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import IdArray, IndexArray
from o3d_paint.core.mask import MaskEdit, Rect
from o3d_paint.core.taxonomy import Taxonomy

__all__ = [
    "AcceptEdit",
    "Edit",
    "Edits",
    "FrameEdit",
    "LayerEdit",
    "Step",
    "TaxonomyEdit",
    "merged",
]


@dataclass(frozen=True, slots=True, eq=False)
class FrameEdit:
    """Changed pixels of the mask of one photo.

    Attributes:
        frame_idx: The photo.
        edit: Its changed pixels.
    """

    frame_idx: int
    edit: MaskEdit

    def inverted(self) -> FrameEdit:
        """Return the edit that takes this one back."""
        return FrameEdit(self.frame_idx, self.edit.inverted())


@dataclass(frozen=True, slots=True)
class TaxonomyEdit:
    """Changed classes.

    Attributes:
        before: The classes before.
        after: The classes after.
        gone: Id of the class whose paint went to another one, 0 for none.
        heir: Id of the class that got it.
    """

    before: Taxonomy
    after: Taxonomy
    gone: int = 0
    heir: int = 0

    def inverted(self) -> TaxonomyEdit:
        """Return the edit that takes this one back; the merge itself is told by its direction."""
        return replace(self, before=self.after, after=self.before)


@dataclass(frozen=True, slots=True, eq=False)
class LayerEdit:
    """Changed labels laid on points directly.

    Attributes:
        points: (K,) positions in the cloud, each once.
        before: (K,) class ids before, 0 for none.
        after: (K,) class ids after.
    """

    points: IndexArray
    before: IdArray
    after: IdArray

    def inverted(self) -> LayerEdit:
        """Return the edit that takes this one back."""
        return LayerEdit(self.points, self.after, self.before)


@dataclass(frozen=True, slots=True, eq=False)
class AcceptEdit:
    """Changed predictions that are accepted.

    Attributes:
        points: (K,) positions in the cloud, each once.
        before: (K,) class ids before, 0 for none.
        after: (K,) class ids after.
        percents_before: (K,) uint8, how sure each was when it was accepted, in per cent.
        percents_after: (K,) uint8 after.
    """

    points: IndexArray
    before: IdArray
    after: IdArray
    percents_before: npt.NDArray[np.uint8]
    percents_after: npt.NDArray[np.uint8]

    def inverted(self) -> AcceptEdit:
        """Return the edit that takes this one back."""
        return AcceptEdit(
            self.points, self.after, self.before, self.percents_after, self.percents_before
        )


Edit = FrameEdit | TaxonomyEdit | LayerEdit | AcceptEdit


class Edits(Protocol):
    """Edits one after another, at hand or unpacked as they come."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Edit]: ...


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One entry of the undo history.

    Attributes:
        name: For the menu: "Undo <name>".
        edits: In the order in which they were made.
    """

    name: str
    edits: tuple[Edit, ...]

    def inverted(self) -> Step:
        """Return the step that takes this one back."""
        return Step(self.name, tuple(edit.inverted() for edit in reversed(self.edits)))


def merged(edits: Sequence[MaskEdit], mask: IdArray) -> MaskEdit | None:
    """Return one edit for several that were applied to a mask one after another.

    Args:
        edits: In the order in which they were applied.
        mask: (H, W) ids after the last one.

    Returns:
        The edit with only those pixels that differ in the end, or None where none does.
    """
    if not edits:
        return None
    rect = edits[0].rect
    for edit in edits[1:]:
        rect = rect.union(edit.rect)
    after = mask[rect.slices]
    before = after.copy()
    for edit in reversed(edits):
        inside = _shifted(edit.rect, -rect.x0, -rect.y0)
        before[inside.slices][edit.changed] = edit.before
    changed = before != after
    if not changed.any():
        return None
    return MaskEdit(rect, changed, before[changed], after[changed].astype(np.uint16))


def _shifted(rect: Rect, dx: int, dy: int) -> Rect:
    return Rect(rect.x0 + dx, rect.y0 + dy, rect.x1 + dx, rect.y1 + dy)
