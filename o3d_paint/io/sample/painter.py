"""A simulated person who paints photos: quick, broad, and a little over the borders.

Measures of strokes are pixels of a photo 518 lines high and grow with the photo.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from o3d_paint.core.brush import Stroke, capsule

_LINES = 518
_SMALLEST_REGION = 90
_MOST_STROKES = 2000


@dataclass(frozen=True, slots=True)
class PainterOptions:
    """How somebody paints.

    Attributes:
        fill: Share of every connected region of a class that is covered: 0.6 is broad, 0.25 sparse.
        spill: Least and largest distance by which a stroke leaves its region; (0, 0) is careful.
        width: Least and largest width of a stroke.
        wrong_share: Share of strokes that carry a wrong class.
        skip: Classes that are left unpainted.
        seed: Draws everything.
    """

    fill: float = 0.6
    spill: tuple[float, float] = (3.0, 8.0)
    width: tuple[float, float] = (12.0, 25.0)
    wrong_share: float = 0.0
    skip: frozenset[int] = frozenset()
    seed: int = 0

    def __post_init__(self) -> None:
        """Checks the values.

        Raises:
            ValueError: A share is outside 0..1.
        """
        for name in ("fill", "wrong_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must lie in 0..1, got {getattr(self, name)}")


@dataclass(frozen=True, slots=True, eq=False)
class PaintedPhoto:
    """One photo after painting.

    Attributes:
        mask: (H, W) uint16 at photo resolution, 0 unpainted; strokes end where their spill does.
        strokes: In the order painted, in photo pixels. Replayed, they are whole: where the mask
            cuts a stroke off, the replay runs over the border by up to the stroke's width.
    """

    mask: NDArray[np.uint16]
    strokes: tuple[Stroke, ...]


def spread_photos(count: int, painted: int) -> list[int]:
    """Returns which of ``count`` photos to paint: ``painted`` of them, evenly spread."""
    if not 0 < painted <= count:
        raise ValueError(f"painted must lie in 1..{count}, got {painted}")
    return [index * count // painted for index in range(painted)]


def paint_photos(
    truth: NDArray[np.uint8],
    photo_indices: Iterable[int],
    options: PainterOptions | None = None,
) -> dict[int, PaintedPhoto]:
    """Paints photos whose truth is known.

    Args:
        truth: (F, H, W) class of every pixel, 0 background.
        photo_indices: The photos to paint.
        options: How to paint; each photo is painted the same whichever others are.

    Returns:
        The painted photos by index.
    """
    options = options or PainterOptions()
    classes = [int(name) for name in np.unique(truth) if name]
    return {
        index: _paint(truth[index], classes, options, np.random.default_rng([options.seed, index]))
        for index in photo_indices
    }


def strokes_document(
    strokes: Mapping[int, Iterable[Stroke]],
    names: Mapping[int, str],
    shape: tuple[int, int],
) -> dict[str, object]:
    """Returns strokes as the published kit keeps them (``kids_strokes.json``).

    Args:
        strokes: By photo index, in photo pixels.
        names: Class names by id.
        shape: (H, W) of the photos.
    """
    height, width = shape
    frames = {
        str(index): [
            {
                "class": stroke.class_id,
                "brush": round(stroke.radius * 1080 / height, 1),
                "points": np.round(stroke.points / (width - 1, height - 1), 4).tolist(),
            }
            for stroke in of_photo
        ]
        for index, of_photo in strokes.items()
    }
    return {
        "classes": {str(class_id): name for class_id, name in names.items()},
        "sequence": list(strokes),
        "frames": frames,
    }


def stroke_coverage(shape: tuple[int, int], stroke: Stroke) -> NDArray[np.bool_]:
    """Returns the pixels (H, W) under a stroke."""
    covered = np.zeros(shape, dtype=bool)
    ends = stroke.points if len(stroke.points) > 1 else np.repeat(stroke.points, 2, axis=0)
    for start, end in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True):
        part = capsule(shape, (start[0], start[1]), end=(end[0], end[1]), radius=stroke.radius)
        if part is not None:
            rect, inside = part
            covered[rect.y0 : rect.y1, rect.x0 : rect.x1] |= inside
    return covered


def _paint(
    truth: NDArray[np.uint8],
    classes: list[int],
    options: PainterOptions,
    rng: np.random.Generator,
) -> PaintedPhoto:
    mask = np.zeros(truth.shape, dtype=np.uint16)
    strokes: list[Stroke] = []
    regions = [found for found in _regions(truth) if found[0] not in options.skip]
    for place in rng.permutation(len(regions)).tolist():
        class_id, region = regions[place]
        outside = cv2.distanceTransform((~region).astype(np.uint8), cv2.DIST_L2, 5)
        covered = np.zeros(truth.shape, dtype=bool)
        for _ in range(_MOST_STROKES):
            if covered[region].mean() >= options.fill:
                break
            label = class_id
            if rng.uniform() < options.wrong_share and len(classes) > 1:
                label = int(rng.choice([name for name in classes if name != class_id]))
            stroke = _random_stroke(region & ~covered, region, label, options, rng)
            spill = rng.uniform(*options.spill) * truth.shape[0] / _LINES
            painted = stroke_coverage(truth.shape, stroke) & (outside <= spill)
            covered |= painted
            mask[painted] = label
            strokes.append(stroke)
    return PaintedPhoto(mask, tuple(strokes))


def _regions(truth: NDArray[np.uint8]) -> list[tuple[int, NDArray[np.bool_]]]:
    """Returns class and pixels (H, W) of every connected part that is worth a stroke."""
    least = _SMALLEST_REGION * (truth.shape[0] / _LINES) ** 2
    regions = []
    for class_id in np.unique(truth[truth > 0]).tolist():
        of_class = (truth == class_id).astype(np.uint8)
        count, names, facts, _ = cv2.connectedComponentsWithStats(of_class, connectivity=8)
        regions += [
            (class_id, names == name)
            for name in range(1, count)
            if facts[name, cv2.CC_STAT_AREA] >= least
        ]
    return regions


def _random_stroke(
    open_pixels: NDArray[np.bool_],
    region: NDArray[np.bool_],
    label: int,
    options: PainterOptions,
    rng: np.random.Generator,
) -> Stroke:
    """Returns a wandering polyline whose corners lie in the region."""
    height, width = region.shape
    scale = height / _LINES
    rows, columns = np.nonzero(open_pixels)
    start = int(rng.integers(len(rows)))
    points = [(float(columns[start]), float(rows[start]))]
    heading = rng.uniform(0, 2 * np.pi)
    for _ in range(int(rng.integers(1, 5))):
        for _attempt in range(6):
            turned = heading + rng.uniform(-0.7, 0.7)
            reach = rng.uniform(12, 40) * scale
            x = points[-1][0] + reach * np.cos(turned)
            y = points[-1][1] + reach * np.sin(turned)
            column, row = round(x), round(y)
            if 0 <= column < width and 0 <= row < height and region[row, column]:
                points.append((float(x), float(y)))
                heading = turned
                break
            heading += rng.uniform(-1.5, 1.5)
        else:
            break
    radius = float(rng.uniform(*options.width)) / 2 * scale
    return Stroke(np.array(points), radius, label)
