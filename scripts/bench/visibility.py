"""Which points may vote, against exact ray casting.

Made scenes of flat sheets, whose points lie evenly at random and as noisy as a scan; photos of 1.6
megapixels, without depth map and with one of 640 x 480 pixels. Everything is painted. Told is

- visible: share of the truly visible points (incidence up to 85 degrees) that vote, and the same in
  the distance band where it is least;
- hidden: share of the truly hidden points that vote, of how many;
- through a wall: points that vote though what hides them is met two spacings and two pixels inside
  its rim, and the point lies three spacings or more behind its plane, at right angles.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.sheets import Scanned, Sheets, looking, scanned, with_depth
from o3d_paint.core.confidence import ConfidenceRule
from o3d_paint.core.consistency import tolerance_of
from o3d_paint.core.geometry import estimate_spacing
from o3d_paint.core.scene import Frame
from o3d_paint.core.visibility import build_pixel_index

__all__ = ["Counted", "Truth", "counted", "main", "truth_of", "votes"]

RULE = ConfidenceRule(None, inclusive=True, reason="all")
_STEEPEST = np.cos(np.radians(85.0)) - 1e-6
_BANDS = (0, 2, 4, 8, 16, 32, 100)
_LEAST_IN_BAND = 200
Mask = NDArray[np.bool_]


class Made(NamedTuple):
    """A scene, its views by name, and its sheets of glass."""

    sheets: Sheets
    views: dict[str, Frame]
    noise: float = 0.003
    glass: tuple[int, ...] = ()


class Truth(NamedTuple):
    """(N,) of each point: truly visible, hidden, hidden through a wall; and its distance."""

    visible: Mask
    hidden: Mask
    walled: Mask
    distance: NDArray[np.float64]


class Counted(NamedTuple):
    """Shares of visible points that vote (all, worst band), of hidden ones, count through walls."""

    visible: float
    worst: float
    hidden: float
    num_hidden: int
    through: int
    num_walled: int


def main(arguments: list[str]) -> int:
    """Prints a line for each scene, view and kind of depth."""
    parser = argparse.ArgumentParser(
        prog="bench.py visibility",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", nargs="+", default=[""], help="rows whose name holds one")
    parser.add_argument("--without", action="store_true", help="only without depth maps")
    parser.add_argument("--with", dest="given", action="store_true", help="only with depth maps")
    options = parser.parse_args(arguments)
    kinds = [k for k, left_out in ((False, options.given), (True, options.without)) if not left_out]
    print(f"{'scene':<30}{'depth':>6}{'visible':>9}{'worst':>8}{'hidden':>9}{'of':>10}", end="")
    print(f"{'through a wall':>16}{'of':>9}{'s':>7}")
    for name, make in _scenes():
        if any(part in name for part in options.only):
            _table(name, make(), kinds)
    return 0


def votes(scan: Scanned, frames: Sequence[Frame], place: int) -> Mask:
    """Return (N,) which points vote when a photo is painted everywhere, as in the product."""
    spacing = estimate_spacing(scan.xyz)
    tolerance = tolerance_of(frames, RULE, spacing)
    index = build_pixel_index(
        frames[place], scan.xyz, rule=RULE, tolerance=tolerance, spacing=spacing
    )
    seen = np.zeros(len(scan.xyz), dtype=bool)
    seen[index.point] = True
    return seen


def truth_of(scan: Scanned, frame: Frame) -> Truth:
    """Return what a photo truly shows of a cloud."""
    height, width = frame.mask_shape
    camera = frame.camera.resized(width, height)
    at_camera = scan.foot @ frame.cam_from_world[:3, :3].T + frame.cam_from_world[:3, 3]
    uv = camera.project(at_camera)
    with np.errstate(invalid="ignore"):
        inside = ((uv >= -0.5) & (uv < np.array([width, height]) - 0.5)).all(axis=1)
    toward = scan.foot - frame.position
    distance = np.linalg.norm(toward, axis=1)
    sides, corner = np.array(scan.sheets.sides), np.array(scan.sheets.corner)
    normals = np.cross(sides[:, 0], sides[:, 1])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    first, hider = scan.sheets.first_hits(frame.position, toward, scan.sheet)
    hidden = inside & (first < 1 - 1e-9)
    facing = np.abs(np.einsum("ij,ij->i", toward, normals[scan.sheet])) / distance
    visible = inside & ~hidden & (facing >= _STEEPEST)
    lengths = np.linalg.norm(sides, axis=2)[hider]
    with np.errstate(all="ignore"):
        on = frame.position + toward * first[:, None] - corner[hider]
        along = np.einsum("ikj,ij->ik", sides[hider], on) / lengths
        rim = np.minimum(along, lengths - along).min(axis=1)
        slant = np.abs(np.einsum("ij,ij->i", toward, normals[hider])) / distance
        pixel = distance * first / camera.fx / slant
        usual = float(np.median(np.array(scan.sheets.spacing)[scan.sheet]))
        step = np.maximum(np.array(scan.sheets.spacing)[hider], usual)
        gap = (1 - first) * distance * slant
    walled = hidden & (rim > 2 * np.maximum(step, pixel)) & (gap > 3 * step)
    return Truth(visible, hidden, walled, distance)


def counted(seen: Mask, truth: Truth) -> Counted:
    """Hold votes against the truth."""
    bands = [
        truth.visible & (truth.distance >= a) & (truth.distance < b) for a, b in pairwise(_BANDS)
    ]
    shares = [seen[band].mean() for band in bands if band.sum() > _LEAST_IN_BAND]
    return Counted(
        float(seen[truth.visible].mean()),
        float(min(shares, default=np.nan)),
        float(seen[truth.hidden].mean()) if truth.hidden.any() else np.nan,
        int(truth.hidden.sum()),
        int(seen[truth.walled].sum()),
        int(truth.walled.sum()),
    )


def _table(name: str, made: Made, kinds: list[bool]) -> None:
    """Print the rows of one scene."""
    scan = scanned(made.sheets, made.noise)
    truths = [truth_of(scan, frame) for frame in made.views.values()]
    for has_depth in kinds:
        views = [*made.views.values(), *map(_aside, made.views.values())]
        frames = [
            with_depth(f, made.sheets, noise=0.0, glass=made.glass) if has_depth else f
            for f in views
        ]
        for place, view in enumerate(made.views):
            started = time.process_time()
            seen = votes(scan, frames, place)
            seconds = time.process_time() - started
            told = counted(seen, truths[place])
            print(
                f"{f'{name} {view}':<30}{'yes' if has_depth else 'no':>6}"
                f"{told.visible:>9.4f}{told.worst:>8.3f}{told.hidden:>9.2%}{told.num_hidden:>10,}"
                f"{told.through:>16,}{told.num_walled:>9,}{seconds:>7.2f}",
                flush=True,
            )


def _aside(frame: Frame) -> Frame:
    """Return a photo from a little aside: by such pairs the product measures its tolerance."""
    pose = frame.cam_from_world.copy()
    pose[0, 3] -= 0.2
    return replace(frame, cam_from_world=pose)


def _scenes() -> Iterator[tuple[str, Callable[[], Made]]]:
    """Yield every scene by name."""
    yield from (("room", _room), ("street", _street), ("façade", _facade))
    yield "sparse wall", _sparse_wall
    yield "glass front", _glass_front
    yield "floor to 60 m", _floor
    for distance in (2.0, 60.0):
        for incidence in (3, 30, 60, 75, 80, 85):
            yield f"plate {distance:g} m, {incidence}°", _plate(distance, incidence)


def _room() -> Made:
    """Two rooms with a thin wall between them, furnished; two cameras in the first."""
    s = Sheets()
    for x, width in ((0.0, 6.0), (6.1, 5.0)):
        s.box((x, 0, 0), (width, 5.0, 2.7), 0.015)
    for x, y, turn in ((1.5, 1.6, 0.0), (3.8, 3.2, 30.0), (8.0, 2.0, 15.0)):
        s.box((x - 0.7, y - 0.4, 0.72), (1.4, 0.8, 0.04), 0.01, turn)
        c, d = np.cos(np.radians(turn)), np.sin(np.radians(turn))
        for u, v in ((-0.6, -0.3), (0.6, -0.3), (-0.6, 0.3), (0.6, 0.3)):
            leg = (x + c * u - d * v - 0.03, y + d * u + c * v - 0.03, 0)
            s.box(leg, (0.06, 0.06, 0.72), 0.01, turn)
    for low, size, spacing, turn in (
        ((0.02, 2.2, 0), (0.4, 1.6, 2.0), 0.012, 0.0),
        ((4.6, 0.03, 0), (1.2, 0.5, 0.9), 0.012, 0.0),
        ((3.7, 3.2, 0.765), (0.3, 0.2, 0.25), 0.008, 40.0),
        ((9.5, 0.5, 0), (0.6, 2.0, 1.8), 0.012, 0.0),
    ):
        s.box(low, size, spacing, turn)
    desk = looking((0.7, 0.6, 1.6), (4.5, 3.5, 0.7))
    return Made(s, {"desk": desk, "far corner": looking((5.5, 4.6, 1.5), (1.0, 1.0, 0.6))})


def _street() -> Made:
    """A street of 70 m with houses that have rooms behind their fronts, cars and poles."""
    s = Sheets()
    s.sheet((-5, -9, 0), (75, 0, 0), (0, 18, 0), 0.05)
    for side in (-1, 1):
        for k, x in enumerate(np.arange(0.0, 66.0, 11.0)):
            start, along, up = np.array([x, side * (7.0 + 0.5 * (k % 2)), 0]), (10, 0, 0), (0, 0, 7)
            into = np.array([0, side * 6.0, 0])
            for share in (0, 0.05, 1):
                s.sheet(start + share * into, along, up, 0.06)
            for end in ((0, 0, 0), along):
                s.sheet(start + end, into, up, 0.06)
            s.sheet(start + np.array([0, 0, 3.0]), along, into, 0.06)
        for k, x in enumerate(np.arange(4.0, 60.0, 9.0)):
            s.box((x, side * 4.6 - 0.9, 0.2), (4.2, 1.8, 1.3), 0.03, 3.0 * (k % 3))
            s.box((x + 6.0, side * 6.2, 0), (0.14, 0.14, 5.0), 0.02)
    along_it = looking((0.5, -0.8, 1.6), (40.0, 0.3, 1.4))
    return Made(s, {"along": along_it, "across": looking((30.0, -2.5, 1.7), (38.0, 7.0, 2.0))})


def _facade() -> Made:
    """A front of 24 m by 12 m with sunken windows and rooms behind, before a square."""
    s = Sheets()
    s.sheet((-6, -14, 0), (36, 0, 0), (0, 14, 0), 0.03)
    for z in (0.0, 3.0, 6.0, 9.0):
        s.sheet((0, 0, z), (24, 0, 0), (0, 0, 0.9), 0.02)
        s.sheet((0, 0, z + 2.4), (24, 0, 0), (0, 0, 0.6), 0.02)
        for k, x in enumerate(np.arange(0.0, 24.0, 1.5)):
            if k % 2:
                s.sheet((x, 0, z + 0.9), (1.5, 0, 0), (0, 0, 1.5), 0.02)
                continue
            s.sheet((x, 0.2, z + 0.9), (1.5, 0, 0), (0, 0, 1.5), 0.02)
            for dx in (0.0, 1.5):
                s.sheet((x + dx, 0, z + 0.9), (0, 0.2, 0), (0, 0, 1.5), 0.02)
            for dz in (0.9, 2.4):
                s.sheet((x, 0, z + dz), (1.5, 0, 0), (0, 0.2, 0), 0.02)
        s.sheet((0, 4, z), (24, 0, 0), (0, 0, 3.0), 0.04)
        s.sheet((0, 0.3, z), (24, 0, 0), (0, 3.7, 0), 0.04)
    frontal = looking((12.0, -11.0, 1.7), (12.0, 0.0, 5.0))
    return Made(s, {"frontal": frontal, "grazing": looking((-1.0, -1.2, 1.7), (12.0, 0.3, 3.5))})


def _sparse_wall() -> Made:
    """A dense table near the camera, a wall of points 10 cm apart, a dense room behind it."""
    s = Sheets()
    s.box((-0.8, 1.2, -0.65), (1.6, 0.8, 0.05), 0.003)
    s.sheet((-6, 10, -4), (12, 0, 0), (0, 0, 7), 0.1)
    s.sheet((-8, 14, -4), (16, 0, 0), (0, 0, 7), 0.03)
    s.sheet((-8, 10.2, -4), (16, 0, 0), (0, 3.8, 0), 0.03)
    s.box((-1, 11.5, -4), (2, 1, 1.5), 0.02)
    return Made(s, {"": looking((0, 0, 0), (0, 10, -0.5))})


def _glass_front() -> Made:
    """A room with a black door and a glass cabinet, neither with depth; things behind both."""
    s = Sheets()
    s.sheet((-4, -2, -1.5), (8, 0, 0), (0, 10, 0), 0.02)
    s.sheet((-4, 6, -1.5), (3, 0, 0), (0, 0, 3), 0.02)
    s.sheet((-1, 6, 0.6), (1, 0, 0), (0, 0, 0.9), 0.02)
    s.sheet((0, 6, -1.5), (4, 0, 0), (0, 0, 3), 0.02)
    door = len(s.corner)
    s.sheet((-1, 6, -1.5), (1, 0, 0), (0, 0, 2.1), 0.02)
    s.sheet((-4, 8, -1.5), (8, 0, 0), (0, 0, 3), 0.02)
    cabinet = len(s.corner)
    s.box((1.2, 4.0, -1.5), (1.2, 0.6, 2.0), 0.015)
    views = {"": looking((0, 0, 0), (0, 6, -0.2)), "aside": looking((2, 1, 0.3), (-0.3, 6, -0.4))}
    return Made(s, views, glass=(door, *range(cabinet, cabinet + 6)))


def _floor() -> Made:
    """A floor 1.6 m below the camera."""
    s = Sheets()
    s.sheet((-5, 0.5, -1.6), (10, 0, 0), (0, 62, 0), 0.03)
    return Made(s, {"": looking((0, 0, 0), (0, 10, -2))})


def _plate(distance: float, incidence: float) -> Callable[[], Made]:
    """A plate as thick as a fiftieth of its distance, seen at a slant."""

    def made() -> Made:
        angle, side = np.radians(incidence), distance * 0.8
        normal = np.array([0, -np.cos(angle), np.sin(angle)])
        across, into = np.array([side, 0, 0]), np.array([0, np.sin(angle), np.cos(angle)]) * side
        corner = np.array([0, distance, 0]) - across / 2 - into / 2
        s = Sheets()
        for depth in (0, distance / 50):
            s.sheet(corner - depth * normal, across, into, side / 300)
        return Made(s, {"": looking((0, 0, 0), (0, distance, 0))}, side / 1000)

    return made
