"""Depth as pictures and arrays: PNG, PGM, TIFF, PFM, EXR, NPY and NPZ.

Whole numbers are steps of some unit, floats metres unless the user says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray
from o3d_paint.errors import FormatError
from o3d_paint.io.clouds import named_arrays
from o3d_paint.io.exr import read_exr
from o3d_paint.io.images import open_image, pixels_of
from o3d_paint.io.npz import NpzArchive, read_npy

__all__ = ["DEPTH_SUFFIXES", "DepthFiles", "DepthMeaning"]

DEPTH_SUFFIXES = (".npy", ".npz", ".exr", ".pfm", ".tif", ".tiff", ".png", ".pgm")
"""Endings of depth pictures, those that hold floats first."""

# What renderers write where a ray meets nothing: Blender 1e10, half precision 65504.
_NOWHERE = 1e9
_LARGEST_HALF = 65_504.0
_AT_A_TIME = 32


@dataclass(frozen=True, slots=True)
class DepthMeaning:
    """What the values of depth pictures mean.

    Attributes:
        unit: Scene units of a step of whole numbers.
        float_unit: Scene units of a float of 1.
        invalid: Whole numbers that mean unknown, besides 0.
        float_invalid: The same of floats.
    """

    unit: float = 1.0
    float_unit: float = 1.0
    invalid: tuple[float, ...] = ()
    float_invalid: tuple[float, ...] = ()

    def depth_of(self, values: npt.NDArray[np.generic]) -> FloatArray:
        """Return (h, w) float32 depths, 0 where unknown."""
        is_float = values.dtype.kind == "f"
        with np.errstate(over="ignore", invalid="ignore"):
            raw = values.astype(np.float32)
            unknown = ~np.isfinite(raw) | (raw <= 0) | (raw >= _NOWHERE)
        if is_float:
            unknown |= np.isin(
                raw, np.array([*self.float_invalid, _LARGEST_HALF], dtype=np.float32)
            )
        else:
            unknown |= np.isin(values, self.invalid)
        raw[unknown] = 0
        scaled: FloatArray = raw * np.float32(self.float_unit if is_float else self.unit)
        return scaled


class DepthFiles:
    """The depth pictures of a scene; EXR is decoded some at a time, in a process of its own."""

    def __init__(self, paths: Sequence[Path]) -> None:
        """Take the files that will be asked for, in that order."""
        self._exr = [p for p in dict.fromkeys(paths) if p.suffix.lower() == ".exr"]
        self._decoded: dict[Path, npt.NDArray[np.generic] | FormatError] = {}

    def read(self, path: Path) -> npt.NDArray[np.generic]:
        """Return (h, w) values as the file has them.

        Raises:
            FormatError: It is no depth picture of one channel, or damaged.
            MissingExtraError: It is EXR, and no library for that is installed.
        """
        values = self._exr_values(path) if path.suffix.lower() == ".exr" else _values(path)
        if values.ndim == 3 and values.shape[2] == 1:
            values = values[:, :, 0]
        if values.ndim == 3 and values.shape[0] == 1:
            values = values[0]
        if values.ndim != 2 or not values.size or values.dtype.kind not in "uif":
            msg = f"{path} must be a depth picture of one channel, found {values.dtype}"
            raise FormatError(f"{msg} {values.shape}")
        return values

    def _exr_values(self, path: Path) -> npt.NDArray[np.generic]:
        if path not in self._decoded:
            start = self._exr.index(path) if path in self._exr else 0
            batch = self._exr[start : start + _AT_A_TIME] if path in self._exr else [path]
            self._decoded |= read_exr(batch)
        found = self._decoded.pop(path)
        if isinstance(found, FormatError):
            raise found
        return found


def _values(path: Path) -> npt.NDArray[np.generic]:
    suffix = path.suffix.lower()
    if suffix == ".npy":
        return read_npy(path)
    if suffix == ".npz":
        with NpzArchive(path) as archive:
            key = named_arrays.find_role("depth", archive.keys)
            if key is None:
                raise named_arrays.missing_role(path, "depth", archive.keys)
            return archive.read(key)
    with open_image(path) as image:
        return pixels_of(image, path)
