"""OpenSfM's ``reconstruction.json``, and the projects of OpenDroneMap that are built on it.

Source: OpenSfM's documentation ("Reconstruction file format", "Geometric models") and
OpenDroneMap's stages. Rotation (angle-axis) and translation are world to camera, OpenCV axes.
OpenDroneMap's cloud has map coordinates; ``odm_georeferencing/coords.txt`` says what was taken
off those of the photos.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from o3d_paint.core.arrays import FloatArray, RgbArray
from o3d_paint.errors import FormatError, PaintError, SceneError
from o3d_paint.io.capture import Capture, ImportOptions
from o3d_paint.io.files import open_file
from o3d_paint.io.importers.opensfm_lens import lens_of
from o3d_paint.io.importers.opensfm_map import on_the_map
from o3d_paint.io.importers.posed_photos import (
    PosedPhoto,
    Size,
    Survey,
    View,
    capture_of,
    posed,
    view_of,
)
from o3d_paint.io.json_file import item, read_json

__all__ = ["read", "recognizes"]

_NAMES = ("reconstruction.json", "opensfm/reconstruction.json")
_HEAD = 1 << 16
_CLOUDS = (
    "odm_georeferencing/odm_georeferenced_model.laz",
    "odm_georeferencing/odm_georeferenced_model.las",
    "odm_georeferencing/odm_georeferenced_model.ply",
)
_OF_OPENSFM = ("undistorted/depthmaps/merged.ply",)


def recognizes(path: Path) -> bool:
    """Return whether a path is such a file, or a folder or project that has one."""
    return _file(path) is not None


def _file(path: Path) -> Path | None:
    for file in [path / n for n in _NAMES] if path.is_dir() else [path]:
        if file.suffix.lower() != ".json" or not file.is_file():
            continue
        with open_file(file) as opened:
            start = opened.read(_HEAD).lstrip(b"\xef\xbb\xbf").lstrip()
        if start.startswith(b"[") and any(k in start for k in (b'"cameras"', b'"shots"')):
            return file
    return None


def read(path: Path, options: ImportOptions) -> Capture:
    """Read the reconstruction with most photos.

    Raises:
        FormatError: It is malformed, or no photo can be read.
        SceneError: There is no photo with a pose, or no cloud.
    """
    file = _file(path)
    if file is None:
        msg = f"{path} holds no reconstruction.json of OpenSfM: give the project's folder"
        raise FormatError(msg)
    record, notes = _largest(read_json(file), file)
    project = file.parent.parent if file.parent.name == "opensfm" else file.parent
    photos = _photos(record, file)
    xyz, rgb = _points(record, file)
    photos, moved, said = on_the_map(photos, xyz, file, project)
    survey = Survey(
        file,
        "OpenDroneMap" if project != file.parent else "OpenSfM",
        photos,
        (project / "images", file.parent / "images", project),
        "w2c",
        xyz=moved,
        rgb=rgb,
        clouds=tuple(
            [project / n for n in _CLOUDS] + [file.parent / n for n in _OF_OPENSFM if not said]
        ),
        notes=[*notes, *said],
        up=(0.0, 0.0, 1.0),
        name=project.resolve().name,
    )
    return capture_of(survey, options)


def _largest(document: Any, file: Path) -> tuple[Any, list[str]]:
    """Return the reconstruction with most shots, and a sentence on the others."""
    records = document if isinstance(document, list) else [document]
    found = [r for r in records if isinstance(r, dict) and isinstance(r.get("shots"), dict)]
    counts = [len(r["shots"]) for r in found]
    if not found or not max(counts):
        msg = f"{file} has no shots: the reconstruction failed, run it again"
        raise SceneError(msg)
    best = int(np.argmax(counts))
    others = [str(n) for i, n in enumerate(counts) if i != best]
    notes = []
    if others:
        notes.append(
            f"{file.name} holds {len(found)} reconstructions that do not hang together: the one of"
            f" {counts[best]} photos is taken, those of {', '.join(others[:8])} are not."
        )
    return found[best], notes


def _photos(record: Any, file: Path) -> list[PosedPhoto]:
    cameras = record.get("cameras") if isinstance(record.get("cameras"), dict) else {}

    @lru_cache(maxsize=64)
    def view(name: object, size: Size) -> View:
        if name not in cameras:
            msg = f"{file} has no camera {name!r}: run OpenSfM again"
            raise FormatError(msg)
        where = f"camera {name!r} of {file}"
        return view_of(lens_of(cameras[name], size, where), where)

    return [
        PosedPhoto(name, _pose(shot, f"shot {name!r} of {file}"), _view_of(shot, view))
        for name, shot in record["shots"].items()
    ]


def _view_of(shot: Any, view: Callable[[object, Size], View]) -> Callable[[Size], View]:
    name = shot.get("camera") if isinstance(shot, dict) else None
    return partial(view, name if isinstance(name, str) else None)


def _pose(shot: Any, where: str) -> FloatArray | None:
    try:
        rotation = _three(shot, "rotation", where)
        translation = _three(shot, "translation", where)
    except PaintError:
        return None
    turn = Rotation.from_rotvec(rotation).as_matrix()
    return posed(turn, -turn.T @ translation)


def _three(record: Any, key: str, where: str) -> FloatArray:
    """Return three finite numbers.

    Raises:
        FormatError: They are none.
    """
    try:
        values = np.array(item(record, key, list, where), dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        values = np.zeros(0)
    if values.shape != (3,) or not np.isfinite(values).all():
        msg = f"{key!r} of {where} must be three numbers"
        raise FormatError(msg)
    return values


def _points(record: Any, file: Path) -> tuple[FloatArray, RgbArray]:
    """Return the (N, 3) tie points and colours; those that are none are left out."""
    points = record.get("points")
    xyz, rgb = [], []
    for key, point in points.items() if isinstance(points, dict) else ():
        where = f"point {key} of {file}"
        try:
            place, color = _three(point, "coordinates", where), _three(point, "color", where)
        except PaintError:
            continue
        xyz.append(place)
        rgb.append(np.clip(color, 0, 255))
    places: FloatArray = np.array(xyz, dtype=np.float64).reshape(-1, 3)
    return places, np.array(rgb, dtype=np.uint8).reshape(-1, 3)
