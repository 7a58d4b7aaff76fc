"""Strokes as a practised hand lays them: long, inside the lines, brush sized to the part.

They come from the truth and are recorded once as the demonstration that ships with the program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from o3d_paint.core.brush import Stroke
from o3d_paint.io.sample.generate import back_project
from o3d_paint.io.sample.options import ACCESSORIES, BASE_PLATE, FIGURES, ROOF, TABLE, WALLS, Sample
from o3d_paint.io.sample.painter import stroke_coverage

_RADII = (1.6, 2.4, 3.6, 5.5, 8.0, 11.0)
"""Brush sizes in photo pixels; nobody changes the brush for every stroke."""
_INSET = 0.9
"""Distance that a stroke keeps from a border, in photo pixels."""
_WEIGHTS = {FIGURES: 3.2, ACCESSORIES: 2.2, BASE_PLATE: 1.7, WALLS: 1.5, ROOF: 1.5, TABLE: 0.3}
"""How much a hand cares for a pixel of each class; 1 for the others."""
_TURNS = (0.0, 0.3, -0.3, 0.65, -0.65, 1.1, -1.1, 1.6, -1.6, 2.3, -2.3)
_SPOT = 0.02
"""Two pixels show the same spot when they share a cell of this size, in plate sizes."""
_LONGEST = 60
_SMALLEST_REGION = 45
_SMALLEST_OBJECT = 250
_MOSTLY_NEW = 0.4


@dataclass(slots=True, eq=False)
class _Part:
    """A connected part of one class in one photo; ``left`` shrinks as it is painted.

    Attributes:
        class_id: Its class.
        inside: (H, W) float32 distance of its pixels to its border.
        left: (H, W) pixels still worth painting.
        area: Number of pixels at the beginning.
        is_touched: Whether a stroke of this photo lies on it.
    """

    class_id: int
    inside: NDArray[np.float32]
    left: NDArray[np.bool_]
    area: int
    is_touched: bool = False

    @property
    def is_object_missed(self) -> bool:
        """Whether this is a thing of some size that no stroke has named yet."""
        is_new = self.left.sum() > _MOSTLY_NEW * self.area
        return not self.is_touched and self.area > _SMALLEST_OBJECT and bool(is_new)

    @property
    def worth(self) -> float:
        """What the next stroke here is worth."""
        share = self.left.sum() / self.area
        return float(share * np.sqrt(self.area) * _WEIGHTS.get(self.class_id, 1.0))


def hand_series(
    sample: Sample, photo_indices: Sequence[int], count: int
) -> dict[int, list[Stroke]]:
    """Returns strokes for several photos, each adding to what the ones before have covered.

    Args:
        sample: The scene.
        photo_indices: The photos in the order of painting.
        count: Number of strokes at most on each.
    """
    size = _SPOT * np.ptp(sample.points[sample.truth_points == BASE_PLATE, 0])
    painted = np.zeros(0, dtype=np.int64)
    series: dict[int, list[Stroke]] = {}
    for idx in photo_indices:
        truth = sample.truth_pixels[idx]
        places = back_project(
            sample.true_depth[idx],
            sample.intrinsics[idx].astype(np.float64),
            sample.extrinsics[idx].astype(np.float64),
        )
        spots = (np.floor(places / size).astype(np.int64) + 5000) @ (10**8, 10**4, 1)
        fresh = ~np.isin(spots, painted).reshape(truth.shape)
        series[idx] = hand_strokes(truth, count, seed=idx, fresh=fresh)
        covered = np.zeros(truth.shape, dtype=bool)
        for stroke in series[idx]:
            covered |= stroke_coverage(truth.shape, stroke)
        painted = np.union1d(painted, spots[covered.ravel()])
    return series


def hand_strokes(
    truth: NDArray[np.uint8],
    count: int,
    *,
    seed: int = 0,
    fresh: NDArray[np.bool_] | None = None,
) -> list[Stroke]:
    """Returns strokes for one photo, the most useful ones, ordered by class.

    Args:
        truth: (H, W) class of every pixel, 0 background.
        count: Number of strokes at most.
        seed: Draws the wobble of the hand.
        fresh: (H, W) pixels that are worth painting; all of them by default.
    """
    rng = np.random.default_rng([seed, 7])
    parts = _parts(truth, np.ones(truth.shape, dtype=bool) if fresh is None else fresh)
    strokes: list[Stroke] = []
    touched: set[int] = set()
    while parts and len(strokes) < count:
        part = max(parts, key=lambda p: (p.class_id not in touched, p.is_object_missed, p.worth))
        stroke = _stroke(part, rng)
        if stroke is None:
            parts = [other for other in parts if other is not part]
            continue
        strokes.append(stroke)
        touched.add(part.class_id)
        part.is_touched = True
        swept = Stroke(stroke.points, stroke.radius + 1.5 * _INSET, stroke.class_id)
        part.left &= ~stroke_coverage(truth.shape, swept)
    return sorted(strokes, key=lambda stroke: stroke.class_id)


def _parts(truth: NDArray[np.uint8], fresh: NDArray[np.bool_]) -> list[_Part]:
    parts = []
    # Single spots between painted ones are not worth a stroke.
    kernel = np.ones((3, 3), dtype=np.uint8)
    fresh = cv2.morphologyEx(fresh.astype(np.uint8), cv2.MORPH_OPEN, kernel) > 0
    for class_id in np.unique(truth[truth > 0]).tolist():
        count, names = cv2.connectedComponents((truth == class_id).astype(np.uint8), connectivity=4)
        for name in range(1, count):
            region = names == name
            if (area := int(region.sum())) < _SMALLEST_REGION:
                continue
            framed = np.pad(region.astype(np.uint8), 1)
            inside = cv2.distanceTransform(framed, cv2.DIST_L2, 5)[1:-1, 1:-1]
            parts.append(_Part(class_id, inside, region & (inside > _INSET) & fresh, area))
    return parts


def _stroke(part: _Part, rng: np.random.Generator) -> Stroke | None:
    """Returns the next stroke of a part, or None where not even the finest brush fits."""
    room = np.where(part.left, part.inside, 0)
    fitting = [radius for radius in _RADII if radius + _INSET <= 0.9 * room.max()]
    if not fitting:
        return None
    radius = fitting[-1]
    allowed = part.inside >= radius + _INSET
    gain = cv2.blur(part.left.astype(np.float32), (2 * round(radius) + 1,) * 2)
    path = _walk(allowed, gain, part.left.copy(), radius)
    points = np.array(path, dtype=np.float64)
    wobble = rng.normal(0, 0.25, size=points.shape)
    return Stroke(points + wobble, radius, part.class_id)


def _walk(
    allowed: NDArray[np.bool_],
    gain: NDArray[np.float32],
    left: NDArray[np.bool_],
    radius: float,
) -> list[tuple[float, float]]:
    """Walks both ways from the best spot towards what is not painted, with the fewest turns."""
    row, column = np.unravel_index(np.argmax(np.where(allowed, gain, -1)), gain.shape)
    start = (float(column), float(row))
    step = max(1.1 * radius, 3.0)
    ways: list[list[tuple[float, float]]] = []
    heading = _open_heading(allowed, start, step)
    _wipe(left, start, radius)
    for first_heading in (heading, heading + np.pi):
        point, heading = start, first_heading
        way: list[tuple[float, float]] = []
        while len(way) < _LONGEST:
            found = _next(allowed, left, point, heading, step, radius)
            if found is None:
                break
            point, heading = found
            _wipe(left, point, radius)
            way.append(point)
        ways.append(way)
    return [*reversed(ways[1]), start, *ways[0]]


def _open_heading(allowed: NDArray[np.bool_], start: tuple[float, float], step: float) -> float:
    """Returns the direction (radians) in which there is most room on both sides of a spot."""
    angles = np.arange(12) * np.pi / 12
    reaches = np.arange(-8, 9) * step
    rooms = [
        sum(_at(allowed, start[0] + r * np.cos(a), start[1] + r * np.sin(a)) for r in reaches)
        for a in angles.tolist()
    ]
    return float(angles[int(np.argmax(rooms))])


def _next(
    allowed: NDArray[np.bool_],
    left: NDArray[np.bool_],
    point: tuple[float, float],
    heading: float,
    step: float,
    radius: float,
) -> tuple[tuple[float, float], float] | None:
    best: tuple[tuple[float, float], float] | None = None
    least = 0.12
    for turn in _TURNS:
        angle = heading + turn
        x, y = point[0] + step * np.cos(angle), point[1] + step * np.sin(angle)
        if not all(
            _at(allowed, point[0] + (x - point[0]) * share, point[1] + (y - point[1]) * share)
            for share in (0.5, 1.0)
        ):
            continue
        reach = max(round(radius), 1)
        part = left[
            max(round(y) - reach, 0) : round(y) + reach + 1,
            max(round(x) - reach, 0) : round(x) + reach + 1,
        ]
        score = float(part.mean()) - 0.06 * abs(turn)
        if score > least:
            best, least = ((float(x), float(y)), angle), score
    return best


def _at(field: NDArray[np.bool_], x: float, y: float) -> bool:
    column, row = round(x), round(y)
    inside = 0 <= row < field.shape[0] and 0 <= column < field.shape[1]
    return bool(inside and field[row, column])


def _wipe(left: NDArray[np.bool_], point: tuple[float, float], radius: float) -> None:
    dab = Stroke(np.array([point]), radius + 0.5, 1)
    left &= ~stroke_coverage(left.shape, dab)
