"""What a COLMAP model holds, and where in a workspace its files lie.

Source: the output format page of COLMAP's documentation.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from o3d_paint.core.arrays import FloatArray, RgbArray

__all__ = [
    "DEPTH_MAPS",
    "Image",
    "Intrinsics",
    "Model",
    "assembled",
    "find_model",
    "is_model",
    "suffix_of",
]

_SUBFOLDERS = ("", "sparse", "sparse/0", "dense/sparse", "dense/0/sparse")
# Of dense workspaces; their models are of undistorted photos, to which the depth maps belong.
_DENSE = ("dense", "dense/*")
DEPTH_MAPS = "stereo/depth_maps"
"""Where a dense workspace has its depth maps."""


@dataclass(frozen=True, slots=True)
class Intrinsics:
    """A camera: model name, image size and the model's parameters in COLMAP's order."""

    model: str
    width: int
    height: int
    parameters: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Image:
    """A posed photo: (w, x, y, z) quaternion and translation, world to camera."""

    name: str
    camera_id: int
    quaternion: tuple[float, float, float, float]
    translation: tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A reconstruction.

    Attributes:
        folder: Where its files lie.
        cameras: By camera id.
        images: In ascending order of name.
        xyz: (N, 3) float64 triangulated points, in ascending order of id.
        rgb: (N, 3) uint8 colours.
    """

    folder: Path
    cameras: dict[int, Intrinsics]
    images: tuple[Image, ...]
    xyz: FloatArray
    rgb: RgbArray


def find_model(folder: Path) -> Path | None:
    """Return the folder with the cameras of a workspace, or None.

    The folder itself comes first, then a dense workspace in it with depth maps, then its sparse
    model.
    """
    candidates = [folder / name for name in _SUBFOLDERS]
    for place in _DENSE:
        for maps in sorted(folder.glob(f"{place}/{DEPTH_MAPS}"), reverse=True):
            if any(maps.rglob("*.bin")):
                workspace = maps.parent.parent
                candidates[1:1] = [workspace / "sparse", workspace / "sparse" / "0"]
    return next((c for c in candidates if is_model(c)), None)


def is_model(folder: Path) -> bool:
    """Return whether a folder holds cameras and images of a model."""
    return any(
        all((folder / f"{part}{suffix}").is_file() for part in ("cameras", "images"))
        for suffix in (".bin", ".txt")
    )


def suffix_of(folder: Path) -> str:
    """Return the kind of files that are read in a model's folder: binary where both are there."""
    return ".bin" if all((folder / f"{n}.bin").is_file() for n in ("cameras", "images")) else ".txt"


def assembled(
    folder: Path,
    cameras: dict[int, Intrinsics],
    images: Collection[Image],
    points: tuple[FloatArray, RgbArray],
) -> Model:
    """Return a model of parts that any reader found.

    Args:
        folder: Where its files lie.
        cameras: By camera id.
        images: In any order; their cameras need not be there.
        points: (N, 3) positions and (N, 3) colours in ascending order of id; those that are
            nowhere are left out, since triangulation can fail for single ones.
    """
    xyz, rgb = points
    finite = np.isfinite(xyz).all(axis=1)
    ordered = tuple(sorted(images, key=lambda i: i.name))
    return Model(folder, cameras, ordered, xyz[finite], rgb[finite])
