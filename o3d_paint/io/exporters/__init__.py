"""Every way to write a labelled scene, as one table by file ending."""

from __future__ import annotations

from pathlib import Path

from o3d_paint.errors import FormatError
from o3d_paint.io.exporters.glb import write_glb
from o3d_paint.io.exporters.labelled import Exporter, ExportOptions, LabelledScene
from o3d_paint.io.exporters.labels import write_labels
from o3d_paint.io.exporters.ply import write_ply

__all__ = ["EXPORTERS", "ExportOptions", "Exporter", "LabelledScene", "export", "exporter_for"]

EXPORTERS: dict[str, Exporter] = {
    ".ply": Exporter("labelled point cloud (PLY)", write_ply),
    ".glb": Exporter("classes and cameras for any 3D viewer (GLB)", write_glb),
    ".npy": Exporter("labels in point order (NPY), with classes.json", write_labels),
}
"""By the ending of the file."""


def exporter_for(path: Path) -> Exporter:
    """Return the exporter for a file's ending.

    Raises:
        FormatError: There is none.
    """
    exporter = EXPORTERS.get(path.suffix.lower())
    if exporter is None:
        known = ", ".join(EXPORTERS)
        ending = repr(path.suffix) if path.suffix else "no ending"
        msg = f"cannot write {path}: {ending} is not a known format, use one of {known}"
        raise FormatError(msg)
    return exporter


def export(labelled: LabelledScene, path: Path | str, options: ExportOptions | None = None) -> None:
    """Write a labelled scene in the format of the file's ending, whole or not at all.

    Raises:
        FormatError: The ending is unknown.
        StorageError: The file cannot be written, or is an input.
    """
    target = Path(path)
    exporter_for(target).write(labelled, target, options or ExportOptions())
