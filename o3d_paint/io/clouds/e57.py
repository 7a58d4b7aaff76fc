"""E57 of terrestrial scanners, read by pye57 in a process of its own. Needs the extra ``e57``.

All scans of a file are joined, each moved by its own pose. The standard has no labels.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from o3d_paint.io.clouds.cloud_file import CloudFile, rgb_from
from o3d_paint.io.extras import require
from o3d_paint.io.isolated import read_isolated
from o3d_paint.io.memory import require_memory

__all__ = ["matches", "read"]

_BYTES_PER_POINT = 120
_GREY = 128
_COLORS = ("colorRed", "colorGreen", "colorBlue")


def matches(start: bytes) -> bool:
    """Return whether a file starts like an E57."""
    return start.startswith(b"ASTM-E57")


def read(path: Path) -> CloudFile:
    """Read an E57.

    Raises:
        MissingExtraError: pye57 is not installed.
        FormatError: It is damaged.
        SceneError: It would not fit into memory.
    """
    require("pye57", extra="e57", purpose=f"reading {path.name}")
    arrays = read_isolated(_read_arrays, path)
    rgb = rgb_from([arrays[c] for c in _COLORS]) if _COLORS[0] in arrays else None
    return CloudFile(arrays["xyz"].astype(np.float64), rgb).checked(path)


def _read_arrays(path: Path) -> dict[str, npt.NDArray[np.generic]]:
    pye57 = require("pye57", extra="e57", purpose=f"reading {path.name}")
    file = pye57.E57(str(path))
    headers = [file.get_header(i) for i in range(file.scan_count)]
    require_memory(str(path), sum(h.point_count for h in headers) * _BYTES_PER_POINT)
    has_colors = [all(c in h.point_fields for c in _COLORS) for h in headers]
    parts = [
        file.read_scan(i, colors=has_colors[i], ignore_missing_fields=True)
        for i in range(file.scan_count)
    ]
    axes = ("cartesianX", "cartesianY", "cartesianZ")
    xyz = [np.stack([p[a] for a in axes], axis=1) for p in parts]
    arrays = {"xyz": np.concatenate(xyz) if xyz else np.zeros((0, 3))}
    if any(has_colors):
        for part, xyz_of_part in zip(parts, xyz, strict=True):
            # A scanner may have photographed some of its stations only.
            for channel in _COLORS:
                part.setdefault(channel, np.full(len(xyz_of_part), _GREY, dtype=np.uint8))
        arrays |= {c: np.concatenate([p[c] for p in parts]) for c in _COLORS}
    return arrays
