"""RealityCapture and RealityScan: the table of cameras as CSV, and XMP beside each photo.

Source: the programs' help ("XMP Camera Math") and nerfstudio's converter. Focal length and
principal point are those of 35 mm film: fractions of 36 mm of the photo's longer side, the latter
from the middle. Heading, pitch and roll turn a camera that looks down with its top to the north.
Tangential terms are taken in OpenCV's order, which the sources do not say.
"""

from __future__ import annotations

import csv
import io
from functools import partial
from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np
from scipy.spatial.transform import Rotation

from o3d_paint.core.arrays import FloatArray
from o3d_paint.errors import FormatError, PaintError, SceneError
from o3d_paint.io.capture import Capture, ImportOptions
from o3d_paint.io.files import open_file, read_file
from o3d_paint.io.images import PHOTO_SUFFIXES, list_files
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
from o3d_paint.io.xml_file import numbers_of, read_xml

__all__ = ["read_table", "read_xmp", "recognizes_table", "recognizes_xmp"]

_BYTES_PER_CHARACTER = 12
_HEAD = 4096
_FILM = 36.0
_POSE = ("x", "y", "alt", "heading", "pitch", "roll")
_SPACE = "http://www.capturingreality.com/ns/xcr/1.1#"
_MODELS = ("brown", "perspective")
_CV_FROM_UPWARD = np.diag([1.0, -1.0, -1.0])
_SEEN = 1e-6


def recognizes_table(path: Path) -> bool:
    """Return whether a file is a table of cameras."""
    if path.suffix.lower() not in (".csv", ".txt") or not path.is_file():
        return False
    with open_file(path) as file:
        return b"#name,x,y,alt" in file.read(_HEAD)


def read_table(path: Path, options: ImportOptions) -> Capture:
    """Read the table.

    Raises:
        FormatError: It has no columns of poses and focal lengths, or no photo can be read.
        SceneError: There is no cloud.
    """
    text = read_file(path, factor=_BYTES_PER_CHARACTER).decode("utf-8-sig", errors="replace")
    at = text.find("#name,")
    try:
        rows = list(csv.DictReader(io.StringIO(text[max(at, 0) :], newline=None), restval=""))
    except csv.Error as error:
        msg = f"{path} is no table that can be read ({error}): export it again"
        raise FormatError(msg) from error
    columns = set(rows[0]) if rows else set()
    missing = [c for c in ("#name", *_POSE, "f") if c not in columns]
    if at < 0 or missing:
        msg = f"{path} has no columns {', '.join(missing)}"
        raise FormatError(f"{msg}: export «Internal/External camera parameters»")
    photos, tangential = [], False
    for row in rows:
        values = {k: _number(v) for k, v in row.items() if k and k != "#name"}
        terms = [values.get(n) or 0.0 for n in ("k1", "k2", "k3", "k4", "t1", "t2")]
        tangential |= max(abs(terms[4]), abs(terms[5])) > _SEEN
        lens = (values.get("f"), values.get("px") or 0.0, values.get("py") or 0.0, tuple(terms))
        name = row["#name"] or ""
        where = f"{name!r} of {path}"
        photos.append(PosedPhoto(name, _turned(values), partial(_view, lens, where)))
    places = (path.parent / "images", path.parent)
    return capture_of(_survey(path, photos, places, tangential), options)


def _survey(
    source: Path, photos: list[PosedPhoto], places: tuple[Path, ...], tangential: bool
) -> Survey:
    notes = []
    if tangential:
        notes.append(
            "Tangential distortion is taken in OpenCV's order, which no document says: look at the"
            " borders of the photos, or export undistorted ones."
        )
    up = (0.0, 0.0, 1.0)
    return Survey(source, "RealityCapture", photos, places, "c2w", notes=notes, up=up)


def _turned(values: dict[str, float | None]) -> FloatArray | None:
    """Return world to camera of a row; None where a number is missing."""
    found = [values.get(n) for n in _POSE]
    numbers = [v for v in found if v is not None]
    if len(numbers) < len(_POSE):
        return None
    angles = [-numbers[3], numbers[4], numbers[5]]
    turn = Rotation.from_euler("ZXY", angles, degrees=True).as_matrix()
    return posed(_CV_FROM_UPWARD @ turn.T, np.array(numbers[:3]))


def _number(text: str | list[str] | None) -> float | None:
    found = numbers_of(text, 1) if isinstance(text, str) else None
    return found[0] if found else None


def _view(
    lens: tuple[float | None, float, float, tuple[float, ...]], where: str, size: Size
) -> View:
    """Return how a camera sees a photo of a size.

    Raises:
        FormatError: It has no focal length, or one that cannot be.
    """
    focal, px, py, (k1, k2, k3, k4, t1, t2) = lens
    if focal is None:
        msg = f"{where} has no focal length: export the cameras again"
        raise FormatError(msg)
    if abs(k4) > _SEEN:
        msg = f"{where} has the term k4, which is not read: export with Brown3, or undistorted"
        raise FormatError(msg)
    height, width = size
    scale = max(width, height) / _FILM
    matrix = np.array(
        [
            [focal * scale, 0, px * scale + width / 2 - 0.5],
            [0, focal * scale, py * scale + height / 2 - 0.5],
            [0, 0, 1],
        ]
    )
    coefficients = np.array([k1, k2, t1, t2, k3, 0, 0, 0])
    return view_of(Lens(matrix, coefficients, False, width, height), where)


def recognizes_xmp(path: Path) -> bool:
    """Return whether a folder has photos with XMP of the program beside them."""
    if not path.is_dir():
        return False
    for folder in _folders(path):
        first = next(iter(list_files(folder, (".xmp",))), None)
        if first is not None:
            with open_file(first) as file:
                return _SPACE.encode() in file.read()
    return False


def _folders(path: Path) -> list[Path]:
    return [f for f in (path, path / "images") if f.is_dir()]


def read_xmp(path: Path, options: ImportOptions) -> Capture:
    """Read the XMP files of a folder, each of which belongs to the photo of its name.

    Raises:
        PaintError: None can be read, or there is no cloud.
    """
    folder = next((f for f in _folders(path) if list_files(f, (".xmp",))), path)
    photos, notes, tangential = [], list[str](), False
    for file in list_files(folder, (".xmp",)):
        try:
            photo, has_tangential = _photo(file)
        except PaintError as error:
            notes.append(f"{file.name} is left out: {error}.")
            continue
        photos.append(photo)
        tangential |= has_tangential
    if not photos:
        msg = notes[0] if notes else f"{path} has no XMP of RealityCapture: export the metadata"
        raise SceneError(msg)
    survey = _survey(folder, photos, (folder,), tangential)
    survey.notes.extend(notes[:5])
    posed_names = {p.name.casefold() for p in photos}
    others = [p.stem for p in list_files(folder, PHOTO_SUFFIXES)]
    survey.unposed.extend(n for n in others if n.casefold() not in posed_names)
    return capture_of(survey, options)


def _photo(file: Path) -> tuple[PosedPhoto, bool]:
    values = _values(read_xml(file))
    model = values.get("DistortionModel", "perspective")
    rotation = numbers_of(values.get("Rotation"), 9)
    position = numbers_of(values.get("Position"), 3)
    pose = None
    if rotation is not None and position is not None:
        pose = posed(np.reshape(rotation, (3, 3)), np.array(position))
    terms = ((numbers_of(values.get("DistortionCoeficients")) or []) + [0.0] * 6)[:6]
    lens = (
        _number(values.get("FocalLength35mm")),
        # There in fractions of the longer side.
        (_number(values.get("PrincipalPointU")) or 0.0) * _FILM,
        (_number(values.get("PrincipalPointV")) or 0.0) * _FILM,
        tuple(terms),
    )
    if not model.startswith(_MODELS) and any(terms):
        msg = f"{file} has the distortion model {model!r}, which is not read: choose Brown3"
        raise FormatError(msg)
    photo = PosedPhoto(file.stem, pose, partial(_view, lens, f"{file}"))
    return photo, max(abs(terms[4]), abs(terms[5])) > _SEEN


def _values(root: Element) -> dict[str, str]:
    """Return what is in the program's name space, as attributes or as elements."""
    found = {}
    for element in root.iter():
        for key, value in [*element.attrib.items(), (element.tag, element.text or "")]:
            space, _, name = key.rpartition("}")
            if space == _SPACE:
                found[name] = value
    return found
