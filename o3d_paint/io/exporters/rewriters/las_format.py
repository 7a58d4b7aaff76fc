"""The point format of a LAS that is written once more: the file's own, or a newer one."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from o3d_paint.io.exporters.labelled import LabelledScene
from o3d_paint.io.extras import require
from o3d_paint.io.own_records import CLASSES_VLR

__all__ = ["LasFormat", "copied", "format_of"]

_FIRST_NEW = 6
_OLD_CODES, _NEW_CODES = 32, 256
_OURS = {"label": "u2", "source": "u1", "confidence": "f4"}
_PREFIX = "o3d_"
_UNDESCRIBED = "ExtraBytes"
# Formats 0 to 5 have whole degrees, newer ones steps of 0.006 degrees.
_ANGLE_STEP = 0.006
_RENAMED = {"scan_angle_rank", "scan_angle"}
# Meanings that a file's bits get from elsewhere, or that are set anew.
_SET_ANEW = ("classification",)


@dataclass(frozen=True, slots=True, eq=False)
class LasFormat:
    """How points are written.

    Attributes:
        point_format: laspy's, with extra dimensions.
        version: Lowest version of LAS that knows it.
        old: Number of the file's own point format.
        kept: Extra dimensions of the file that stay, by their place in its description.
        undescribed: Extra bytes of each point that the file does not describe.
        names: What this program's dimensions are called, by what they usually are.
        gains_colors: Whether the file had no place for colours and this format has.
        notes: What is not kept, one sentence each.
    """

    point_format: Any
    version: str
    old: int
    kept: tuple[int, ...]
    undescribed: int
    names: dict[str, str]
    gains_colors: bool
    notes: tuple[str, ...] = field(default=())

    @property
    def number(self) -> int:
        """The number of the point format."""
        return int(self.point_format.id)

    @property
    def codes(self) -> int:
        """How many classifications there are."""
        return _NEW_CODES if self.number >= _FIRST_NEW else _OLD_CODES

    @property
    def has_waveforms(self) -> bool:
        """Whether points say where their waveforms are."""
        return "wavepacket_offset" in self.point_format.dimension_names

    @property
    def has_colors(self) -> bool:
        """Whether points have colours."""
        return "red" in self.point_format.dimension_names


def format_of(header: Any, labelled: LabelledScene, wanted: int | None) -> LasFormat:
    """Return how the points of a file are written.

    Args:
        header: The file's, as laspy has it.
        labelled: What is written.
        wanted: Point format 6, 7 or 8; None keeps the file's.
    """
    laspy = require("laspy", extra="las", purpose="writing")
    old = header.point_format
    notes = []
    number = int(old.id)
    if wanted is not None and wanted != number:
        if number < _FIRST_NEW:
            number = wanted
        else:
            notes.append(
                f"--point-format {wanted} has no effect: the cloud has point format {number}, which"
                " holds all codes."
            )
    new = laspy.PointFormat(number)
    names, replaced = _names(header, labelled)
    dimensions = [d for d in old.extra_dimensions if d.name != _UNDESCRIBED]
    undescribed = sum(d.num_elements for d in old.extra_dimensions if d.name == _UNDESCRIBED)
    kept = [i for i, d in enumerate(dimensions) if d.name not in replaced]
    new.dimensions.extend(deepcopy(dimensions[i]) for i in kept)
    new.dimensions.extend(deepcopy(d) for d in old.extra_dimensions if d.name == _UNDESCRIBED)
    for usual, name in names.items():
        if usual != "confidence" or labelled.confidence is not None:
            new.add_extra_dimension(laspy.ExtraBytesParams(name, _OURS[usual]))
    if number != old.id:
        notes += _told_of_change(old, new, header)
    other = [f"{u!r} is called {n!r}" for u, n in names.items() if u != n]
    if other:
        notes.append(f"The cloud has dimensions of these names already: {', '.join(other)}.")
    return LasFormat(
        point_format=new,
        version="1.4" if number >= _FIRST_NEW else str(header.version),
        old=int(old.id),
        kept=tuple(kept),
        undescribed=undescribed,
        names=names,
        gains_colors="red" in new.dimension_names and "red" not in old.dimension_names,
        notes=tuple(notes),
    )


def copied(old: Any, new: Any, chosen: LasFormat) -> None:
    """Copy every field of points into points of another format.

    Args:
        old: As laspy read them.
        new: As many.
        chosen: The format of the new ones.
    """
    extra = {chosen.point_format.dimension_by_name(d).name for d in _extra_names(chosen)}
    if chosen.number == chosen.old:
        for name in old.array.dtype.names:
            if name in new.array.dtype.names and (name not in _extra_of(old) or name in extra):
                new.array[name] = old.array[name]
        return
    for name in old.point_format.dimension_names:
        if name in extra:
            new.array[name] = old.array[name]
        elif name in new.point_format.standard_dimension_names and name not in _SET_ANEW:
            new[name] = np.asarray(old[name])
    if "scan_angle_rank" in old.array.dtype.names:
        degrees = old.array["scan_angle_rank"].astype(np.float64)
        new.array["scan_angle"] = np.round(degrees / _ANGLE_STEP).astype(np.int16)


def _extra_names(chosen: LasFormat) -> list[str]:
    """Return the extra dimensions that come from the file."""
    ours = set(chosen.names.values())
    return [n for n in chosen.point_format.extra_dimension_names if n not in ours]


def _extra_of(points: Any) -> set[str]:
    return set(points.point_format.extra_dimension_names)


def _names(header: Any, labelled: LabelledScene) -> tuple[dict[str, str], set[str]]:
    """Return what this program's dimensions are called, and which of the file's they replace."""
    taken = [d.name for d in header.point_format.extra_dimensions]
    origin = labelled.scene.origin
    replaced = {origin.label_column} if origin and origin.label_column in taken else set()
    if header.vlrs.get_by_id(CLASSES_VLR):
        kinds = {d.name: d.dtype for d in header.point_format.extra_dimensions}
        for usual, kind in _OURS.items():
            mine = (n for n in (f"{_PREFIX}{usual}", usual) if kinds.get(n) == np.dtype(kind))
            replaced |= set(list(mine)[:1])
    others = [n for n in taken if n not in replaced]
    return {usual: _free(usual, others) for usual in _OURS}, {str(n) for n in replaced}


def _free(name: str, taken: Sequence[str]) -> str:
    """Return a name that no dimension has yet."""
    tried = [name, f"{_PREFIX}{name}", *(f"{_PREFIX}{name}_{i}" for i in range(2, len(taken) + 3))]
    return next(n for n in tried if n not in taken)


def _told_of_change(old: Any, new: Any, header: Any) -> list[str]:
    """Return what became of points whose format changes."""
    lost = [
        name
        for name in old.standard_dimension_names
        if name not in new.standard_dimension_names and name not in _RENAMED
    ]
    said = f"Points have format {new.id} in place of {old.id} (--point-format)"
    if header.version.minor < 4:
        said += f", LAS 1.4 in place of {header.version}"
    if lost:
        said += f", without {', '.join(lost)}"
    notes = [f"{said}."]
    if any(v.user_id == "LASF_Projection" and v.record_id != 2112 for v in header.vlrs):
        notes.append(
            "The coordinate system stays as GeoTIFF keys; the standard wants WKT beside formats 6"
            " and newer, and some programs do not look for keys there."
        )
    return notes
