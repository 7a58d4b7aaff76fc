"""The files of a data set of posed colour and depth pictures, not yet read."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from o3d_paint.core.arrays import FloatArray
from o3d_paint.errors import FormatError
from o3d_paint.io.depth_pictures import DEPTH_SUFFIXES
from o3d_paint.io.importers.pose_files import read_matrix
from o3d_paint.io.importers.rgbd_pairs import Missing, of_same_name, paired, preferred

__all__ = [
    "PRIMESENSE",
    "Assumed",
    "Listing",
    "first_existing",
    "listed",
    "matched",
    "pinhole",
    "pose_in",
    "poses_by_name",
]

_MILLIMETRES = 0.001


@dataclass(frozen=True, slots=True)
class Assumed:
    """A camera to assume where no file says the intrinsics.

    Attributes:
        name: For people.
        values: fx, fy, cx, cy at 640x480 pixels.
    """

    name: str
    values: tuple[float, float, float, float]


PRIMESENSE = Assumed("PrimeSense", (525.0, 525.0, 319.5, 239.5))


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """The files of a data set, not yet read.

    Attributes:
        photos: Colour pictures.
        depths: Depth pictures, one a photo.
        poses: (F, 4, 4) camera to world with OpenCV axes unless the generic reader finds otherwise.
        matrix: (3, 3) intrinsics of the depth pictures; None where no file has them.
        unit: Metres of one step of whole numbers; None where it is to be found out.
        invalid: Whole numbers that mean unknown, besides 0.
        notes: What was assumed.
        assumed: fx, fy, cx, cy at 640x480 pixels to take where no file has intrinsics.
        missing: Photos that lack a picture or a pose.
    """

    photos: list[Path]
    depths: list[Path]
    poses: FloatArray
    matrix: FloatArray | None
    unit: float | None = _MILLIMETRES
    invalid: tuple[int, ...] = (65535,)
    notes: tuple[str, ...] = field(default=())
    assumed: Assumed = PRIMESENSE
    missing: tuple[Missing, ...] = ()


def pinhole(values: tuple[float, float, float, float]) -> FloatArray:
    """Return the (3, 3) matrix of fx, fy, cx, cy."""
    fx, fy, cx, cy = values
    return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]], dtype=np.float64)


def first_existing(folder: Path, names: tuple[str, ...]) -> Path | None:
    """Return the first of some files that is there."""
    return next((folder / n for n in names if (folder / n).is_file()), None)


def matched(
    folder: Path,
    photos: list[Path],
    depths: list[Path],
    poses: FloatArray,
    matrix: FloatArray | None,
) -> Listing:
    """Return a listing of pictures and poses that names and numbers bring together.

    Args:
        folder: Of the data set, for messages.
        photos: In the order that people mean.
        depths: The same.
        poses: (P, 4, 4) in the order of their file.
        matrix: (3, 3) intrinsics, or None.

    Raises:
        SceneError: It cannot be told what belongs together.
    """
    depths, notes = preferred(depths, DEPTH_SUFFIXES)
    triples, missing = paired(folder, photos, depths, len(poses))
    return Listing(
        [photos[i] for i, _, _ in triples],
        [depths[j] for _, j, _ in triples],
        poses[[k for _, _, k in triples]],
        matrix,
        notes=tuple(notes),
        missing=tuple(missing),
    )


def listed(
    folder: Path,
    found: list[tuple[str, Path | None, Path | None]],
    poses: list[FloatArray],
    matrix: FloatArray | None,
    *,
    assumed: Assumed = PRIMESENSE,
) -> Listing:
    """Return a listing of photos, each with its own pose file; those that lack a picture are told.

    Args:
        folder: Of the data set, for messages.
        found: Name, colour and depth picture of each.
        poses: (4, 4) of each.
        matrix: (3, 3) intrinsics, or None.
        assumed: Where there are none.
    """
    photos, depths, kept, missing = [], [], [], []
    for (name, photo, depth), pose in zip(found, poses, strict=True):
        if photo is None or depth is None:
            what = "colour" if photo is None else "depth"
            msg = f"{folder} has no {what} picture named {name!r}: copy the whole folder"
            missing.append(Missing(repr(name), f"its {what} picture is not there", msg))
        else:
            photos.append(photo)
            depths.append(depth)
            kept.append(pose)
    stack = np.stack(kept) if kept else np.zeros((0, 4, 4))
    return Listing(photos, depths, stack, matrix, assumed=assumed, missing=tuple(missing))


def poses_by_name(files: list[Path], photos: list[Path]) -> FloatArray:
    """Return the (F, 4, 4) pose of each photo; not finite where no file has its name."""
    places = of_same_name(photos, files)
    poses = [np.full((4, 4), np.nan) if i is None else pose_in(files[i]) for i in places]
    return np.stack(poses) if poses else np.zeros((0, 4, 4))


def pose_in(path: Path) -> FloatArray:
    """Return the matrix of a file, not finite where the file holds none: one lost frame."""
    try:
        return read_matrix(path)
    except FormatError:
        return np.full((4, 4), np.nan)
