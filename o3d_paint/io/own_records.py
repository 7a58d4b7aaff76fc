"""What this program's own records in the files of others are called, by writers and readers."""

from __future__ import annotations

__all__ = ["CLASSES_VLR", "E57_CLASSES", "E57_PREFIX", "E57_URI"]

CLASSES_VLR = "O3D_PAINT"
"""User id of the record with the class list in LAS."""

E57_PREFIX = "o3dpaint"
"""Of the fields of labels in a scanner's file; see `o3d_paint.io.exporters.rewriters.e57`."""
E57_URI = "urn:o3d-paint:labels"

E57_CLASSES = f"{E57_PREFIX}:classes"
"""Where such a file has the class list, as JSON."""
