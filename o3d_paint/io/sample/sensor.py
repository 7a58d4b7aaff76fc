"""What a camera and a depth estimator make of a perfect photo: noise, faults, confidence."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from o3d_paint.io.sample.shapes import Floats

WHITE_NOISE, BIAS = 0.0007, 0.001
"""Depth error per squared metre of depth: standard deviation of its fine and coarse part."""
EDGE_RATIO = 1.02
"""Neighbouring depths further apart than this make an edge."""
_FLYING_SHARE = 0.6
_CONFIDENCE_NOISE = 0.035


def photograph(color: Floats, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Returns sRGB (H, W, 3) of linear colour, with an exposure of its own and noise."""
    exposure = np.float32(rng.uniform(0.88, 1.08))
    vivid = np.clip(cv2.GaussianBlur(color, (0, 0), 0.45), 0, None) * exposure
    mapped = vivid * (1 + vivid / 6.0) / (1 + vivid * 0.62)
    encoded = np.clip(mapped, 0, 1) ** np.float32(1 / 2.2)
    encoded += rng.normal(0, 0.015, size=color.shape).astype(np.float32)
    return np.asarray(np.rint(np.clip(encoded, 0, 1) * 255).astype(np.uint8))


def depth_edges(depth: Floats) -> NDArray[np.bool_]:
    """Returns (H, W) pixels with a depth whose neighbour's differs by more than `EDGE_RATIO`."""
    near, far = _nearest(depth), _farthest(depth)
    return np.asarray((far > 0) & np.isfinite(depth) & (far / near > EDGE_RATIO))


def outlines(depth: Floats) -> NDArray[np.bool_]:
    """Returns (H, W) pixels with a depth that touch a pixel without one."""
    missing = (~np.isfinite(depth)).astype(np.uint8)
    touched = cv2.dilate(missing, np.ones((3, 3), np.uint8)) > 0
    return np.asarray(np.isfinite(depth) & touched)


def measure_depth(
    depth: Floats, rng: np.random.Generator, noise: float
) -> tuple[Floats, NDArray[np.bool_]]:
    """Returns noisy z-depth (H, W), 0 where there is none, and which pixels fly.

    Args:
        depth: (H, W) exact z-depth, inf where there is none.
        rng: Source of all noise.
        noise: Factor on noise and bias; 0 gives the exact depth, without flying pixels.
    """
    known = np.isfinite(depth)
    near = np.where(known, _nearest(depth), 0)
    far = np.where(known, _farthest(depth), 0)
    share = rng.uniform(size=depth.shape).astype(np.float32)
    flying = depth_edges(depth) & (rng.uniform(size=depth.shape) < _FLYING_SHARE)
    flying &= noise > 0
    mixed = np.where(flying, near + share * (far - near), depth)
    fine = cv2.GaussianBlur(rng.normal(size=depth.shape).astype(np.float32), (0, 0), 0.8)
    fine /= fine.std()
    knots = rng.normal(size=(7, 7)).astype(np.float32)
    coarse = cv2.resize(knots, depth.shape[::-1], interpolation=cv2.INTER_CUBIC)
    exact = np.where(known, mixed, 0).astype(np.float32)
    error = np.float32(noise) * (WHITE_NOISE * fine + BIAS * coarse) * exact**2
    return np.where(known, exact + error, 0).astype(np.float32), flying


def rate_confidence(
    depth: Floats,
    cosine: Floats,
    doubtful: NDArray[np.bool_],
    rng: np.random.Generator,
    reach: float,
) -> Floats:
    """Returns confidence (H, W) in 0..1, 0 where there is no depth.

    Args:
        depth: (H, W) exact z-depth, inf where there is none.
        cosine: (H, W) cosine of the angle of incidence.
        doubtful: (H, W) surfaces that are rated 0.6 times as high (the table).
        rng: Source of all noise.
        reach: Distance at which confidence has fallen to 1/e, metres.
    """
    known = np.isfinite(depth)
    distance = np.where(known, depth, 0)
    rated = (0.30 + 0.62 * np.sqrt(np.clip(cosine, 0, 1))) * np.exp(-((distance / reach) ** 2))
    rated *= np.where(doubtful, 0.6, 1.0)
    grain = cv2.GaussianBlur(rng.normal(size=depth.shape).astype(np.float32), (0, 0), 0.7)
    rated += _CONFIDENCE_NOISE * grain / grain.std()
    edges = depth_edges(depth)
    beside = cv2.dilate((edges | outlines(depth)).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    rated = np.where(beside, rated * 0.75, rated)
    rated = np.where(edges, rng.beta(2, 5, size=depth.shape), rated)
    return np.where(known, np.clip(rated, 0.01, 1), 0).astype(np.float32)


def _nearest(depth: Floats) -> Floats:
    return np.asarray(cv2.erode(depth, np.ones((3, 3), np.uint8)), dtype=np.float32)


def _farthest(depth: Floats) -> Floats:
    """Returns the largest known depth in each neighbourhood of 3 × 3."""
    known = np.where(np.isfinite(depth), depth, 0).astype(np.float32)
    return np.asarray(cv2.dilate(known, np.ones((3, 3), np.uint8)), dtype=np.float32)
