"""The lenses of Metashape: its sensors' calibrations in OpenCV's terms.

Source: Metashape's user manual, appendix "Camera models". Coordinates have their origin at the
outer corner of the image; cx and cy are offsets from its middle; p1 and p2 are OpenCV's p2 and p1.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

import numpy as np

from o3d_paint.core.camera import Camera
from o3d_paint.core.scene import Photo
from o3d_paint.errors import FormatError
from o3d_paint.io.images import MAX_SIDE
from o3d_paint.io.importers.colmap_lens import MappedPhoto
from o3d_paint.io.importers.posed_photos import View, view_of
from o3d_paint.io.memory import require_memory
from o3d_paint.io.undistort import Lens
from o3d_paint.io.xml_file import numbers_of

__all__ = ["view_of_sensor"]

_BYTES_PER_PIXEL = 60  # rays, and where the lens shows them
_NOTICED = 0.1
"""Pixels that a term without a place in OpenCV's model may move the picture by, unseen."""


def view_of_sensor(sensor: Element, where: str) -> View:
    """Return how a sensor sees.

    Args:
        sensor: The element.
        where: Names it in messages.

    Raises:
        FormatError: It is not calibrated, of a kind that is not read, or malformed.
        SceneError: It would not fit into memory.
    """
    calibration = _calibration(sensor, where)
    kind = calibration.get("type") or sensor.get("type") or "frame"
    if kind not in ("frame", "fisheye", "equidistant_fisheye"):
        msg = f"{where} is of the kind {kind!r}, which is not read: export perspective views of it"
        raise FormatError(msg)
    size = calibration.find("resolution")
    size = sensor.find("resolution") if size is None else size
    stated = None if size is None else numbers_of(f"{size.get('width')} {size.get('height')}", 2)
    if stated is None:
        msg = f"{where} has no resolution: export the cameras again"
        raise FormatError(msg)
    width, height = int(min(stated[0], MAX_SIDE + 1)), int(min(stated[1], MAX_SIDE + 1))
    values = {e.tag: numbers_of(e.text, 1) for e in calibration if e.tag != "resolution"}
    terms = {name: found[0] for name, found in values.items() if found}
    if "f" not in terms:
        fx, fy = terms.get("fx"), terms.get("fy")
        if fx is None or fy is None:
            msg = f"{where} has no focal length f: align the photos, then export the cameras again"
            raise FormatError(msg)
        terms |= {"f": fy, "b1": fx - fy}
        terms["cx"] = terms.get("cx", width / 2) - width / 2
        terms["cy"] = terms.get("cy", height / 2) - height / 2
    return _view(terms, width, height, kind != "frame", where)


def _calibration(sensor: Element, where: str) -> Element:
    """Return what the alignment found; what the photos' notes say only where there is no other."""
    found = sensor.findall("calibration")
    adjusted = [c for c in found if c.get("class") == "adjusted"]
    chosen = (adjusted or found)[:1]
    if not chosen:
        msg = f"{where} is not calibrated: align the photos, then export the cameras again"
        raise FormatError(msg)
    return chosen[0]


def _view(terms: dict[str, float], width: int, height: int, is_fisheye: bool, where: str) -> View:
    f, b1, b2 = terms["f"], terms.get("b1", 0.0), terms.get("b2", 0.0)
    cx = width / 2 + terms.get("cx", 0.0) - 0.5
    cy = height / 2 + terms.get("cy", 0.0) - 0.5
    matrix = np.array([[f + b1, 0, cx], [0, f, cy], [0, 0, 1]])
    k1, k2, k3, k4 = (terms.get(n, 0.0) for n in ("k1", "k2", "k3", "k4"))
    p1, p2 = terms.get("p1", 0.0), terms.get("p2", 0.0)
    if is_fisheye:
        coefficients = np.array([k1, k2, k3, k4])
    else:
        coefficients = np.array([k1, k2, p2, p1, k3, 0.0, 0.0, 0.0])
    view = view_of(Lens(matrix, coefficients, is_fisheye, width, height), where)
    rest = _moved_beside_opencv(terms, width, height, is_fisheye)
    if rest <= _NOTICED:
        return view
    require_memory(where, width * height * _BYTES_PER_PIXEL)
    places = _places(terms | {"b1": b1, "b2": b2}, view.camera, (cx, cy), is_fisheye)

    def straighten(photo: Photo) -> Photo:
        return MappedPhoto(photo, places)

    return View(view.camera, straighten)


def _moved_beside_opencv(
    terms: dict[str, float], width: int, height: int, is_fisheye: bool
) -> float:
    """Return by how many pixels the terms that OpenCV does not have move the picture's corner."""
    f = abs(terms["f"])
    x, y = width / 2 / f, height / 2 / f
    r = float(np.hypot(x, y))
    moved = abs(terms.get("b2", 0.0)) * y
    if is_fisheye:
        return moved + f * 3 * max(abs(terms.get("p1", 0.0)), abs(terms.get("p2", 0.0))) * r**2
    return moved + f * abs(terms.get("k4", 0.0)) * r**9


def _places(
    terms: dict[str, float], camera: Camera, center: tuple[float, float], is_fisheye: bool
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Return (H, W, 2) where the lens shows each pixel of the pinhole camera."""
    u, v = np.meshgrid(np.arange(camera.width), np.arange(camera.height))
    x, y = (u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy
    if is_fisheye:
        r = np.hypot(x, y)
        scale = np.where(r > 0, np.arctan(r) / np.where(r > 0, r, 1), 1)
        x, y = x * scale, y * scale
    r2 = x * x + y * y
    k1, k2, k3, k4 = (terms.get(n, 0.0) for n in ("k1", "k2", "k3", "k4"))
    p1, p2 = terms.get("p1", 0.0), terms.get("p2", 0.0)
    radial = 1 + r2 * (k1 + r2 * (k2 + r2 * (k3 + r2 * k4)))
    xd = x * radial + p1 * (r2 + 2 * x * x) + 2 * p2 * x * y
    yd = y * radial + p2 * (r2 + 2 * y * y) + 2 * p1 * x * y
    f = terms["f"]
    places = [center[0] + xd * (f + terms["b1"]) + yd * terms["b2"], center[1] + yd * f]
    return np.stack(places, axis=-1).astype(np.float32)
