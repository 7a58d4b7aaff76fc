"""Labelled clouds as text: XYZ with blanks, CSV with commas, column names in the first line."""

from __future__ import annotations

from io import TextIOWrapper
from pathlib import Path

import numpy as np

from o3d_paint.io.exporters.labelled import ExportOptions, LabelledScene, point_colors
from o3d_paint.io.store import replacing

__all__ = ["write_csv", "write_xyz"]

_BLOCK = 1 << 16
_DIGITS_BELOW_SPACING = 3
_MOST_DECIMALS = 12


def write_xyz(labelled: LabelledScene, path: Path, options: ExportOptions) -> None:
    """Write ``x y z red green blue label source [confidence]``, names in a comment line.

    Raises:
        StorageError: The file cannot be written.
    """
    _write(labelled, path, options, separator=" ", comment="//")


def write_csv(labelled: LabelledScene, path: Path, options: ExportOptions) -> None:
    """Write the same columns with commas, names in the first line.

    Raises:
        StorageError: The file cannot be written.
    """
    _write(labelled, path, options, separator=",", comment="")


def _write(
    labelled: LabelledScene, path: Path, options: ExportOptions, *, separator: str, comment: str
) -> None:
    names = ["x", "y", "z", "red", "green", "blue", "label", "source"]
    columns = [
        labelled.scene.cloud.xyz,
        point_colors(labelled, options),
        labelled.labels[:, None],
        labelled.source[:, None],
    ]
    formats = [f"%.{_decimals(labelled.scene.spacing)}f"] * 3 + ["%d"] * 5
    if labelled.confidence is not None:
        names.append("confidence")
        columns.append(labelled.confidence[:, None])
        formats.append("%.4f")
    with replacing(path, inputs=options.inputs) as file:
        text = TextIOWrapper(file, encoding="ascii", newline="\n", write_through=True)
        text.write(comment + separator.join(names) + "\n")
        for start in range(0, len(labelled.labels), _BLOCK):
            block = np.hstack([c[start : start + _BLOCK] for c in columns])
            np.savetxt(text, block, fmt=formats, delimiter=separator)
        text.detach()


def _decimals(spacing: float) -> int:
    """Return decimals that keep a thousandth of the point spacing."""
    if not spacing > 0:
        return _DIGITS_BELOW_SPACING
    needed = int(np.ceil(-np.log10(spacing))) + _DIGITS_BELOW_SPACING
    return int(np.clip(needed, 0, _MOST_DECIMALS))
