"""Trees, barrels, crates, fence and the things on the table; and the whole assembly."""

from __future__ import annotations

import numpy as np

from o3d_paint.io.sample.builder import Builder, Vector
from o3d_paint.io.sample.figures import build_figures
from o3d_paint.io.sample.house import PLATE, build_house, build_plate, build_table
from o3d_paint.io.sample.options import ACCESSORIES, SampleOptions
from o3d_paint.io.sample.shapes import Solid

_BARK = (ACCESSORIES, "bark", (0.20, 0.11, 0.06))
_STAVES = (ACCESSORIES, "barrel", (0.40, 0.20, 0.08))
_CRATE = (ACCESSORIES, "crate", (0.58, 0.38, 0.18))
_FENCE = (ACCESSORIES, "planks", (0.72, 0.66, 0.55))
_LEAF: tuple[Vector, ...] = ((0.05, 0.20, 0.10), (0.10, 0.26, 0.05), (0.30, 0.30, 0.04))


def build_scene(options: SampleOptions) -> tuple[list[Solid], list[Vector]]:
    """Builds all houses.

    Returns:
        The solids, and the centre of each assembly in metres.
    """
    solids: list[Solid] = []
    columns = int(np.ceil(np.sqrt(options.houses)))
    centers: list[Vector] = []
    for house in range(options.houses):
        row, column = divmod(house, columns)
        place = (column * options.pitch, row * options.pitch, 0.0)
        rng = np.random.default_rng([options.seed, 1, house])
        _build_assembly(Builder(solids, options.size).moved(place), rng)
        centers.append((place[0] * options.size, place[1] * options.size, 0.0))
    return solids, centers


def _build_assembly(world: Builder, rng: np.random.Generator) -> None:
    build_table(world)
    build_plate(world)
    build_house(world)
    build_figures(world, rng)
    _round_tree(world.moved((0.41, 0.41, 0)), 0.34, _LEAF[1], rng)
    _round_tree(world.moved((-0.43, -0.43, 0)), 0.24, _LEAF[2], rng)
    _fir(world.moved((0.35, 0.21, 0)), 0.36)
    _fir(world.moved((-0.44, 0.44, 0)), 0.22)
    for x, y, lift in ((0.225, 0.27, 0.0), (0.225, 0.18, 0.0), (0.225, 0.225, 0.11)):
        _barrel(world.moved((x, y, lift)))
    _crates(world)
    _fence(world, (0.04, -0.465), (0.465, -0.465))
    _fence(world, (0.465, -0.465), (0.465, 0.06))
    _bench(world.moved((-0.25, -0.14, 0)))
    _on_the_table(world.moved((0, 0, -PLATE)))


def _round_tree(at: Builder, height: float, leaf: Vector, rng: np.random.Generator) -> None:
    tree = at.moved((0, 0, 0), yaw=float(rng.uniform(0, 6.28)), scale=height)
    tree.add("cone", (0.085, 0.05, 0.24), (0, 0, 0.24), _BARK)
    tree.add("cone", (0.13, 0.08, 0.02), (0, 0, 0.02), _BARK)
    look = (ACCESSORIES, "leaves", leaf)
    balls = ((0, 0, 0.7, 0.24), (0.14, 0.05, 0.58, 0.17), (-0.1, 0.12, 0.6, 0.18))
    for x, y, z, radius in (*balls, (-0.03, -0.15, 0.57, 0.18), (0.05, 0.02, 0.85, 0.15)):
        tree.add("ball", (radius, radius, radius * 0.92), (x, y, z), look)


def _fir(at: Builder, height: float) -> None:
    tree = at.moved((0, 0, 0), scale=height)
    tree.add("cone", (0.07, 0.06, 0.1), (0, 0, 0.1), _BARK)
    look = (ACCESSORIES, "leaves", _LEAF[0])
    for low, high, radius in ((0.16, 0.54, 0.29), (0.38, 0.76, 0.225), (0.6, 1.0, 0.16)):
        tree.add("cone", (radius, 0.012, (high - low) / 2), (0, 0, (low + high) / 2), look)


def _barrel(at: Builder) -> None:
    at.add("cone", (0.036, 0.045, 0.0275), (0, 0, 0.0275), _STAVES)
    at.add("cone", (0.045, 0.036, 0.0275), (0, 0, 0.0825), _STAVES)


def _crates(world: Builder) -> None:
    spots = ((-0.43, -0.02, 0.0, 0.1), (-0.425, 0.1, 0.0, -0.06), (-0.43, 0.035, 0.09, 0.5))
    for x, y, lift, yaw in spots:
        crate = world.moved((x, y, lift), yaw=yaw)
        crate.span((-0.045, -0.045, 0), (0.045, 0.045, 0.09), _CRATE)
    small = world.moved((0.27, -0.42, 0), yaw=0.4)
    small.span((-0.033, -0.033, 0), (0.033, 0.033, 0.066), _CRATE)


def _fence(world: Builder, start: tuple[float, float], end: tuple[float, float]) -> None:
    length = float(np.hypot(end[0] - start[0], end[1] - start[1]))
    yaw = float(np.arctan2(end[1] - start[1], end[0] - start[0]))
    fence = world.moved((start[0], start[1], 0), yaw=yaw)
    count = round(length / 0.0705)
    for x in np.linspace(0, length, count + 1).tolist():
        fence.span((x - 0.015, -0.006, 0), (x + 0.015, 0.006, 0.092), _FENCE)
        tip = np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]], dtype=float)
        fence.add("gable", (0.006, 0.015, 0.016), (x, 0, 0.092), _FENCE, turn=tip)
    for z in (0.024, 0.062):
        fence.span((0, 0.006, z), (length, 0.013, z + 0.018), _FENCE)


def _bench(at: Builder) -> None:
    at.span((-0.07, -0.02, 0.035), (0.07, 0.022, 0.045), _CRATE)
    at.span((-0.07, 0.022, 0.055), (0.07, 0.030, 0.085), _CRATE)
    for x in (-0.06, 0.045):
        at.span((x, -0.016, 0), (x + 0.015, 0.030, 0.035), _CRATE)


def _on_the_table(table: Builder) -> None:
    table.add(
        "ball",
        (0.05, 0.05, 0.05),
        (0.6, -0.22, 0.05),
        (ACCESSORIES, "beachball", (0.62, 0.10, 0.08)),
    )
    table.moved((-0.61, 0.12, 0), yaw=0.5).span((-0.05, -0.05, 0), (0.05, 0.05, 0.1), _CRATE)
    _barrel(table.moved((-0.6, 0.25, 0)))
    colors: tuple[Vector, ...] = ((0.05, 0.20, 0.55), (0.75, 0.48, 0.03), (0.55, 0.06, 0.05))
    for index, color in enumerate(colors):
        block = table.moved(
            (0.1 + 0.034 * (index % 2), 0.62 - 0.01 * index, 0.05 * index), yaw=0.3 + 0.7 * index
        )
        block.span((-0.05, -0.025, 0), (0.05, 0.025, 0.05), (ACCESSORIES, "plain", color))
