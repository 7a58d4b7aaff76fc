"""Which columns of a cloud are coordinates, colours and labels, whatever its program calls them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray, IdArray, RgbArray
from o3d_paint.core.taxonomy import MAX_CLASS_ID
from o3d_paint.errors import FormatError
from o3d_paint.io.clouds.cloud_file import CloudFile

__all__ = [
    "CONFIDENCE",
    "axes_of",
    "cloud_of",
    "color_columns",
    "confidence_from",
    "label_column",
    "labels_from",
    "plain_name",
    "rgb_from",
]

CONFIDENCE = "confidence"
"""What this program calls how sure labels are, beside them."""

Column = npt.NDArray[np.generic]
Scale = Literal["found", "unit", "splat"]

# By axis, the likeliest first. Surveyors name the compass, ParaView the parts of a vector.
_AXES = (
    ("x", "easting", "east", "cartesianx", "x_coord", "xcoord", "point_x", "points:0", "e"),
    ("y", "northing", "north", "cartesiany", "y_coord", "ycoord", "point_y", "points:1", "n"),
    ("z", "elevation", "height", "altitude", "elev", "alt", "cartesianz", "z_coord", "zcoord",
     "point_z", "points:2", "h"),
)  # fmt: skip
# "diffuse" is of PMVS and old editions of MeshLab, "rf" of CloudCompare's text, "f_dc" of Gaussian
# splats: the constant part of their spherical harmonics.
_COLORS: tuple[tuple[tuple[str, str, str], Scale], ...] = (
    (("red", "green", "blue"), "found"),
    (("r", "g", "b"), "found"),
    (("rf", "gf", "bf"), "unit"),
    (("diffuse_red", "diffuse_green", "diffuse_blue"), "found"),
    (("f_dc_0", "f_dc_1", "f_dc_2"), "splat"),
    (("colorred", "colorgreen", "colorblue"), "found"),
    (("scalar_r", "scalar_g", "scalar_b"), "found"),
    (("rgb:0", "rgb:1", "rgb:2"), "found"),
    (("colors:0", "colors:1", "colors:2"), "found"),
)
_LABELS = (
    "label", "segment_label", "labels", "class", "classification", "semantic", "scalar_label",
    "scalar_class", "scalar_classification", "scalar_segment_label", "class_id", "label_id",
    "semantic_label", "semantic_class", "sem_class", "category", "scalar_labels",
    "scalar_semantic", "scalar_category",
)  # fmt: skip
# This program's own columns beside labels: every export writes them as they are then.
_WRITTEN_ANEW = ("source", "confidence", "votes")
_UNIT = re.compile(r"[\s_]*[\[(][^\])]*[\])]\s*$")
# Of the spherical harmonic of degree 0: 1 / (2 sqrt(pi)).
_HARMONIC = 0.28209479177387814
# Floats of 0 to 1 overshoot a little, where somebody resampled or sharpened them; a cloud whose
# 8-bit colours are all below this is black to the eye.
_MOST_UNIT = 2.0
# 8-bit colours overshoot a little where somebody scaled them; half of what 9 bits hold.
_MOST_8_BIT = 260.0
_16_BIT = 257
_NEARLY_ALL = 99.9
_SAMPLE = 1_000_000


def plain_name(name: str) -> str:
    """Return a column's name without capitals, quotes, and the unit behind it: ``X [m]`` is x."""
    bare = name.strip().strip("\"'").strip().casefold()
    return _UNIT.sub("", bare) or bare


def axes_of(names: Sequence[str]) -> tuple[str, str, str] | None:
    """Return which of some plain names are x, y and z; None where one is missing."""
    found = [next((a for a in aliases if a in names), None) for aliases in _AXES]
    x, y, z = found
    return None if x is None or y is None or z is None else (x, y, z)


def color_columns(names: Sequence[str]) -> tuple[tuple[str, ...], Scale] | None:
    """Return which of some column names are red, green and blue, and their scale; None without."""
    given = {plain_name(name): name for name in reversed(names)}
    for channels, scale in _COLORS:
        if all(c in given for c in channels):
            return tuple(given[c] for c in channels), scale
    return None


def label_column(names: Sequence[str]) -> str | None:
    """Return which of some column names holds class ids, or None."""
    folded = {plain_name(name): name for name in names}
    return next((folded[c] for c in _LABELS if c in folded), None)


def cloud_of(
    columns: Mapping[str, Column], path: Path, *, names: Mapping[int, str] | None = None
) -> CloudFile:
    """Return the cloud that named columns make; columns that have no place here are only listed.

    Args:
        columns: (N,) values by name as the file has it.
        path: The file, for messages.
        names: Class names by id, where the file has them.

    Raises:
        FormatError: x, y and z are not all there, or no point has finite ones.
    """
    given = {plain_name(name): name for name in reversed(list(columns))}
    axes = axes_of(list(given))
    if axes is None:
        msg = f"{path} has points without x, y, z: found {list(columns)[:12]}"
        raise FormatError(msg)
    with np.errstate(invalid="ignore"):
        xyz = np.stack([columns[given[a]].astype(np.float64) for a in axes], axis=1)
    used = {given[a] for a in axes}
    rgb = None
    colors = color_columns(list(columns))
    if colors is not None:
        rgb = rgb_from([columns[c] for c in colors[0]], colors[1])
        used |= set(colors[0])
    column = label_column(list(columns))
    labels: IdArray | None = None
    notes: tuple[str, ...] = ()
    if column is not None:
        used.add(column)
        labels, notes = _labels_or_why(columns[column], column)
    others = tuple(
        n
        for n in columns
        if n not in used and plain_name(n) not in _WRITTEN_ANEW and not n.startswith("_")
    )
    sure = None if labels is None or CONFIDENCE not in given else columns[given[CONFIDENCE]]
    confidence = None if sure is None else confidence_from(sure)
    cloud = CloudFile(
        xyz,
        rgb,
        labels,
        dict(names or {}),
        notes,
        others,
        confidence,
        label_column=None if labels is None else column,
    )
    return cloud.checked(path)


def labels_from(values: Column, where: str) -> IdArray:
    """Return a column as class ids; whole numbers in floats count, negative ones are unlabelled.

    Raises:
        FormatError: Values are not whole, or too large for a class id.
    """
    if values.dtype.kind not in "biuf":
        msg = f"{where} must hold class ids, whole numbers, found {values.dtype}"
        raise FormatError(msg)
    numbers = np.where(np.isfinite(values.astype(np.float64)), values.astype(np.float64), 0)
    if (numbers != np.floor(numbers)).any() or numbers.max(initial=0) > MAX_CLASS_ID:
        msg = f"{where} must hold class ids, whole numbers up to {MAX_CLASS_ID}"
        raise FormatError(msg)
    return np.maximum(numbers, 0).astype(np.uint16)


def confidence_from(values: Column) -> FloatArray | None:
    """Return a column as confidence of labels; None where it is none, as other programs' may be."""
    if values.dtype.kind != "f" or not values.size:
        return None
    # Text has four digits, and NaN is in no range.
    confidence: FloatArray = values.astype(np.float32)
    in_range = (confidence >= 0) & (confidence <= 1)
    return confidence if in_range.all() else None


def rgb_from(channels: Sequence[Column], scale: Scale = "found") -> RgbArray:
    """Return three columns as 8-bit colours.

    Args:
        channels: (N,) each.
        scale: "unit" is 0 to 1, "splat" the constant harmonic of Gaussian splats; "found" looks
            at the values: floats to 1, 8-bit or 16-bit numbers.
    """
    columns = np.stack([np.asarray(c) for c in channels], axis=1)
    values: FloatArray = np.nan_to_num(columns.astype(np.float64), posinf=0, neginf=0)
    highest = _highest(values)
    if scale == "splat":
        values = np.where(np.isfinite(columns), (0.5 + _HARMONIC * values) * 255, 0)
    elif scale == "unit" or (columns.dtype.kind == "f" and highest <= _MOST_UNIT):
        values = values * 255
    elif highest > _MOST_8_BIT:
        # 16-bit colours, as LAS defines them; 257 maps 65535 to 255.
        values = values / _16_BIT
    return np.clip(np.round(values), 0, 255).astype(np.uint8)


def _highest(values: FloatArray) -> float:
    """Return what nearly all values stay below: a single odd one is no reason for another scale."""
    sample = values[:: max(1, len(values) // _SAMPLE)]
    return float(np.percentile(sample, _NEARLY_ALL)) if sample.size else 0.0


def _labels_or_why(values: Column, column: str) -> tuple[IdArray | None, tuple[str, ...]]:
    """Return class ids, or none and the sentence why a column of such a name holds none."""
    try:
        return labels_from(values, f"column {column!r}"), ()
    except FormatError as error:
        return None, (f"{error}: it is not taken for labels.",)
