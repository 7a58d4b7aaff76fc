"""OpenDroneMap's photos, which are local, into the map coordinates of its clouds.

Newer versions leave the photos in map coordinates less an offset, and keep what they made those of
as ``reconstruction.topocentric.json``. Older ones leave them topocentric: east, north, up about a
reference place.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.camera import inverse
from o3d_paint.errors import PaintError
from o3d_paint.io.files import read_file
from o3d_paint.io.importers.georeference import georeferenced
from o3d_paint.io.importers.posed_photos import PosedPhoto, posed
from o3d_paint.io.json_file import number, read_json

__all__ = ["on_the_map"]

_COORDS = "odm_georeferencing/coords.txt"
_A, _F = 6378137.0, 1 / 298.257223563  # WGS 84


def on_the_map(
    photos: list[PosedPhoto], xyz: FloatArray, file: Path, project: Path
) -> tuple[list[PosedPhoto], FloatArray | None, list[str]]:
    """Return photos and tie points in the coordinates of the project's clouds.

    Args:
        photos: As the reconstruction has them.
        xyz: (N, 3) tie points in the same coordinates.
        file: The reconstruction.
        project: The folder of the project.

    Returns:
        The photos; the points, None where they cannot be moved along; one sentence each.
    """
    coords = _coords(project / _COORDS)
    if coords is None:
        return photos, xyz, []
    zone, offset = coords
    if file.with_name("reconstruction.topocentric.json").is_file():
        moved = [_shifted(p, offset) for p in photos]
        east, north = offset[:2]
        said = f"{_COORDS} puts the photos {east:,.0f} east and {north:,.0f} north, as the cloud."
        return moved, xyz + offset, [said]
    reference = _reference(file)
    if reference is None or not zone:
        return photos, xyz, [f"{_COORDS} is there, but no reference: the photos stay local."]
    turn, place = _globe_from_local(*reference)
    outward = [_turned(p, turn, place) for p in photos]
    placed, _, said_of_map = georeferenced(outward, zone, str(file))
    if said_of_map and not said_of_map[0].startswith("Cameras are put"):
        return photos, xyz, said_of_map
    return placed, None, said_of_map


def _coords(path: Path) -> tuple[str, FloatArray] | None:
    """Return the zone as "EPSG:32632", or "", and the (3,) offset; None where no file says."""
    if not path.is_file():
        return None
    try:
        lines = read_file(path).decode("utf-8", errors="replace").splitlines()
        words = [float(w) for w in lines[1].split()[:2]]
    except (PaintError, ValueError, IndexError):
        return None
    if len(words) != 2 or not np.isfinite(words).all():
        return None
    found = re.search(r"UTM\s+(?:zone\s+)?(\d{1,2})\s*([NS])", lines[0], re.IGNORECASE)
    zone = "" if found is None else f"EPSG:{326 if found[2] in 'Nn' else 327}{int(found[1]):02d}"
    return zone, np.array([*words, 0.0])


def _reference(file: Path) -> tuple[float, float, float] | None:
    path = file.with_name("reference_lla.json")
    try:
        record = read_json(path)
        latitude, longitude, altitude = (
            number(record, k, str(path)) for k in ("latitude", "longitude", "altitude")
        )
    except PaintError:
        return None
    return latitude, longitude, altitude


def _shifted(photo: PosedPhoto, offset: FloatArray) -> PosedPhoto:
    return _turned(photo, np.eye(3), offset)


def _turned(photo: PosedPhoto, turn: FloatArray, place: FloatArray) -> PosedPhoto:
    """Return a photo in a world that a rotation and a translation lead to."""
    if photo.cam_from_world is None:
        return photo
    center = turn @ inverse(photo.cam_from_world)[:3, 3] + place
    return replace(photo, cam_from_world=posed(photo.cam_from_world[:3, :3] @ turn.T, center))


def _globe_from_local(
    latitude: float, longitude: float, altitude: float
) -> tuple[FloatArray, FloatArray]:
    """Return the (3, 3) axes east, north, up as columns, and the (3,) place, geocentric."""
    lat, lon = np.radians([latitude, longitude])
    sin_lat, cos_lat, sin_lon, cos_lon = np.sin(lat), np.cos(lat), np.sin(lon), np.cos(lon)
    e2 = _F * (2 - _F)
    n = _A / np.sqrt(1 - e2 * sin_lat**2)
    place = np.array(
        [
            (n + altitude) * cos_lat * cos_lon,
            (n + altitude) * cos_lat * sin_lon,
            (n * (1 - e2) + altitude) * sin_lat,
        ]
    )
    east = np.array([-sin_lon, cos_lon, 0])
    up = np.array([cos_lat * cos_lon, cos_lat * sin_lon, sin_lat])
    return np.stack([east, np.cross(up, east), up], axis=1), place
