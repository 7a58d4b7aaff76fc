"""Every way to write a labelled scene, as one table by file ending."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from o3d_paint.errors import FormatError
from o3d_paint.io.exporters.arrays import write_npz
from o3d_paint.io.exporters.color_scale import write_color_scale
from o3d_paint.io.exporters.e57 import require_e57, write_e57
from o3d_paint.io.exporters.glb import write_glb
from o3d_paint.io.exporters.kitti import write_kitti
from o3d_paint.io.exporters.labelled import Exporter, ExportOptions, LabelledScene
from o3d_paint.io.exporters.labels import write_labels
from o3d_paint.io.exporters.las import require_las, require_laz, write_las, write_laz
from o3d_paint.io.exporters.pcd import write_pcd
from o3d_paint.io.exporters.plugged import plugin_exporters
from o3d_paint.io.exporters.ply import write_ply
from o3d_paint.io.exporters.pointcept import write_pointcept
from o3d_paint.io.exporters.rewriters import rewriter_for, told_of_losses
from o3d_paint.io.exporters.s3dis import write_s3dis
from o3d_paint.io.exporters.text import write_csv, write_xyz
from o3d_paint.io.origin import ENDINGS
from o3d_paint.io.project_folders import refuse_inside_project

__all__ = [
    "EXPORTERS",
    "ExportOptions",
    "Exporter",
    "LabelledScene",
    "export",
    "exporter_for",
    "exporters",
    "require_libraries",
]

_COLORS = ("color_by",)
_LAS = ("color_by", "point_format")
EXPORTERS: dict[str, Exporter] = {
    ".ply": Exporter("labelled point cloud (PLY)", write_ply, uses=_COLORS, keeps_rows=True),
    ".glb": Exporter("classes and cameras for any 3D viewer (GLB)", write_glb),
    ".pcd": Exporter(
        "labelled point cloud of the Point Cloud Library (PCD)",
        write_pcd,
        uses=_COLORS,
        keeps_rows=True,
    ),
    ".las": Exporter(
        "LAS 1.4 with classification and full class ids", write_las, require_las, _LAS
    ),
    ".laz": Exporter("LAS 1.4, compressed (LAZ)", write_laz, require_laz, _LAS),
    ".e57": Exporter("E57 with one scan per class", write_e57, require_e57, _COLORS),
    ".xyz": Exporter(
        "text, blanks between columns (XYZ)", write_xyz, uses=_COLORS, keeps_rows=True
    ),
    ".csv": Exporter(
        "text, commas between columns (CSV)", write_csv, uses=_COLORS, keeps_rows=True
    ),
    ".npz": Exporter(
        "NumPy archive of points, colours and labels (NPZ)",
        write_npz,
        uses=_COLORS,
        keeps_rows=True,
    ),
    ".npy": Exporter(
        "labels in point order (NPY), with classes.json", write_labels, uses=(), keeps_rows=True
    ),
    ".label": Exporter(
        "SemanticKITTI labels, with the points as .bin", write_kitti, uses=(), keeps_rows=True
    ),
    ".s3dis": Exporter("folder in the layout of S3DIS", write_s3dis, uses=_COLORS),
    ".pointcept": Exporter(
        "folder of one scene for Pointcept: coord, color, normal, segment",
        write_pointcept,
        uses=_COLORS,
    ),
    ".xml": Exporter(
        "CloudCompare's colour scale of the classes (XML), to import beside a cloud",
        write_color_scale,
        uses=(),
        keeps_rows=True,
    ),
}
"""By the ending of the file."""


@cache
def exporters() -> dict[str, Exporter]:
    """Return the table together with what other installed packages add."""
    return {**EXPORTERS, **plugin_exporters(EXPORTERS)}


def exporter_for(path: Path) -> Exporter:
    """Return the exporter for a file's ending.

    Raises:
        FormatError: There is none.
    """
    exporter = exporters().get(path.suffix.lower())
    if exporter is None:
        known = ", ".join(exporters())
        reason = f"{path.suffix!r} is not a known format" if path.suffix else "it has no ending"
        msg = f"cannot write {path}: {reason}, use one of {known}"
        raise FormatError(msg)
    return exporter


def require_libraries(path: Path) -> None:
    """Check that what writing a file needs is installed, before anything long is begun.

    Raises:
        FormatError: The ending is unknown.
        MissingExtraError: A library is missing.
    """
    exporter = exporter_for(path)
    if exporter.require is not None:
        exporter.require(path)


def export(
    labelled: LabelledScene, path: Path | str, options: ExportOptions | None = None
) -> list[str]:
    """Write a labelled scene in the format of the file's ending, whole or not at all.

    Returns:
        What the format could not keep, one sentence each.

    Raises:
        FormatError: The ending is unknown.
        StorageError: The file cannot be written, is an input, or belongs to a project.
    """
    target = Path(path)
    refuse_inside_project(target)
    chosen = options or ExportOptions()
    sources = tuple(Path(s) for s in labelled.scene.sources)
    chosen = replace(chosen, inputs=(*chosen.inputs, *sources))
    exporter, rows = exporter_for(target), labelled.scene.rows
    rewrite = rewriter_for(labelled, target)
    if rewrite is not None:
        return rewrite(labelled.in_file_rows(), target, chosen)
    exporter.write(labelled.in_file_rows() if exporter.keeps_rows else labelled, target, chosen)
    notes = told_of_losses(labelled, target)
    if chosen.point_format is not None and target.suffix.lower() in ENDINGS["las"]:
        notes.append("--point-format has no effect on a cloud that was not LAS: it has format 7.")
    if rows is None or exporter.keeps_rows:
        return notes
    missing = rows.count - len(rows.of_points)
    return [
        *notes,
        f"{target} is without the {missing:,} points that are nowhere, which its format cannot"
        " hold: its points count differently than the rows of the cloud's file.",
    ]
