"""Recorded strokes in the published kit's JSON: work that can be replayed at any resolution.

``{"classes": {"1": name}, "sequence": [frame, ...], "frames": {"0": [{"class": 3, "brush": 70,
"points": [[u, v], ...]}]}}`` with u, v from 0 to 1 across the photo (first to last pixel centre),
``brush`` the radius in pixels of a photo of 1080 lines, and class 0 erasing. Strokes of a photo
apply in order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray, IdArray
from o3d_paint.core.brush import Stroke, capsule
from o3d_paint.core.packed_masks import PackedMasks
from o3d_paint.core.scene import Scene
from o3d_paint.core.taxonomy import MAX_CLASS_ID, Taxonomy, article_taxonomy
from o3d_paint.errors import FormatError, SceneError
from o3d_paint.io.json_file import item, read_json
from o3d_paint.io.store import write_json

__all__ = ["StrokeRecord", "draw_stroke", "read_strokes", "stroke_masks", "write_strokes"]

_CANVAS_LINES = 1080
_MAX_RADIUS = 20_000.0
_FAR_OUTSIDE = 10.0
_MAX_POINTS = 2_000_000
# Pixels that strokes may go over, each counted as often as it is passed: three minutes' work.
# A day of painting with a wide brush on photos of 48 megapixels comes to half of it.
_MAX_PAINTED = 20_000_000_000


@dataclass(frozen=True, slots=True, eq=False)
class StrokeRecord:
    """Strokes of several photos, free of any resolution.

    Attributes:
        names: Class names by id.
        sequence: Positions of the photos in the order of painting.
        frames: By position: strokes with points (K, 2) in 0..1 and radius in pixels of 1080 lines.
    """

    names: Mapping[int, str]
    sequence: tuple[int, ...]
    frames: Mapping[int, tuple[Stroke, ...]]

    def taxonomy(self) -> Taxonomy:
        """Return the record's classes with the published colours; "class 7" without names."""
        if not self.names:
            used = {s.class_id for strokes in self.frames.values() for s in strokes} - {0}
            return Taxonomy().completed(used)
        ids = article_taxonomy().completed(self.names)
        classes = [c for c in ids if c.class_id in self.names]
        named = Taxonomy()
        for label_class in classes:
            name = self.names[label_class.class_id].strip()
            if named.find(name) is not None:
                name = f"{name} ({label_class.class_id})"
            added = Taxonomy((label_class,)).rename(label_class.class_id, name)
            named = Taxonomy((*named.classes, *added.classes))
        return named


def read_strokes(path: Path | str) -> StrokeRecord:
    """Read recorded strokes.

    Raises:
        FormatError: The file is not what the kit writes.
    """
    file = Path(path)
    document = read_json(file)
    frames: dict[int, tuple[Stroke, ...]] = {}
    budget = _MAX_POINTS
    for key, records in item(document, "frames", dict, str(file)).items():
        frame_idx = _number(key, f"a photo in 'frames' of {file}")
        if not isinstance(records, list):
            msg = f"'frames'[{key!r}] of {file} must be a list of strokes"
            raise FormatError(msg)
        strokes = []
        for i, record in enumerate(records):
            strokes.append(_stroke(record, f"stroke {i} of photo {key} in {file}"))
            budget -= len(strokes[-1].points)
            if budget < 0:
                msg = f"{file} holds more than {_MAX_POINTS:,} points: it is no record of strokes"
                raise FormatError(msg)
        frames[frame_idx] = tuple(strokes)
    sequence = _sequence(document, frames, file)
    return StrokeRecord(_names(document, file), sequence, frames)


def write_strokes(
    path: Path | str, record: StrokeRecord, *, inputs: Sequence[Path | str] = ()
) -> None:
    """Write strokes as the kit does.

    Raises:
        StorageError: The file cannot be written.
    """
    frames: dict[str, list[dict[str, Any]]] = {
        str(frame_idx): [
            {
                "class": int(stroke.class_id),
                "brush": round(float(stroke.radius), 3),
                "points": np.round(stroke.points, 6).tolist(),
            }
            for stroke in strokes
        ]
        for frame_idx, strokes in record.frames.items()
    }
    document = {
        "classes": {str(i): name for i, name in record.names.items()},
        "sequence": list(record.sequence),
        "frames": frames,
    }
    write_json(path, document, inputs=inputs)


def stroke_masks(record: StrokeRecord, scene: Scene) -> Mapping[int, IdArray]:
    """Paint the strokes on the photos of a scene.

    Returns:
        By position of the photo: (H, W) ids of its mask shape, in the order of painting.

    Raises:
        SceneError: A photo does not exist, or the strokes are endless.
    """
    masks = PackedMasks()
    left = _MAX_PAINTED
    for frame_idx in dict.fromkeys(record.sequence):
        if frame_idx >= len(scene.frames):
            msg = (
                f"the strokes paint photo {frame_idx} but {scene.name} has photos 0 to"
                f" {len(scene.frames) - 1}: they belong to another scene"
            )
            raise SceneError(msg)
        height, width = scene.frames[frame_idx].mask_shape
        strokes = [_scaled(s, height, width) for s in record.frames.get(frame_idx, ())]
        left -= sum(_passed(s, (height, width)) for s in strokes)
        if left < 0:
            msg = (
                f"the strokes go over photos of {scene.name} more than {_MAX_PAINTED:,} pixels"
                " long: no hand painted them, use masks instead"
            )
            raise SceneError(msg)
        mask = np.zeros((height, width), dtype=np.uint16)
        for stroke in strokes:
            draw_stroke(mask, stroke)
        masks[frame_idx] = mask
    return masks


def _scaled(stroke: Stroke, height: int, width: int) -> Stroke:
    """Return a recorded stroke in the pixels of a mask."""
    points = stroke.points * (width - 1, height - 1)
    return Stroke(points, stroke.radius * height / _CANVAS_LINES, stroke.class_id)


def _passed(stroke: Stroke, shape: tuple[int, int]) -> int:
    """Return how many pixels `draw_stroke` looks at."""
    starts, ends = stroke.points[:-1], stroke.points[1:]
    if not len(starts):
        starts = ends = stroke.points
    low = np.minimum(starts, ends) - stroke.radius
    high = np.maximum(starts, ends) + stroke.radius
    extent = np.clip(high, 0, shape[::-1]) - np.clip(low, 0, shape[::-1])
    return int(extent.prod(axis=1).sum())


def draw_stroke(mask: IdArray, stroke: Stroke) -> None:
    """Paint a stroke in mask pixels onto a mask, in place, without gaps."""
    ends = list(pairwise(stroke.points)) or [(stroke.points[0], stroke.points[0])]
    for start, end in ends:
        covered = capsule(
            (mask.shape[0], mask.shape[1]),
            (float(start[0]), float(start[1])),
            end=(float(end[0]), float(end[1])),
            radius=stroke.radius,
        )
        if covered is not None:
            rect, coverage = covered
            mask[rect.slices][coverage] = stroke.class_id


def _stroke(record: Any, where: str) -> Stroke:
    """Return one stroke, checked."""
    class_id = item(record, "class", int, where)
    if not 0 <= class_id <= MAX_CLASS_ID:
        msg = f"'class' of {where} is {class_id}, expected 0 to {MAX_CLASS_ID}"
        raise FormatError(msg)
    radius = item(record, "brush", (int, float), where)
    if not 0 < radius <= _MAX_RADIUS:
        msg = f"'brush' of {where} is {radius}, expected a radius in pixels of 1080 lines"
        raise FormatError(msg)
    points = _points(item(record, "points", list, where), where)
    return Stroke(points, float(radius), class_id)


def _points(values: list[Any], where: str) -> FloatArray:
    """Return (K, 2) points; they may lie somewhat outside the photo."""
    try:
        points: npt.NDArray[np.float64] = np.array(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        points = np.zeros((0, 0))
    outside = points.size and not (np.abs(points - 0.5) <= _FAR_OUTSIDE).all()
    if points.ndim != 2 or points.shape[1] != 2 or not len(points) or outside:
        msg = f"'points' of {where} must be pairs [u, v] across the photo from 0 to 1"
        raise FormatError(msg)
    return points


def _sequence(
    document: Any, frames: Mapping[int, tuple[Stroke, ...]], file: Path
) -> tuple[int, ...]:
    """Return the order of painting; that of the numbers where the file does not say."""
    if "sequence" not in document:
        return tuple(sorted(frames))
    entries = item(document, "sequence", list, str(file))
    sequence = tuple(_number(n, f"an entry of 'sequence' in {file}") for n in entries)
    left_out = sorted(set(frames) - set(sequence))
    return (*sequence, *left_out)


def _names(document: Any, file: Path) -> dict[int, str]:
    if "classes" not in document:
        return {}
    names: dict[int, str] = {}
    for key, name in item(document, "classes", dict, str(file)).items():
        class_id = _number(key, f"a class in {file}")
        if not 1 <= class_id <= MAX_CLASS_ID or not isinstance(name, str) or not name.strip():
            msg = f"class {key!r} of {file} must have an id of 1 to {MAX_CLASS_ID} and a name"
            raise FormatError(msg)
        names[class_id] = name
    return names


def _number(value: Any, where: str) -> int:
    """Return a number that is an int or, as JSON's keys are, text."""
    text = str(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
    if not (text.isascii() and text.isdecimal()) or len(text) > 9:
        msg = f"{where} is {value!r}, expected a number"
        raise FormatError(msg)
    return int(text)
