"""Procedural textures: the linear colour of surface points, from their place on the solid.

Places are in plate sizes, so that a larger toy looks the same. Every texture returns the
colour as a whole; `shade_albedo` fades its hue towards one common colour when asked to, and
keeps its pattern.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from o3d_paint.io.sample.noise import hashed, value_noise
from o3d_paint.io.sample.shapes import Floats, Solid, dots

COMMON_COLOR = np.array([0.34, 0.30, 0.25], dtype=np.float32)
"""The one base colour of `SampleOptions.mono`."""
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """Points of one solid.

    Attributes:
        place: (n, 3) place in texture space, shared by neighbours with one pattern.
        local: (n, 3) place in the solid's frame, as a share of its size (-1..1).
        normal: (n, 3) outward, in the solid's frame.
        tint: (3,) linear base colour.
    """

    place: Floats
    local: Floats
    normal: Floats
    tint: Floats

    def unfold(self) -> tuple[Floats, Floats]:
        """Returns two texture coordinates along the face (box faces: horizontal, vertical)."""
        face = np.argmax(np.abs(self.normal), axis=1)
        x, y, z = self.place.T
        return np.where(face == 0, y, x), np.where(face == 2, y, z)

    def around(self) -> Floats:
        """Returns the angle about the z axis, in turns 0..1."""
        turns = np.arctan2(self.local[:, 1], self.local[:, 0]) / np.float32(2 * np.pi)
        return np.asarray((turns % 1).astype(np.float32))


def shade_albedo(solid: Solid, local: Floats, normal: Floats, size: float, fade: float) -> Floats:
    """Returns linear RGB (n, 3) of points of a solid.

    Args:
        solid: The solid.
        local: (n, 3) points in its frame, metres.
        normal: (n, 3) their outward normals in its frame.
        size: Side of the base plate, metres.
        fade: Share 0..1 by which base colours move towards `COMMON_COLOR`.
    """
    extent: Floats = np.abs(solid.size).astype(np.float32)
    if solid.kind == "cone":
        extent = np.array([max(extent[:2])] * 2 + [extent[2]], dtype=np.float32)
    surface = Surface(
        place=(local + solid.anchor) / np.float32(size),
        local=local / extent,
        normal=normal,
        tint=solid.tint,
    )
    color = MATERIALS[solid.material](surface).astype(np.float32)
    if fade:
        pattern = dots(color, _LUMINANCE) / float(solid.tint @ _LUMINANCE)
        common = np.clip(pattern, 0, 2.2)[:, None] * COMMON_COLOR
        color = (1 - np.float32(fade)) * color + np.float32(fade) * common
    return np.clip(color, 0, 1)


def _step(low: float, high: float, values: Floats) -> Floats:
    share = np.clip((values - low) / (high - low), 0, 1).astype(np.float32)
    return np.asarray(share * share * (3 - 2 * share))


def _tinted(surface: Surface, factor: NDArray[Any]) -> Floats:
    return np.asarray(surface.tint * factor[:, None].astype(np.float32))


def _mix(first: Floats, second: tuple[float, float, float], share: NDArray[Any]) -> Floats:
    return np.asarray(first + (np.array(second, dtype=np.float32) - first) * share[:, None])


def plain(surface: Surface) -> Floats:
    """Painted plastic: hardly any pattern."""
    noise = value_noise(*(surface.place * 60).T, salt=1)
    return _tinted(surface, 0.94 + 0.12 * noise)


def cloth(surface: Surface) -> Floats:
    """Fine mottled fabric."""
    noise = value_noise(*(surface.place * 130).T, salt=2)
    return _tinted(surface, 0.78 + 0.44 * noise)


def stripes(surface: Surface) -> Floats:
    """A striped shirt."""
    bands = _step(0.35, 0.5, np.abs((surface.local[:, 2] * 2.5) % 1 - 0.5) * 2)
    return _mix(cloth(surface), (0.72, 0.70, 0.66), 0.75 * (1 - bands))


def face(surface: Surface) -> Floats:
    """Skin with two eyes, a mouth and cheeks on the +x side."""
    x, y, z = surface.local.T
    color = plain(surface)
    front = x > 0.3
    eyes = front & ((np.abs(y) - 0.36) ** 2 + ((z - 0.12) * 0.8) ** 2 < 0.018)
    mouth = front & (np.abs(np.hypot(y, z + 0.12) - 0.42) < 0.065) & (z < -0.3)
    cheeks = front * np.clip(1 - ((np.abs(y) - 0.55) ** 2 + (z + 0.25) ** 2) / 0.05, 0, 1)
    color = _mix(color, (0.75, 0.2, 0.16), 0.5 * cheeks)
    return np.where((eyes | mouth)[:, None], np.float32(0.03), color)


def panel(surface: Surface) -> Floats:
    """A robot's chest with a dark screen and lamps."""
    x, y, z = surface.local.T
    color = plain(surface)
    front = x > 0.95
    screen = front & (np.abs(y) < 0.62) & (np.abs(z - 0.25) < 0.38)
    lamps = front & (np.abs(z + 0.55) < 0.14) & (np.abs(np.abs(y) - 0.4) < 0.14)
    color = np.where(screen[:, None], np.array([0.02, 0.09, 0.12], np.float32), color)
    return np.where(lamps[:, None], np.array([0.75, 0.45, 0.05], np.float32), color)


def plate(surface: Surface) -> Floats:
    """A green building plate with studs, and a path of flagstones to the door."""
    x, y, _ = surface.place.T
    top = surface.normal[:, 2] > 0.9
    pitch = np.float32(1 / 28)
    u, v = (x / pitch) % 1 - 0.5, (y / pitch) % 1 - 0.5
    radius = np.hypot(u, v)
    rim = _step(0.22, 0.30, radius) * (1 - _step(0.32, 0.40, radius))
    light = (0.45 * u - 0.55 * v) / np.maximum(radius, 1e-3)
    mottle = 0.85 + 0.3 * value_noise(x * 22, y * 22, salt=3)
    disc = 1 + 0.10 * (1 - _step(0.26, 0.34, radius))
    green = _tinted(surface, np.where(top, mottle * disc * (1 + 0.55 * rim * light), 0.9))
    bend = x + 0.06 + 0.05 * np.sin((y + 0.09) * 9)
    on_path = top & (np.abs(bend) < 0.055) & (y < -0.085)
    row = np.floor(y / 0.042)
    part = np.floor((bend + 0.055) / 0.055 + 0.5 * (row % 2))
    gap_v = np.abs(y / 0.042 % 1 - 0.5) * 2
    gap_u = np.abs(((bend + 0.055) / 0.055 + 0.5 * (row % 2)) % 1 - 0.5) * 2
    stone = (0.75 + 0.4 * hashed(row, part, salt=4)) * (1 - 0.5 * _step(0.78, 0.95, gap_v))
    stone = stone * (1 - 0.5 * _step(0.82, 0.96, gap_u))
    flag = stone[:, None] * np.array([0.46, 0.42, 0.36], dtype=np.float32)
    return np.where(on_path[:, None], flag, green)


def bricks(surface: Surface) -> Floats:
    """Running-bond brickwork outside, plaster inside the house."""
    u, v = surface.unfold()
    row = np.floor(v / 0.03)
    shifted = u / 0.075 + 0.5 * (row % 2)
    edge_v = np.abs(v / 0.03 % 1 - 0.5) * 2
    edge_u = np.abs(shifted % 1 - 0.5) * 2
    mortar = np.maximum(_step(0.74, 0.9, edge_v), _step(0.89, 0.96, edge_u))
    tone = 0.70 + 0.5 * hashed(row, np.floor(shifted), salt=5)
    tone *= 0.9 + 0.2 * value_noise(u * 150, v * 150, salt=6)
    wall = _mix(_tinted(surface, tone), (0.62, 0.58, 0.52), mortar * 0.85)
    x, y, _ = surface.place.T
    inside = (np.abs(x) < 0.2485) & (np.abs(y) < 0.1885)
    plaster = (0.95 + 0.1 * value_noise(u * 20, v * 20, salt=7))[:, None] * np.array(
        [0.52, 0.58, 0.60], dtype=np.float32
    )
    return np.where(inside[:, None], plaster, wall)


def tiles(surface: Surface) -> Floats:
    """Rows of rounded roof tiles, each overlapping the row below; battens underneath."""
    u, v = surface.place[:, 0], surface.place[:, 1]
    rows = v / 0.034
    row = np.floor(rows)
    across = u / 0.032 + 0.5 * (row % 2)
    along = rows % 1
    bow = (across % 1 - 0.5) ** 2
    lip = along - 0.9 * bow
    tone = 0.68 + 0.5 * hashed(row, np.floor(across), salt=8)
    tone *= 0.45 + 0.55 * _step(-0.04, 0.22, lip)
    tone *= 1.12 - 0.9 * bow
    tone *= 0.92 + 0.16 * value_noise(u * 90, v * 90, salt=9)
    top = surface.normal[:, 2] > 0.5
    return _tinted(surface, np.where(top, tone, 0.62))


def _grain(along: Floats, across: Floats, salt: int) -> Floats:
    coarse = value_noise(along * 7, across * 75, salt=salt)
    fine = value_noise(along * 22, across * 260, salt=salt + 1)
    return 0.74 + 0.36 * coarse + 0.16 * fine


def planks(surface: Surface) -> Floats:
    """Boards with grain along their length."""
    u, v = surface.unfold()
    board = np.floor(u / 0.028)
    gap = _step(0.84, 0.97, np.abs(u / 0.028 % 1 - 0.5) * 2)
    tone = 0.86 + 0.28 * hashed(board, salt=10)
    return _tinted(surface, tone * _grain(v, u + board * 3, 11) * (1 - 0.45 * gap))


def table(surface: Surface) -> Floats:
    """Wide boards of a round table, with a darker rim."""
    x, y, _ = surface.place.T
    board = np.floor(y / 0.13)
    gap = _step(0.965, 0.99, np.abs(y / 0.13 % 1 - 0.5) * 2)
    tone = (0.84 + 0.32 * hashed(board, salt=13)) * _grain(x * 0.6, y * 0.5 + board * 5, 14)
    rim = _step(0.955, 0.965, np.hypot(surface.local[:, 0], surface.local[:, 1]))
    return _tinted(surface, tone * (1 - 0.5 * gap) * (1 - 0.3 * rim))


def bark(surface: Surface) -> Floats:
    """Furrowed bark."""
    noise = value_noise(surface.around() * 14, surface.place[:, 2] * 40, salt=16)
    return _tinted(surface, 0.6 + 0.8 * noise)


def leaves(surface: Surface) -> Floats:
    """Foliage: strong mottling in two sizes."""
    coarse = value_noise(*(surface.place * 45).T, salt=17)
    fine = value_noise(*(surface.place * 110).T, salt=18)
    tone = 0.45 + 0.6 * coarse + 0.5 * fine
    return _mix(_tinted(surface, tone), (0.45, 0.50, 0.06), 0.28 * _step(0.62, 0.9, fine))


def barrel(surface: Surface) -> Floats:
    """Staves and two iron hoops; a lid of boards."""
    turns = surface.around() * 14
    gap = _step(0.82, 0.97, np.abs(turns % 1 - 0.5) * 2)
    tone = 0.8 + 0.4 * hashed(np.floor(turns), salt=19)
    side = _tinted(surface, tone * (1 - 0.5 * gap))
    z = surface.local[:, 2]
    color = _mix(side, (0.10, 0.10, 0.11), (np.abs(np.abs(z) - 0.55) < 0.2).astype(np.float32))
    lid = np.abs(surface.normal[:, 2]) > 0.9
    return np.where(lid[:, None], planks(surface) * np.float32(0.9), color)


def crate(surface: Surface) -> Floats:
    """Boards within a frame, with one brace across."""
    face = np.argmax(np.abs(surface.normal), axis=1)
    x, y, z = surface.local.T
    u, v = np.where(face == 0, y, x), np.where(face == 2, y, z)
    frame = (np.maximum(np.abs(u), np.abs(v)) > 0.76) | (np.abs(u - v) < 0.2)
    edge = np.abs(np.maximum(np.abs(u), np.abs(v)) - 0.76) < 0.05
    gap = _step(0.8, 0.97, np.abs(u * 2.5 % 1 - 0.5) * 2)
    place_u, place_v = surface.unfold()
    tone = np.where(frame, 1.12, 0.8 * (1 - 0.4 * gap)) * np.where(edge, 0.62, 1.0)
    grain = _grain(place_v, place_u, 20)
    return _tinted(surface, tone * grain)


def stones(surface: Surface) -> Floats:
    """Small blocks of stone."""
    u, v = surface.unfold()
    row = np.floor(v / 0.024)
    shifted = u / 0.035 + 0.5 * (row % 2)
    joint = np.maximum(
        _step(0.72, 0.9, np.abs(v / 0.024 % 1 - 0.5) * 2),
        _step(0.8, 0.93, np.abs(shifted % 1 - 0.5) * 2),
    )
    tone = 0.65 + 0.7 * hashed(row, np.floor(shifted), salt=22)
    return _tinted(surface, tone * (1 - 0.45 * joint))


def beachball(surface: Surface) -> Floats:
    """Six coloured gores."""
    gore = np.floor(surface.around() * 6) % 3
    white = np.array([0.8, 0.8, 0.78], dtype=np.float32)
    blue = np.array([0.06, 0.22, 0.5], dtype=np.float32)
    other = np.where((gore == 1)[:, None], white, blue)
    return np.where((gore == 0)[:, None], plain(surface), other)


MATERIALS: dict[str, Callable[[Surface], Floats]] = {
    material.__name__: material
    for material in (
        plain,
        cloth,
        stripes,
        face,
        panel,
        plate,
        bricks,
        tiles,
        planks,
        table,
        bark,
        leaves,
        barrel,
        crate,
        stones,
        beachball,
    )
}
