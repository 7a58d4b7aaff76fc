"""Bundler's ``bundle.out`` with its list of photos, which many programs export.

Source: Bundler's manual, version 0.3 of the format. Cameras look along -z with y up; the origin of
image coordinates is the middle of the photo, y up too.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from o3d_paint.core.arrays import FloatArray, RgbArray
from o3d_paint.errors import FormatError
from o3d_paint.io.capture import Capture, ImportOptions
from o3d_paint.io.files import open_file, read_file
from o3d_paint.io.images import PHOTO_SUFFIXES
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
from o3d_paint.io.undistort import Lens
from o3d_paint.io.xml_file import numbers_of

__all__ = ["read", "recognizes"]

_HEADS = (b"# Bundle file v0.3", b"# Bundle file v0.2")
_NAMES = ("bundle.out", "bundle/bundle.out", "bundle.rd.out")
_LISTS = ("list.txt", "image_list.txt", "images.txt", "list_images.txt", "pictures.txt")
_BYTES_PER_CHARACTER = 12
_LINES_A_CAMERA, _LINES_A_POINT = 5, 3


def recognizes(path: Path) -> bool:
    """Return whether a path is such a file or a folder that has one."""
    return _file(path) is not None


def _file(path: Path) -> Path | None:
    for file in [path / n for n in _NAMES] if path.is_dir() else [path]:
        if file.suffix.lower() != ".out" or not file.is_file():
            continue
        with open_file(file) as opened:
            if opened.read(32).startswith(_HEADS):
                return file
    return None


def read(path: Path, options: ImportOptions) -> Capture:
    """Read the file, its list and its photos.

    Raises:
        FormatError: It is cut off or malformed, there is no list, or no photo can be read.
        SceneError: There is no photo with a pose, or no cloud.
    """
    file = _file(path)
    if file is None:
        msg = f"{path} holds no bundle.out of Bundler, version 0.3: give its folder"
        raise FormatError(msg)
    text = read_file(file, factor=_BYTES_PER_CHARACTER).decode("utf-8", errors="replace")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    counts = numbers_of(lines[0], 2) if lines else None
    if counts is None or min(counts) < 0:
        msg = f"{file} does not say how many cameras and points it has: export it again"
        raise FormatError(msg)
    cameras, points = int(counts[0]), int(counts[1])
    start = 1 + cameras * _LINES_A_CAMERA
    if len(lines) < start:
        msg = f"{file} is cut off within its {cameras} cameras: copy it again"
        raise FormatError(msg)
    names = _names(file, cameras)
    photos, unposed = [], []
    for i, name in enumerate(names):
        block = lines[1 + i * _LINES_A_CAMERA : 1 + (i + 1) * _LINES_A_CAMERA]
        photo = _photo(name, block, f"camera {i} of {file}")
        if photo is None:
            unposed.append(name)
        else:
            photos.append(photo)
    xyz, rgb, notes = _points(lines[start:], points, file)
    places = (file.parent / "images", file.parent, file.parent.parent)
    survey = Survey(
        file, "Bundler", photos, places, "w2c", "gl", xyz, rgb, notes=notes, unposed=unposed
    )
    return capture_of(survey, options)


def _names(file: Path, count: int) -> list[str]:
    """Return the names of the photos, in the order of the cameras.

    Raises:
        FormatError: There is no list, or it is of other photos.
    """
    stem = file.name.removesuffix(".out").removesuffix(".bundle")
    beside = [file.with_name(n) for n in (f"{stem}.list.txt", f"{file.name}.list.txt", *_LISTS)]
    above = [file.parent.parent / n for n in _LISTS]
    chosen = next((p for p in [*beside, *above] if p.is_file()), None)
    if chosen is None:
        msg = f"{file} has no list of its photos beside it (list.txt): copy it there"
        raise FormatError(msg)
    text = read_file(chosen, factor=_BYTES_PER_CHARACTER).decode("utf-8-sig", errors="replace")
    names = [_name(line) for line in text.splitlines() if line.strip()]
    if len(names) != count:
        msg = f"{chosen} lists {len(names)} photos but {file} has {count} cameras: copy both again"
        raise FormatError(msg)
    return names


def _name(line: str) -> str:
    """Return the photo of a line, which may go on with a flag and a focal length."""
    words = line.split()
    while len(words) > 1 and not words[-1].lower().endswith(PHOTO_SUFFIXES):
        words.pop()
    joined = " ".join(words)
    return joined if joined.lower().endswith(PHOTO_SUFFIXES) else line.split()[0]


def _photo(name: str, block: list[str], where: str) -> PosedPhoto | None:
    """Return a photo; None where its camera is empty, as Bundler leaves what it could not place."""
    lens = numbers_of(block[0], 3)
    rows = [numbers_of(line, 3) for line in block[1:]]
    values = [row for row in rows if row is not None]
    if lens is None or len(values) < len(rows):
        return PosedPhoto(name, None, partial(_view, (1.0, 0.0, 0.0), where))
    if lens[0] == 0:
        return None
    turn, move = np.array(values[:3]), np.array(values[3])
    pose = posed(CV_FROM_GL[:3, :3] @ turn, -turn.T @ move)
    return PosedPhoto(name, pose, partial(_view, (lens[0], lens[1], lens[2]), where))


def _view(lens: tuple[float, float, float], where: str, size: Size) -> View:
    focal, k1, k2 = lens
    height, width = size
    matrix = np.array([[focal, 0, width / 2 - 0.5], [0, focal, height / 2 - 0.5], [0, 0, 1]])
    return view_of(Lens(matrix, np.array([k1, k2, 0, 0, 0, 0, 0, 0]), False, width, height), where)


def _points(lines: list[str], count: int, file: Path) -> tuple[FloatArray, RgbArray, list[str]]:
    """Return the points that are there and a sentence where the file is cut off."""
    whole = min(count, len(lines) // _LINES_A_POINT)
    places = [numbers_of(line, 3) for line in lines[0 : whole * _LINES_A_POINT : _LINES_A_POINT]]
    colors = [numbers_of(line, 3) for line in lines[1 : whole * _LINES_A_POINT : _LINES_A_POINT]]
    good = [(p, c) for p, c in zip(places, colors, strict=True) if p is not None and c is not None]
    xyz: FloatArray = np.array([p for p, _ in good], dtype=np.float64).reshape(-1, 3)
    rgb = np.clip(np.array([c for _, c in good]).reshape(-1, 3), 0, 255).astype(np.uint8)
    notes = []
    if len(good) < count:
        notes.append(f"{count - len(good):,} of {count:,} points of {file.name} are missing.")
    return xyz, rgb, notes
