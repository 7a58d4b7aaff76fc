"""Pix4Dmapper's ``*_calibrated_camera_parameters.txt`` (project/1_initial/params).

Source: the file's own heading: a name with its size, then K [3x3], radial distortion [3],
tangential distortion [2], position t [3] and rotation R [3x3], where P = K [R | -R t].
``*_offset.xyz`` beside it was taken off the coordinates.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from o3d_paint.core.arrays import FloatArray
from o3d_paint.errors import FormatError
from o3d_paint.io.capture import Capture, ImportOptions
from o3d_paint.io.files import open_file, read_file
from o3d_paint.io.images import PHOTO_SUFFIXES
from o3d_paint.io.importers.posed_photos import (
    PosedPhoto,
    Size,
    Survey,
    View,
    capture_of,
    posed,
    view_of,
)
from o3d_paint.io.undistort import Lens
from o3d_paint.io.xml_file import numbers_of

__all__ = ["read", "recognizes"]

_ENDING = "_calibrated_camera_parameters.txt"
_PLACES = (".", "1_initial/params", "params")
_CLOUDS = ("2_densification/point_cloud/*.la[sz]", "2_densification/point_cloud/*.ply")
_HEAD = 2048
_BYTES_PER_CHARACTER = 12
_BLOCK = 9  # lines after the name: K, radial, tangential, position, rotation


def recognizes(path: Path) -> bool:
    """Return whether a path is such a file, or a project that has one."""
    return _file(path) is not None


def _file(path: Path) -> Path | None:
    candidates = [path]
    if path.is_dir():
        candidates = [f for place in _PLACES for f in sorted((path / place).glob(f"*{_ENDING}"))]
    for file in candidates:
        if file.name.endswith(_ENDING) and file.is_file():
            with open_file(file) as opened:
                if b"camera matrix K" in opened.read(_HEAD):
                    return file
    return None


def read(path: Path, options: ImportOptions) -> Capture:
    """Read the file and the photos.

    Raises:
        FormatError: It is malformed, or no photo can be read.
        SceneError: There is no photo with a pose, or no cloud.
    """
    file = _file(path)
    if file is None:
        msg = f"{path} holds no *{_ENDING} of Pix4D: give 1_initial/params"
        raise FormatError(msg)
    text = read_file(file, factor=_BYTES_PER_CHARACTER).decode("utf-8-sig", errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    offset, notes = _offset(file)
    photos, damaged = [], 0
    i = 0
    while i < len(lines):
        words = lines[i].rsplit(maxsplit=2)
        if len(words) < 3 or not words[0].lower().endswith(PHOTO_SUFFIXES):
            i += 1
            continue
        photo = _photo(words, lines[i + 1 : i + _BLOCK + 1], offset, file)
        damaged += photo is None
        i += 1 if photo is None else _BLOCK + 1
        if photo is not None:
            photos.append(photo)
    if damaged:
        notes.append(f"Damaged entries of {file.name} that are left out: {damaged}.")
    project = file.parents[2] if file.parent.name == "params" else file.parent
    clouds = [c for pattern in _CLOUDS for c in sorted(project.glob(pattern))]
    places = (project / "images", project.parent / "images", file.parent, project, project.parent)
    survey = Survey(
        file,
        "Pix4D",
        photos,
        places,
        "w2c",
        clouds=tuple(clouds),
        notes=notes,
        up=(0.0, 0.0, 1.0),
        name=project.resolve().name,
    )
    return capture_of(survey, options)


def _offset(file: Path) -> tuple[FloatArray, list[str]]:
    """Return what was taken off the coordinates, and what there is to say."""
    path = file.with_name(file.name.removesuffix(_ENDING) + "_offset.xyz")
    if not path.is_file():
        return np.zeros(3), [f"{path.name} is not beside it: the photos stay local to the project."]
    values = numbers_of(read_file(path).decode("utf-8", errors="replace"), 3)
    if values is None:
        return np.zeros(3), [f"{path.name} is damaged: the photos stay local to the project."]
    east, north = values[:2]
    said = f"{path.name} puts the photos {east:,.0f} east and {north:,.0f} north, as the cloud."
    return np.array(values), [said]


def _photo(words: list[str], lines: list[str], offset: FloatArray, file: Path) -> PosedPhoto | None:
    """Return the photo of a block; None where the block is not whole."""
    counts = (3, 3, 3, 3, 2, 3, 3, 3, 3)
    rows = [numbers_of(line, n) for line, n in zip(lines, counts, strict=False)]
    values = [row for row in rows if row is not None]
    if len(values) < len(counts):
        return None
    stated = numbers_of(f"{words[1]} {words[2]}", 2)
    if stated is None:
        return None
    size = (int(stated[1]), int(stated[0]))
    matrix = np.array(values[:3])
    k1, k2, k3 = values[3]
    terms = np.array([k1, k2, *values[4], k3, 0, 0, 0])
    pose = posed(np.array(values[6:9]), np.array(values[5]) + offset)
    where = f"{words[0]!r} of {file}"
    return PosedPhoto(words[0], pose, partial(_view, matrix, terms, size, where))


def _view(matrix: FloatArray, terms: FloatArray, stated: Size, where: str, _size: Size) -> View:
    """Return how a camera sees.

    Raises:
        FormatError: It cannot be.
    """
    centered = matrix.copy()
    # There the first pixel's outer corner is 0.
    centered[:2, 2] -= 0.5
    return view_of(Lens(centered, terms, False, stated[1], stated[0]), where)
