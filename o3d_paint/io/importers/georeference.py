"""Cameras in geocentric coordinates, as Metashape has them, into those that clouds are exported in.

A map projection is no rotation: it stretches lengths on the ground by some 0.04 % and leaves
heights. The camera takes the stretch where a camera can, in its focal lengths.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.linalg import rq

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.camera import Camera, inverse
from o3d_paint.errors import MissingExtraError
from o3d_paint.io.extras import require
from o3d_paint.io.importers.posed_photos import PosedPhoto, View

__all__ = ["georeferenced"]

_STEP = 1.0  # metres, by which the direction of a projection is taken
_GEOCENTRIC = 6.3e6  # metres: the Earth's radius, nearly; no local system lies as far out
_FARTHEST = 6.5e6

Up = tuple[float, float, float]


def georeferenced(
    photos: list[PosedPhoto], crs: str, where: str
) -> tuple[list[PosedPhoto], Up | None, list[str]]:
    """Return photos in the coordinates of a projected reference system.

    Args:
        photos: With poses in geocentric coordinates, or in local ones.
        crs: The system as WKT or its EPSG code; empty or local where there is none.
        where: Names the file in messages.

    Returns:
        The photos, what points up there or None where it is not known, and one sentence each on
        what was done.
    """
    centers = [inverse(p.cam_from_world)[:3, 3] for p in photos if p.cam_from_world is not None]
    if not centers or not crs or crs.startswith(("LOCAL_CS", "ENGCRS", "LOCAL_DATUM")):
        return photos, (0.0, 0.0, 1.0) if crs else None, []
    center = np.median(centers, axis=0)
    if not 0.97 * _GEOCENTRIC < np.linalg.norm(center) < _FARTHEST:
        return photos, None, []
    upward = tuple(float(v) for v in center / np.linalg.norm(center))
    outward: Up = (upward[0], upward[1], upward[2])
    stay = (
        f"The poses of {where} are geocentric (its reference system is {_name(crs)}), so a cloud"
        " must be too"
    )
    try:
        pyproj = require("pyproj", extra="geo", purpose="putting cameras into map coordinates")
    except MissingExtraError as error:
        return photos, outward, [f"{stay}; {error}."]
    try:
        system, to_map = _projection(pyproj, crs)
    except Exception as error:
        # PROJ raises many kinds; a system that it does not know is no reason to refuse photos.
        return photos, outward, [f"{stay}; that system is not known ({str(error)[:80]})."]
    if to_map is None:
        why = "degrees are no lengths; choose a projected system there to use a cloud"
        return photos, outward, [f"{stay}: {why}."]
    moved = [_moved(p, to_map) for p in photos]
    said = f"Cameras are put into {system.name}, where clouds are exported."
    if system.is_compound:
        said += " Heights above a geoid are as exact as the grids that PROJ has installed."
    return moved, (0.0, 0.0, 1.0), [said]


def _projection(pyproj: Any, crs: str) -> tuple[Any, Any]:
    """Return a system, and what leads to it from geocentric coordinates on its own ellipsoid.

    None instead of the latter where the system's axes are angles.
    """
    system = pyproj.CRS.from_user_input(crs)
    horizontal = system.sub_crs_list[0] if system.is_compound else system
    if not horizontal.is_projected:
        return system, None
    shape = horizontal.ellipsoid
    parameters = {"a": shape.semi_major_metre, "b": shape.semi_minor_metre}
    geocentric = pyproj.CRS.from_dict({"proj": "geocent", **parameters})
    target = system if system.is_compound else system.to_3d()
    return system, pyproj.Transformer.from_crs(geocentric, target, always_xy=True)


def _name(crs: str) -> str:
    """Return the name that WKT begins with."""
    parts = crs.split('"')
    return parts[1] if len(parts) > 1 else crs[:40]


def _moved(photo: PosedPhoto, to_map: Any) -> PosedPhoto:
    if photo.cam_from_world is None:
        return photo
    center = inverse(photo.cam_from_world)[:3, 3]
    steps = center + _STEP * np.concatenate([np.zeros((1, 3)), np.eye(3), -np.eye(3)])
    x, y, z = to_map.transform(*steps.T)
    places = np.stack([x, y, z], axis=1)
    if not np.isfinite(places).all():
        return replace(photo, cam_from_world=None)
    stretch = (places[1:4] - places[4:]).T / (2 * _STEP)
    # Camera coordinates of a point on the map are rotation @ stretch^-1 @ (point - place).
    whole = photo.cam_from_world[:3, :3] @ np.linalg.inv(stretch)
    upper, rotation = rq(whole)
    signs = np.diag(np.sign(np.diag(upper)))
    upper, rotation = upper @ signs, signs @ rotation
    pose = np.eye(4)
    pose[:3, :3] = rotation
    pose[:3, 3] = -rotation @ places[0]
    return PosedPhoto(photo.name, pose, lambda size: _stretched(photo.view(size), upper))


def _stretched(view: View, upper: FloatArray) -> View:
    """Return a view whose camera takes what a projection stretches, all but the shear."""
    matrix = view.camera.matrix @ (upper / upper[2, 2])
    return View(Camera.from_matrix(matrix, view.camera.width, view.camera.height), view.straighten)
