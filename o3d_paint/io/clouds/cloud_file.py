"""What every reader of clouds returns, and how a column becomes labels or colours."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray, IdArray, RgbArray
from o3d_paint.core.taxonomy import MAX_CLASS_ID
from o3d_paint.errors import FormatError

__all__ = ["LABEL_COLUMNS", "CloudFile", "label_column", "labels_from", "names_from", "rgb_from"]

LABEL_COLUMNS = (
    "label",
    "segment_label",
    "labels",
    "class",
    "classification",
    "semantic",
    "scalar_label",
    "scalar_class",
    "scalar_classification",
    "scalar_segment_label",
)


@dataclass(frozen=True, slots=True, eq=False)
class CloudFile:
    """A cloud as a file has it.

    Attributes:
        xyz: (N, 3) float64 coordinates.
        rgb: (N, 3) uint8 sRGB, or None where the file has no colours.
        labels: (N,) uint16 class ids, or None where it has none.
        names: Class names by id, where the file has them.
    """

    xyz: FloatArray
    rgb: RgbArray | None = None
    labels: IdArray | None = None
    names: Mapping[int, str] = field(default_factory=dict)

    def checked(self, path: Path) -> CloudFile:
        """Return the cloud without points that are nowhere.

        Raises:
            FormatError: No point is left.
        """
        finite = np.isfinite(self.xyz).all(axis=1)
        if not finite.any():
            msg = f"{path} has no points with finite coordinates: export it again"
            raise FormatError(msg)
        if finite.all():
            return self
        rgb = None if self.rgb is None else self.rgb[finite]
        labels = None if self.labels is None else self.labels[finite]
        return CloudFile(self.xyz[finite], rgb, labels, self.names)


def label_column(names: list[str]) -> str | None:
    """Return which of some column names holds class ids, or None."""
    folded = {name.casefold(): name for name in names}
    return next((folded[c] for c in LABEL_COLUMNS if c in folded), None)


def labels_from(values: npt.NDArray[np.generic], where: str) -> IdArray:
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


def names_from(value: npt.NDArray[np.generic]) -> dict[int, str]:
    """Return class names from the JSON class list that this program writes beside labels.

    What is no such list gives no names: the labels count without.
    """
    try:
        entries = json.loads(str(value))["classes"]
        return {int(c["id"]): str(c["name"]) for c in entries}
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return {}


def rgb_from(channels: list[npt.NDArray[np.generic]]) -> RgbArray:
    """Return three columns as 8-bit colours: floats of 0..1, 8-bit or 16-bit numbers."""
    columns = np.stack([np.asarray(c) for c in channels], axis=1)
    values = np.nan_to_num(columns.astype(np.float64), posinf=0, neginf=0)
    if columns.dtype.kind == "f" and values.max(initial=0) <= 1.0:
        values = values * 255
    elif values.max(initial=0) > 255:
        # 16-bit colours, as LAS defines them; 257 maps 65535 to 255.
        values = values / 257
    return np.clip(np.round(values), 0, 255).astype(np.uint8)
