"""Pix4D's Open Photogrammetry Format: ``project.opf`` and what it names.

Source: the specification of OPF 1.0, and pyopf's converters for the order of tangential terms.
Orientation is Rx(omega) Ry(phi) Rz(kappa) from camera (x right, y up, z back) to the processing
system, which is the base system after scaling, swapping and shifting.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import numpy as np
from scipy.spatial.transform import Rotation

from o3d_paint.core.arrays import FloatArray
from o3d_paint.errors import FormatError, PaintError
from o3d_paint.io.capture import Capture, ImportOptions
from o3d_paint.io.importers.opf_points import read_points
from o3d_paint.io.importers.pose_files import CV_FROM_GL
from o3d_paint.io.importers.posed_photos import (
    PosedPhoto,
    Size,
    Survey,
    View,
    capture_of,
    posed,
    view_of,
)
from o3d_paint.io.json_file import item, number, read_json
from o3d_paint.io.paths import existing
from o3d_paint.io.undistort import Lens

__all__ = ["read", "recognizes"]

_SUFFIX = ".opf"
_FORMAT = "application/opf-{}+json"
_NEEDED = ("calibrated-cameras", "camera-list")


def recognizes(path: Path) -> bool:
    """Return whether a path is such a project or a folder that has one."""
    return _file(path) is not None


def _file(path: Path) -> Path | None:
    if path.is_dir():
        return next(iter(sorted(path.glob(f"*{_SUFFIX}"))), None)
    return path if path.suffix.lower() == _SUFFIX and path.is_file() else None


def read(path: Path, options: ImportOptions) -> Capture:
    """Read the project.

    Raises:
        FormatError: It is malformed, names files out of its folder, or no photo can be read.
        SceneError: There is no photo with a pose, or no cloud.
    """
    file = _file(path)
    if file is None:
        msg = f"{path} holds no project of OPF (*.opf): give its folder"
        raise FormatError(msg)
    resources = _resources(read_json(file), file)
    for kind in _NEEDED:
        if kind not in resources:
            msg = f"{file} has no {kind}: calibrate the project, then export it as OPF"
            raise FormatError(msg)
    calibrated = read_json(resources["calibrated-cameras"])
    where = resources["calibrated-cameras"].name
    shift, notes = _shift(resources.get("scene-reference-frame"))
    names = {_id(r): r.get("uri") for r in _records(read_json(resources["camera-list"]))}
    sensors = {_id(s): s for s in _records(calibrated, "sensors")}
    sizes = _sizes(resources.get("input-cameras"))
    photos = []
    for record in _records(calibrated):
        uri = names.get(_id(record))
        name = _name(uri) if isinstance(uri, str) else f"camera {_id(record)}"
        sensor = _id(record, "sensor_id")
        view = partial(_view, sensors.get(sensor), sizes.get(sensor), f"sensor {sensor} of {where}")
        photos.append(PosedPhoto(name, _pose(record, shift, where), view))
    known = {_id(r) for r in _records(calibrated)}
    xyz, rgb = None, None
    if "tracks" in resources:
        try:
            xyz, rgb = read_points(resources["tracks"])
            xyz = xyz - shift
        except PaintError as error:
            notes.append(f"The tie points are left out: {error}.")
    survey = Survey(
        file,
        "Pix4D (OPF)",
        photos,
        (file.parent / "images", file.parent, file.parent.parent),
        "c2w",
        "gl",
        xyz,
        rgb,
        clouds=tuple(sorted([*file.parent.glob("*.las"), *file.parent.glob("*.laz")])),
        notes=notes,
        up=(0.0, 0.0, 1.0),
        unposed=[_name(u) for i, u in names.items() if i not in known and isinstance(u, str)],
    )
    return capture_of(survey, options)


def _resources(project: Any, file: Path) -> dict[str, Path]:
    """Return the files that a project names by their kind; the tie points' as "tracks".

    Raises:
        FormatError: It is malformed, or a name leads out of the folder.
    """
    found: dict[str, Path] = {}
    for record in item(project, "items", list, str(file)):
        for resource in _records(record, "resources"):
            kind, uri = resource.get("format"), resource.get("uri")
            if not isinstance(kind, str) or not isinstance(uri, str) or urlparse(uri).scheme:
                continue
            path = existing(file.parent, unquote(uri), file)
            if path is None:
                continue
            name = kind.removeprefix("application/opf-").removesuffix("+json")
            if kind == "model/gltf+json" and record.get("type") == "calibration":
                name = "tracks"
            found.setdefault(name, path)
    return found


def _records(document: Any, key: str = "cameras") -> Iterator[dict[str, Any]]:
    records = document.get(key) if isinstance(document, dict) else None
    yield from (r for r in records or [] if isinstance(r, dict))


def _id(record: dict[str, Any], key: str = "id") -> int | str:
    """Return an id; the empty text where a record has none that can be one."""
    value = record.get(key)
    return value if isinstance(value, (int, str)) else ""


def _name(uri: str) -> str:
    """Return the place of a photo; pages of a file are all of the same."""
    return unquote(urlparse(uri).path)


def _shift(file: Path | None) -> tuple[FloatArray, list[str]]:
    """Return what was added to the base system's coordinates, and what there is to say.

    Raises:
        FormatError: The file is malformed.
    """
    if file is None:
        return np.zeros(3), ["The project has no scene reference frame: its coordinates are local."]
    transform = item(read_json(file), "base_to_canonical", dict, str(file))
    shift = _numbers(transform.get("shift"), 3)
    scale = _numbers(transform.get("scale"), 3)
    if shift is None:
        msg = f"{file} has no shift of three numbers: export the project again"
        raise FormatError(msg)
    notes = []
    if transform.get("swap_xy"):
        notes.append("The project's system has north before east; east comes first here.")
    if scale is not None and np.ptp(scale) > 0:
        notes.append(
            "The axes of the project's system have units of their own; here all are that of the"
            " processing system, to which a cloud must be brought."
        )
    return shift, notes


def _numbers(value: Any, count: int) -> FloatArray | None:
    try:
        found = np.array(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if found.shape == (count,) and np.isfinite(found).all() else None


def _pose(record: dict[str, Any], shift: FloatArray, where: str) -> FloatArray | None:
    position = _numbers(record.get("position"), 3)
    angles = _numbers(record.get("orientation_deg"), 3)
    if position is None or angles is None:
        return None
    world_from_camera = Rotation.from_euler("XYZ", angles, degrees=True).as_matrix()
    return posed(CV_FROM_GL[:3, :3] @ world_from_camera.T, position - shift)


def _sizes(file: Path | None) -> dict[Any, FloatArray]:
    """Return (width, height) by sensor, where the input cameras say it."""
    if file is None:
        return {}
    found = {}
    for sensor in _records(read_json(file), "sensors"):
        size = _numbers(sensor.get("image_size_px"), 2)
        if size is not None:
            found[_id(sensor)] = size
    return found


def _view(sensor: Any, stated: FloatArray | None, where: str, size: Size) -> View:
    """Return how a sensor sees.

    Raises:
        FormatError: It is malformed or of a kind that is not read.
    """
    internals = item(sensor, "internals", dict, where)
    kind = item(internals, "type", str, where)
    height, width = size
    if stated is not None:
        width, height = (int(v) for v in np.clip(stated, 0, 1 << 30))
    center = _numbers(internals.get("principal_point_px"), 2)
    if center is None:
        msg = f"{where} has no principal point: export the project again"
        raise FormatError(msg)
    cx, cy = center - 0.5
    if kind == "perspective":
        f = number(internals, "focal_length_px", where)
        radial = _numbers(internals.get("radial_distortion"), 3)
        tangential = _numbers(internals.get("tangential_distortion"), 2)
        if radial is None or tangential is None:
            msg = f"{where} must have three radial and two tangential terms"
            raise FormatError(msg)
        matrix = np.array([[f, 0, cx], [0, f, cy], [0, 0, 1]])
        terms = np.array([*radial[:2], *tangential, radial[2], 0, 0, 0])
        return view_of(Lens(matrix, terms, False, width, height), where)
    msg = f"{where} is of the kind {kind!r}, which is not read: export undistorted photos"
    raise FormatError(msg)
