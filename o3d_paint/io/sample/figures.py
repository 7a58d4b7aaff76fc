"""The seven figures: people, a robot and a dog, of balls, cylinders and boxes."""

from __future__ import annotations

import numpy as np

from o3d_paint.io.sample.builder import Builder, Vector, hue
from o3d_paint.io.sample.options import FIGURES

_SLOTS: tuple[tuple[float, float], ...] = (
    (-0.37, -0.27),
    (-0.2, -0.34),
    (0.05, -0.33),
    (0.19, -0.22),
    (0.33, -0.33),
    (0.36, -0.05),
    (0.05, 0.07),
)
"""Where figures stand on the plate; the last one is inside the house, below the open roof."""
_SKIN: tuple[Vector, ...] = ((0.72, 0.45, 0.30), (0.45, 0.24, 0.13), (0.80, 0.55, 0.40))
_SHOE: Vector = (0.05, 0.05, 0.06)


def build_figures(world: Builder, rng: np.random.Generator) -> None:
    """Places seven figures; the generator moves, turns, sizes and colours them."""
    first_hue = rng.uniform()
    dog, robot = rng.choice(len(_SLOTS) - 1, size=2, replace=False)
    for index, (x, y) in enumerate(_SLOTS):
        shift = rng.uniform(-0.018, 0.018, size=2)
        yaw = rng.uniform(-np.pi, np.pi) if index in (2, 5) else rng.uniform(-2.6, -0.5)
        tone = first_hue + index * 0.381966
        height = rng.uniform(0.165, 0.205)
        skin = _SKIN[int(rng.integers(len(_SKIN)))]
        place = (x + shift[0], y + shift[1], 0.006 if index == len(_SLOTS) - 1 else 0.0)
        if index == dog:
            _dog(world.moved(place, yaw=yaw, scale=0.13), tone)
        elif index == robot:
            _robot(world.moved(place, yaw=yaw, scale=height), tone)
        else:
            hat = bool(rng.uniform() < 0.4)
            _person(world.moved(place, yaw=yaw, scale=height), tone, skin, hat=hat)


def _person(at: Builder, tone: float, skin: Vector, *, hat: bool) -> None:
    """Builds a person one unit tall that looks along +x."""
    shirt = (FIGURES, "stripes", hue(tone))
    trousers = (FIGURES, "cloth", hue(tone + 0.45, 0.5, 0.5))
    skin_look = (FIGURES, "plain", skin)
    for side in (-0.085, 0.085):
        at.span((-0.07, side - 0.062, 0), (0.12, side + 0.062, 0.075), (FIGURES, "plain", _SHOE))
        at.add("cone", (0.066, 0.083, 0.185), (0, side, 0.24), trousers)
    at.add("cone", (0.175, 0.14, 0.17), (0, 0, 0.57), shirt)
    at.add("ball", (0.14, 0.14, 0.06), (0, 0, 0.735), shirt)
    for side, lift in ((-1.0, 0.0), (1.0, 0.12)):
        shoulder, hand = (0.0, side * 0.15, 0.715), (0.1 + lift, side * 0.235, 0.47 + lift)
        at.rod(shoulder, hand, (0.055, 0.045, 0), shirt)
        at.add("ball", (0.052, 0.052, 0.052), hand, skin_look)
    at.add("ball", (0.125, 0.125, 0.135), (0, 0, 0.885), (FIGURES, "face", skin))
    hair = hue(0.07, 0.6, 0.18 + 0.5 * ((tone * 7) % 1))
    at.add("ball", (0.132, 0.136, 0.118), (-0.028, 0, 0.925), (FIGURES, "cloth", hair))
    if hat:
        look = (FIGURES, "cloth", hue(tone + 0.1, 0.75, 0.8))
        at.add("cone", (0.2, 0.2, 0.012), (-0.01, 0, 0.955), look)
        at.add("cone", (0.125, 0.1, 0.055), (-0.01, 0, 1.015), look)


def _robot(at: Builder, tone: float) -> None:
    """Builds a robot one unit tall that looks along +x."""
    body = (FIGURES, "plain", hue(tone, 0.5, 0.75))
    steel = (FIGURES, "plain", (0.42, 0.45, 0.5))
    for side in (-0.12, 0.12):
        at.add("cone", (0.11, 0.05, 0.03), (0.02, side, 0.03), steel)
        at.add("cone", (0.05, 0.05, 0.13), (0, side, 0.18), steel)
        at.rod((0, side * 2.1, 0.62), (0.14, side * 2.3, 0.4), 0.045, steel)
        at.add("ball", (0.06, 0.06, 0.06), (0.14, side * 2.3, 0.4), body)
    at.add("box", (0.15, 0.21, 0.185), (0, 0, 0.49), (FIGURES, "panel", hue(tone, 0.5, 0.75)))
    at.add("cone", (0.06, 0.06, 0.02), (0, 0, 0.69), steel)
    at.add("box", (0.12, 0.14, 0.1), (0, 0, 0.8), (FIGURES, "face", hue(tone, 0.25, 0.85)))
    at.rod((0, 0, 0.9), (0, 0, 0.98), 0.012, steel)
    at.add("ball", (0.03, 0.03, 0.03), (0, 0, 0.985), (FIGURES, "plain", hue(tone + 0.5)))


def _dog(at: Builder, tone: float) -> None:
    """Builds a dog one unit tall that looks along +x."""
    fur = (FIGURES, "cloth", hue(0.08, 0.55, 0.5 + 0.3 * (tone % 1)))
    dark = (FIGURES, "cloth", hue(0.06, 0.6, 0.25))
    for x in (-0.33, 0.27):
        for y in (-0.14, 0.14):
            at.add("cone", (0.075, 0.085, 0.19), (x, y, 0.19), fur)
    at.add("ball", (0.5, 0.22, 0.22), (0, 0, 0.5), fur)
    at.rod((0.36, 0, 0.58), (0.5, 0, 0.78), (0.15, 0.13, 0), fur)
    at.add("ball", (0.2, 0.19, 0.18), (0.55, 0, 0.84), (FIGURES, "face", fur[2]))
    at.add("ball", (0.13, 0.1, 0.085), (0.71, 0, 0.79), fur)
    at.add("ball", (0.035, 0.035, 0.03), (0.835, 0, 0.82), dark)
    for y in (-0.17, 0.17):
        at.add("ball", (0.09, 0.04, 0.13), (0.5, y, 0.86), dark)
    at.add("cone", (0.15, 0.145, 0.025), (0.41, 0, 0.665), (FIGURES, "plain", hue(tone)))
    at.rod((-0.44, 0, 0.58), (-0.62, 0, 0.84), (0.05, 0.03, 0), fur)
