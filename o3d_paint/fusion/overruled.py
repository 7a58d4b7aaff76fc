"""Painted points that ended with another label, or with none: what of the paint was overruled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from o3d_paint.core.arrays import IdArray

__all__ = ["Overruled", "overruled", "overruled_notes"]

_MOST_NAMED = 5
# Share of a class's paint below which it is only counted: rims of strokes that ran over a border.
_MANY = 0.01


@dataclass(frozen=True, slots=True)
class Overruled:
    """What became of the paint of one class.

    Attributes:
        class_id: The class.
        painted: Points that the paint gives this class; 0 where other photos outvote it on all.
        overruled: Those of them that ended in another class.
        unlabelled: Those of them that ended without a label, since none was sure enough.
        labelled: All points that carry the class in the end.
    """

    class_id: int
    painted: int
    overruled: int
    unlabelled: int
    labelled: int

    @property
    def share(self) -> float:
        """Share of its painted points that ended in another class, 0 to 1."""
        return self.overruled / max(1, self.painted)


def overruled(
    painted: IdArray, labels: IdArray, *, class_ids: Iterable[int] = ()
) -> tuple[Overruled, ...]:
    """Return the classes whose paint was overruled anywhere, those that vanished first.

    Args:
        painted: (N,) painted labels, 0 where none.
        labels: (N,) labels in the end, 0 where none.
        class_ids: Classes that were painted at all, on points or not; those of which no point
            is painted or labelled are listed as well.
    """
    from o3d_paint.fusion.kernels.overruled import fates

    total, over, unsure, left = fates(painted, labels, 1 << 16)
    wanted = (total > 0) & ((over > 0) | (unsure > 0) | (left == 0))
    said = [int(i) for i in class_ids]
    wanted[said] |= left[said] == 0
    wanted[0] = False
    classes = [
        Overruled(i, int(total[i]), int(over[i]), int(unsure[i]), int(left[i]))
        for i in np.flatnonzero(wanted).tolist()
    ]
    return tuple(sorted(classes, key=lambda c: (c.labelled > 0, -c.share, c.class_id)))


def overruled_notes(classes: Sequence[Overruled], name_of: Callable[[int], str]) -> tuple[str, ...]:
    """Return a sentence about classes that vanished and one about paint that was overruled.

    Args:
        classes: As `overruled` returns them.
        name_of: Gives the name of a class.
    """
    gone = [c for c in classes if not c.labelled]
    less = [c for c in classes if c.labelled and c.overruled]
    notes = []
    if gone:
        said = [f"{name_of(c.class_id)} ({_fate(c)})" for c in gone[:_MOST_NAMED]]
        if len(gone) > _MOST_NAMED:
            said.append(f"{len(gone) - _MOST_NAMED} more")
        notes.append(f"Painted and yet without any labelled point: {_listed(said)}.")
    named = [c for c in less if c.share >= _MANY][:_MOST_NAMED]
    rest = sum(c.overruled for c in less) - sum(c.overruled for c in named)
    if named:
        said = [
            f"{name_of(c.class_id)} on {c.overruled:,} of {c.painted:,} painted points"
            for c in named
        ]
        others = [f"{rest:,} painted points of other classes"] if rest else []
        notes.append(f"Fusing overruled {_listed(said + others)}.")
    elif rest:
        notes.append(f"Fusing overruled {rest:,} painted points, under {_MANY:.0%} of any class.")
    return tuple(notes)


def _fate(found: Overruled) -> str:
    """Return what became of the painted points of a class without any label."""
    if not found.painted:
        return "its paint reached no point, or other paint outvoted it on all"
    fates = ((found.overruled, "in other classes"), (found.unlabelled, "too unsure"))
    parts = [f"{count:,} {fate}" for count, fate in fates if count]
    return f"of {found.painted:,} painted points {' and '.join(parts)}"


def _listed(parts: list[str]) -> str:
    """Return parts in a row."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
