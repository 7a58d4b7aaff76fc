"""Rows of a cloud that hold no point, as organised clouds of depth cameras have them.

The engine sees points only. Their rows are kept, so that labels can be written in the file's order.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from o3d_paint.core.arrays import BoolArray
from o3d_paint.core.scene import FileRows
from o3d_paint.io.capture import Capture

__all__ = ["without_nowhere"]


def without_nowhere(capture: Capture) -> tuple[Capture, FileRows | None]:
    """Return a capture whose points are somewhere, and their rows where there were others."""
    if capture.xyz is None:
        return capture, None
    finite: BoolArray = np.asarray(np.isfinite(capture.xyz).all(axis=1))
    if finite.all():
        return capture, None
    rows = FileRows(np.flatnonzero(finite), len(finite))
    note = (
        f"{len(finite) - len(rows.of_points):,} of {len(finite):,} points are nowhere (NaN or"
        " infinite): they stay unlabelled and keep their rows in what is written."
    )
    placed = replace(
        capture,
        xyz=capture.xyz[finite],
        rgb=None if capture.rgb is None else capture.rgb[finite],
        labels=None if capture.labels is None else capture.labels[finite],
        notes=(*capture.notes, note),
    )
    return placed, rows
