"""A shelf of printed things at arm's length: what a room of flat colours hides.

Half a metre wide, five classes that share one set of colours: boards, books, packages, figurines
and thin things. Covers are printed with patches and lines of strong contrast, so that most colour
edges lie inside a class and many class borders show none. Boxes and spheres are ray-cast; depth
is noisy, biased per photo, and flies at edges as a multi-view estimator's does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from bench.captures import Capture, capture

BOARD, BOOK, PACKAGE, FIGURINE, THIN = 1, 2, 3, 4, 5
WIDTH, HEIGHT, DEPTH, THICKNESS = 0.5, 0.54, 0.16, 0.012
PALETTE = np.array(
    [[200, 40, 35], [240, 200, 60], [40, 80, 160], [235, 230, 220], [30, 30, 35], [60, 130, 70],
     [150, 95, 55], [120, 60, 140]], dtype=np.float64)  # fmt: skip


@dataclass(frozen=True)
class Things:
    """Boxes (low, high corners) and spheres (centre, radius as low[0]) with class and print."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    is_sphere: NDArray[np.bool_]
    class_id: NDArray[np.uint8]
    base: NDArray[np.float64]
    patch: NDArray[np.float64]


def furnish(rng: np.random.Generator, *, plain_boards: bool = True) -> Things:
    """Fill a shelf of three compartments."""
    rows: list[tuple[list[float], list[float], bool, int, float]] = []

    def box(low: list[float], high: list[float], class_id: int, patch: float) -> None:
        rows.append((low, high, False, class_id, patch))

    w, d, t = WIDTH, DEPTH, THICKNESS
    board = 0.0 if plain_boards else 0.05
    box([-w / 2, d, 0], [w / 2, d + t, HEIGHT], BOARD, board)
    for x in (-w / 2 - t, w / 2):
        box([x, 0, 0], [x + t, d, HEIGHT], BOARD, board)
    for level in range(4):
        z = level * (HEIGHT - t) / 3
        box([-w / 2, 0, z], [w / 2, d, z + t], BOARD, board)
        if level < 3:
            _fill_row(box, rows, rng, z + t, (HEIGHT - t) / 3 - t)
    kinds = zip(*rows, strict=True)
    low, high, sphere, class_id, patch = (np.array(list(values)) for values in kinds)
    base = PALETTE[rng.integers(0, len(PALETTE), len(rows))]
    base[class_id == BOARD] = PALETTE[6]
    return Things(low, high, sphere, class_id.astype(np.uint8), base, patch)


def _fill_row(
    box: Any, rows: list[Any], rng: np.random.Generator, floor: float, room: float
) -> None:
    """Stand things side by side on one board."""
    x = -WIDTH / 2 + 0.005
    while x < WIDTH / 2 - 0.03:
        kind = rng.choice([BOOK, BOOK, BOOK, PACKAGE, FIGURINE, THIN])
        front = rng.uniform(0.01, 0.05)
        if kind == BOOK:
            for _ in range(rng.integers(2, 6)):
                thick, tall = rng.uniform(0.012, 0.03), rng.uniform(0.6, 0.92) * room
                if x + thick > WIDTH / 2 - 0.005:
                    return
                box([x, front, floor], [x + thick, DEPTH, floor + tall], BOOK,
                    rng.uniform(0.008, 0.03))  # fmt: skip
                x += thick + 0.0005
        elif kind == PACKAGE:
            wide, tall = rng.uniform(0.05, 0.09), rng.uniform(0.3, 0.7) * room
            box([x, front, floor], [x + wide, DEPTH, floor + tall], PACKAGE,
                rng.uniform(0.01, 0.03))  # fmt: skip
            x += wide + 0.004
        elif kind == FIGURINE:
            radius = rng.uniform(0.018, 0.028)
            for lift, size in ((1.0, 1.0), (2.5, 0.7)):
                center = [x + radius, front + 0.03, floor + lift * radius]
                rows.append((center, [radius * size] * 3, True, FIGURINE, 0.012))
            x += 2 * radius + 0.006
        else:
            for _ in range(4):
                tall = rng.uniform(0.5, 0.9) * room
                box([x, front, floor], [x + 0.004, front + 0.004, floor + tall], THIN, 0.02)
                x += 0.012
        x += rng.uniform(0, 0.015)


@njit(cache=True)  # type: ignore[untyped-decorator]
def _cast(
    origin: Any, rays: Any, low: Any, high: Any, is_sphere: Any
) -> tuple[Any, Any, Any]:  # pragma: no cover
    """Return distance, thing (-1: none) and normal axis (3 for spheres) of each ray."""
    distance = np.full(len(rays), np.inf)
    thing = np.full(len(rays), -1, dtype=np.int64)
    face = np.zeros(len(rays), dtype=np.int64)
    for i in range(len(rays)):
        for k in range(len(low)):
            if is_sphere[k]:
                b, c = 0.0, -(high[k, 0] ** 2)
                for a in range(3):
                    gap = origin[a] - low[k, a]
                    b += gap * rays[i, a]
                    c += gap * gap
                root = b * b - c
                if root > 0 and -b - np.sqrt(root) < distance[i] and -b - np.sqrt(root) > 0:
                    distance[i], thing[i], face[i] = -b - np.sqrt(root), k, 3
                continue
            enter, leave, axis = -np.inf, np.inf, 0
            for a in range(3):
                near = (low[k, a] - origin[a]) / rays[i, a]
                far = (high[k, a] - origin[a]) / rays[i, a]
                if near > far:
                    near, far = far, near
                if near > enter:
                    enter, axis = near, a
                leave = min(leave, far)
            if enter < leave and 0 < enter < distance[i]:
                distance[i], thing[i], face[i] = enter, k, axis
    return distance, thing, face


def _print_colors(
    things: Things,
    thing: NDArray[np.int64],
    face: NDArray[np.int64],
    at: NDArray[np.float64],
    rng_seed: int,
) -> NDArray[np.float64]:
    """Return (K, 3) printed colours: patches and lines that belong to each thing."""
    color = things.base[thing].copy()
    patch = things.patch[thing]
    printed = patch > 0
    u = np.where(face == 0, at[:, 1], at[:, 0])
    v = np.where(face == 2, at[:, 1], at[:, 2])
    size = np.where(printed, patch, 1.0)
    cell = np.floor(u / size).astype(np.int64) * 73856093 ^ np.floor(
        v / (size * 1.7)
    ).astype(np.int64) * 19349663 ^ (thing + rng_seed) * 83492791 ^ face * 2654435761  # fmt: skip
    noise = (cell * 2246822519 >> 7) & 0xFFFF
    pick = (noise % 5 < 3) & printed
    color[pick] = PALETTE[noise[pick] % len(PALETTE)]
    lines = printed & (np.floor(v / 0.002).astype(np.int64) % 3 == 0) & (noise % 4 == 0)
    color[lines] = np.where(color[lines].mean(axis=1, keepdims=True) > 120, 30, 225)
    grain = np.sin(at[:, 0] * 90 + 8 * np.sin(at[:, 2] * 25)) * 12
    return color + np.where(printed, 0, grain)[:, None]


def shelf(
    seed: int, *, photos: int = 15, resolution: int = 280, noise: float = 1.0,
    plain_boards: bool = True,
) -> Capture:  # fmt: skip
    """Generate a shelf seen from an arc of cameras."""
    rng = np.random.default_rng([seed, 99])
    things = furnish(rng, plain_boards=plain_boards)
    focal = 0.95 * resolution
    middle = (resolution - 1) / 2
    k = np.array([[focal, 0, middle], [0, focal, middle], [0, 0, 1]])
    v, u = np.mgrid[0:resolution, 0:resolution].reshape(2, -1)
    directions = np.stack([(u - middle) / focal, (v - middle) / focal, np.ones(u.size)], axis=1)
    kept: dict[str, list[NDArray[Any]]] = {
        name: [] for name in ("photos", "depth", "confidence", "extrinsics", "truth", "xyz",
                              "rgb", "label")}  # fmt: skip
    for i in range(photos):
        angle = np.deg2rad(-42 + 84 * i / max(photos - 1, 1))
        height = HEIGHT * (0.35, 0.75, 0.5)[i % 3]
        eye = np.array([0.62 * np.sin(angle), 0.05 - 0.62 * np.cos(angle), height])
        eye += rng.normal(0, 0.015, 3)
        cam_from_world = _look(eye, np.array([0, 0.05, HEIGHT / 2]))
        rays = directions @ cam_from_world[:3, :3]
        length = np.linalg.norm(rays, axis=1)
        distance, thing, face = _cast(eye, rays / length[:, None], things.low, things.high,
                                      things.is_sphere)  # fmt: skip
        view = _View(things, eye, rays, length, distance, thing, face, resolution)
        for name, value in view.sensed(rng, noise, seed, cam_from_world).items():
            kept[name].append(value)
        kept["extrinsics"].append(cam_from_world[:3])
    return capture(
        f"shelf {seed}",
        photos=np.array(kept["photos"]), depth=np.array(kept["depth"]),
        confidence=np.array(kept["confidence"]),
        intrinsics=np.repeat(k[None], photos, axis=0), extrinsics=np.array(kept["extrinsics"]),
        truth_pixels=np.array(kept["truth"]), points=np.concatenate(kept["xyz"]),
        colors=np.concatenate(kept["rgb"]), truth_points=np.concatenate(kept["label"]),
    )  # fmt: skip


def _look(eye: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    forward = (target - eye) / np.linalg.norm(target - eye)
    right = np.cross(forward, [0, 0, 1])
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(forward, right), forward])
    cam_from_world = np.eye(4)
    cam_from_world[:3, :3], cam_from_world[:3, 3] = rotation, -rotation @ eye
    return cam_from_world


@dataclass(frozen=True)
class _View:
    things: Things
    eye: NDArray[np.float64]
    rays: NDArray[np.float64]
    length: NDArray[np.float64]
    distance: NDArray[np.float64]
    thing: NDArray[np.int64]
    face: NDArray[np.int64]
    side: int

    def sensed(
        self, rng: np.random.Generator, noise: float, seed: int, cam_from_world: NDArray[np.float64]
    ) -> dict[str, NDArray[Any]]:
        """Return photo, noisy depth, confidence, truth and the points kept of them."""
        n, hit = self.side, self.thing >= 0
        z = np.where(hit, self.distance / self.length, 0.0)
        at = self.eye + self.rays * z[:, None]
        color = np.full((n * n, 3), 205.0)
        color[hit] = _print_colors(self.things, self.thing[hit], self.face[hit], at[hit], seed)
        shade = np.array([0.8, 1.0, 0.9, 0.95])[self.face]
        exposure = rng.uniform(0.88, 1.08)
        color = color * np.where(hit, shade, 1)[:, None] * exposure + rng.normal(0, 4, color.shape)
        photo = np.clip(color, 0, 255).astype(np.uint8).reshape(n, n, 3)
        truth = np.where(hit, self.things.class_id[self.thing], 0).astype(np.uint8).reshape(n, n)
        z2 = z.reshape(n, n)
        blurred = cv2.GaussianBlur(rng.normal(0, 1, (n, n)), (0, 0), 1.0)
        bias = cv2.resize(rng.normal(0, 1, (7, 7)), (n, n), interpolation=cv2.INTER_CUBIC)
        error = noise * (0.003 * blurred / blurred.std() + 0.004 * bias) * (z2 / 0.6) ** 2
        high, low = cv2.dilate(z2, np.ones((3, 3))), cv2.erode(z2, np.ones((3, 3)))
        edge = (high > low * 1.02) & (z2 > 0)
        flying = edge & (rng.random((n, n)) < 0.5)
        depth = np.where(z2 > 0, z2 + error, 0)
        mixed = low + rng.random((n, n)) * (high - low)
        depth = np.where(flying & (low > 0), mixed, depth).astype(np.float32)
        conf = np.where(flying, rng.beta(2, 5, (n, n)), rng.uniform(0.6, 1.0, (n, n)))
        conf = np.where(z2 > 0, np.where(edge, conf * 0.75, conf), 0).astype(np.float32)
        keep = (conf > 0.5).ravel()
        # directions have z = 1, so that rays scaled by depth end at the point
        xyz = self.eye + self.rays * depth.reshape(-1, 1)
        return {
            "photos": photo, "depth": depth, "confidence": conf, "truth": truth,
            "xyz": xyz[keep], "rgb": photo.reshape(-1, 3)[keep], "label": truth.ravel()[keep],
        }  # fmt: skip
