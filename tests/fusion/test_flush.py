"""Classes in the colour of what surrounds them: nothing but paint tells them apart."""

from __future__ import annotations

import numpy as np
import pytest

from o3d_paint.project.project import Project
from tests.fusion.flat_scenes import FlatScene, disc, flat_scene, rectangle

pytestmark = pytest.mark.compiled

PLASTER, CHALK, TAR, MOSS = (200, 200, 200), (208, 207, 204), (20, 20, 22), (96, 120, 70)


def street(x, y):
    """A lane of 1, pavements of 2, verges of 3."""
    away = abs(y - 17)
    return np.where(away < 5, 1, np.where(away < 7.5, 2, 3)).astype(np.uint16)


def ring(x, y):
    return np.where(abs(np.hypot(x - 4, y - 2.5) - 1.5) < 0.12, 2, 1).astype(np.uint16)


def stripes(x, y):
    return (1 + (x * 2).astype(int) % 2).astype(np.uint16)


def tiles(x, y):
    return (1 + ((x * 2).astype(int) + (y * 2).astype(int)) % 3).astype(np.uint16)


def corner(x, y):
    return np.where((x < 0.7) & (y < 0.7), 2, 1).astype(np.uint16)


FACADE = {"width": 20.0, "height": 10.0, "points": 250_000}
CASES: dict[str, tuple[object, list[tuple[int, int, int]], dict[str, object]]] = {
    "door of a façade": (rectangle((10, 1.1), 1.0, 2.2), [PLASTER] * 2, FACADE),
    "window of a façade": (rectangle((6, 6), 1.4, 1.4), [PLASTER] * 2, FACADE),
    "panel": (rectangle((2.5, 1.3), 0.45, 0.45), [PLASTER] * 2, {"width": 5.0, "height": 3.0}),
    "street": (
        street,
        [(118, 118, 120), (122, 122, 122), MOSS],
        {"width": 60.0, "height": 34.0, "points": 200_000},
    ),
    "beam": (rectangle((4, 2.5), 5.0, 0.2), [PLASTER] * 2, {}),
    "post": (rectangle((4, 2.5), 0.12, 4.0), [PLASTER] * 2, {}),
    "socket": (rectangle((3, 2), 0.2, 0.2), [PLASTER] * 2, {}),
    "disc": (disc((4, 2.5), 0.4), [PLASTER] * 2, {}),
    "nearly its colour": (disc((4, 2.5), 0.3), [PLASTER, CHALK], {}),
    "black on black": (disc((4, 2.5), 0.4), [TAR] * 2, {}),
    "corner": (corner, [PLASTER] * 2, {}),
    "ring": (ring, [PLASTER] * 2, {}),
    "stripes": (stripes, [MOSS] * 2, {}),
    "tiles": (tiles, [PLASTER] * 3, {}),
    "few points": (disc((4, 2.5), 0.4), [PLASTER] * 2, {"points": 8000}),
    "many points": (disc((4, 2.5), 0.4), [PLASTER] * 2, {"points": 700_000}),
    "one photo": (disc((4, 2.5), 0.4), [PLASTER] * 2, {"photos": 1}),
    "no depth": (disc((4, 2.5), 0.4), [PLASTER] * 2, {"depth": False}),
    "no grain": (disc((4, 2.5), 0.4), [PLASTER] * 2, {"grain": 0.0}),
    "much grain": (disc((4, 2.5), 0.4), [PLASTER] * 2, {"grain": 18.0}),
}


@pytest.mark.parametrize("case", CASES)
def test_a_flush_class_that_is_painted_is_kept(case: str) -> None:
    truth_at, colors, options = CASES[case]
    made: FlatScene = flat_scene(truth_at, colors, **options)  # type: ignore[arg-type]
    kept = made.kept(made.fused().labels)
    shares = np.bincount(made.truth)
    largest = int(shares.argmax())
    for class_id, share in kept.items():
        assert share >= (0.99 if class_id == largest else 0.97), kept


def kept_of_rightly_painted(made: FlatScene, project: Project, class_id: int) -> float:
    """Return the share that a class keeps of its points that most photos show as such.

    Of what is a few pixels wide, rounding to pixels loses points before anything is fused.
    """
    right = (made.truth == class_id) & (project.painted == class_id)
    return float((project.labels[right] == class_id).mean())


@pytest.mark.parametrize(
    "color", [(190, 60, 50), (225, 225, 225), (60, 90, 190), (200, 200, 170), PLASTER]
)
@pytest.mark.parametrize("thickness", [0.04, 0.1])
def test_thin_things_are_kept(color: tuple[int, int, int], thickness: float) -> None:
    made = flat_scene(rectangle((4, 2.5), thickness, 4.4), [PLASTER, color])
    project = made.fused()
    assert made.kept(project.labels)[1] >= 0.99
    assert kept_of_rightly_painted(made, project, 2) >= 0.97


@pytest.mark.parametrize("side", [0.08, 0.15, 1.0])
@pytest.mark.parametrize("where", ["middle", "rim", "corner"])
def test_a_painted_class_never_disappears(side: float, where: str) -> None:
    middle = {"middle": (4, 2.5), "rim": (4, side / 2), "corner": (2.2, side / 2)}[where]
    made = flat_scene(rectangle(middle, side, side), [PLASTER] * 2, points=60_000)
    project = made.fused()
    assert kept_of_rightly_painted(made, project, 2) >= (0.5 if side < 0.1 else 0.97)
    # One photo of three shows it, the others are not painted there: nothing contradicts it.
    alone = [np.where(mask == 2, 0, mask).astype(np.uint16) for mask in made.masks]
    alone[1] = made.masks[1]
    project = made.fused(alone)
    assert kept_of_rightly_painted(made, project, 2) >= (0.5 if side < 0.1 else 0.9)
