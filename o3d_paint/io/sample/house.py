"""The house of the toy assembly: base plate, walls with openings, half-open gable roof."""

from __future__ import annotations

import numpy as np

from o3d_paint.io.sample.builder import Builder, Vector
from o3d_paint.io.sample.options import ACCESSORIES, BASE_PLATE, ROOF, TABLE, WALLS

PLATE = 0.028
"""Thickness of the base plate; its upper face is z = 0."""
HOUSE: Vector = (-0.1, 0.12, 0.0)
LENGTH, WIDTH, HEIGHT, WALL = 0.27, 0.21, 0.36, 0.022
"""Half length, half width, height of the walls and their thickness."""
RISE, OVERHANG, SLAB = 0.17, 0.045, 0.018
"""Height of the gable, how far the roof stands out, and how thick it is."""
TABLE_RADIUS = 0.78

_PLATE_LOOK = (BASE_PLATE, "plate", (0.16, 0.40, 0.12))
_FLOOR_LOOK = (BASE_PLATE, "planks", (0.52, 0.42, 0.27))
_WALL_LOOK = (WALLS, "bricks", (0.66, 0.47, 0.27))
_FRAME_LOOK = (WALLS, "plain", (0.80, 0.80, 0.76))
_DOOR_LOOK = (WALLS, "planks", (0.08, 0.26, 0.33))
_TILE_LOOK = (ROOF, "tiles", (0.52, 0.12, 0.07))
_BEAM_LOOK = (ROOF, "planks", (0.30, 0.15, 0.07))
_CHIMNEY_LOOK = (ACCESSORIES, "stones", (0.33, 0.31, 0.30))
_TABLE_LOOK = (TABLE, "table", (0.34, 0.19, 0.10))

Opening = tuple[float, float, float, float]
"""Start and end along the wall, lower and upper edge."""


def build_table(world: Builder) -> None:
    """Places the round table and its foot."""
    top = -PLATE
    world.add("cone", (TABLE_RADIUS, TABLE_RADIUS, 0.016), (0, 0, top - 0.016), _TABLE_LOOK)
    world.add("cone", (0.07, 0.1, 0.33), (0, 0, top - 0.36), _TABLE_LOOK)


def build_plate(world: Builder) -> None:
    """Places the base plate and the path to the door."""
    world.span((-0.5, -0.5, -PLATE), (0.5, 0.5, 0), _PLATE_LOOK)


def build_house(world: Builder) -> None:
    """Places walls, roof and chimney."""
    house = world.moved(HOUSE)
    inner, depth = LENGTH - WALL, WIDTH - WALL
    house.span((-inner, -depth, 0), (inner, depth, 0.006), _FLOOR_LOOK)
    window, door = (0.13, 0.255), (0.0, 0.235)
    front: list[Opening] = [(-0.2, -0.09, *window), (-0.02, 0.1, *door), (0.15, 0.225, *window)]
    back: list[Opening] = [(-0.19, -0.06, *window), (0.06, 0.19, *window)]
    side: list[Opening] = [(-0.075, 0.075, *window)]
    for near, openings in ((-WIDTH, front), (depth, back)):
        _wall(house, openings, LENGTH, (near, near + WALL), along_x=True)
    for near in (-LENGTH, inner):
        _wall(house, side, depth, (near, near + WALL), along_x=False)
        middle = near + WALL / 2
        house.add("gable", (WALL / 2, WIDTH, RISE), (middle, 0, HEIGHT), _WALL_LOOK)
    _door(house)
    _roof(house)
    _chimney(house)


def _wall(
    house: Builder,
    openings: list[Opening],
    reach: float,
    sides: tuple[float, float],
    *,
    along_x: bool,
) -> None:
    """Builds one wall from boxes around its openings, and the frames in them."""

    def block(
        start: float,
        end: float,
        low: float,
        high: float,
        margin: float = 0.0,
        *,
        look: tuple[int, str, Vector] = _WALL_LOOK,
    ) -> None:
        near, far = sides[0] - margin, sides[1] + margin
        if along_x:
            house.span((start, near, low), (end, far, high), look)
        else:
            house.span((near, start, low), (far, end, high), look)

    cursor = -reach
    for start, end, low, high in openings:
        block(cursor, start, 0, HEIGHT)
        block(start, end, high, HEIGHT)
        if low > 0:
            block(start, end, 0, low)
            block(start - 0.012, end + 0.012, low - 0.012, low, 0.008, look=_FRAME_LOOK)
            middle, bar = (start + end) / 2, 0.004
            block(middle - bar, middle + bar, low, high, -0.007, look=_FRAME_LOOK)
            center = (low + high) / 2
            block(start, end, center - bar, center + bar, -0.007, look=_FRAME_LOOK)
        block(start - 0.012, end + 0.012, high, high + 0.014, 0.004, look=_FRAME_LOOK)
        cursor = end
    block(cursor, reach, 0, HEIGHT)


def _door(house: Builder) -> None:
    """Places the door, ajar, its hinge on the left post."""
    leaf = house.moved((-0.018, -WIDTH + 0.008, 0.004), yaw=-1.05)
    leaf.span((0, -0.007, 0), (0.112, 0.007, 0.226), _DOOR_LOOK)
    leaf.add("ball", (0.007, 0.007, 0.007), (0.098, -0.011, 0.11), _FRAME_LOOK)


def _roof(house: Builder) -> None:
    """Places the back slope whole, the front slope over the left half, and open rafters."""
    angle = float(np.arctan2(RISE, WIDTH))
    eave = LENGTH + 0.03
    run = (WIDTH + OVERHANG) / np.cos(angle)
    for sign, left, right in ((1.0, -eave, eave), (-1.0, -eave, -0.02)):
        up_slope = np.array([0, -sign * np.cos(angle), np.sin(angle)])
        outward = np.array([0, sign * np.sin(angle), np.cos(angle)])
        turn = np.stack([np.cross(up_slope, outward), up_slope, outward], axis=1)
        ridge = np.array([(left + right) / 2, 0, HEIGHT + RISE])
        middle = ridge - up_slope * run / 2 + outward * SLAB / 2
        place = (float(middle[0]), float(middle[1]), float(middle[2]))
        half = ((right - left) / 2, run / 2, SLAB / 2)
        house.add("box", half, place, _TILE_LOOK, turn=turn)
    top = HEIGHT + RISE
    house.rod((-eave, 0, top + 0.014), (-0.02, 0, top + 0.014), 0.017, _TILE_LOOK)
    house.rod((-0.02, 0, top + 0.006), (eave, 0, top + 0.006), 0.014, _BEAM_LOOK)
    low = (WIDTH + 0.03, HEIGHT - 0.03 * RISE / WIDTH)
    for x in (0.05, 0.13, 0.21):
        house.rod((x, -low[0], low[1]), (x, -0.005, top), 0.0105, _BEAM_LOOK)
    house.rod((-0.02, -0.11, 0.448), (eave, -0.11, 0.448), 0.008, _BEAM_LOOK)


def _chimney(house: Builder) -> None:
    house.span((-0.17, 0.05, 0.40), (-0.10, 0.12, 0.605), _CHIMNEY_LOOK)
    house.span((-0.178, 0.042, 0.605), (-0.092, 0.128, 0.622), _CHIMNEY_LOOK)
    house.add(
        "cone",
        (0.02, 0.017, 0.016),
        (-0.135, 0.085, 0.637),
        (*_CHIMNEY_LOOK[:1], "plain", (0.45, 0.17, 0.10)),
    )
