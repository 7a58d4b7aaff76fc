"""What a package needs that adds to O3D Paint: a reader, a writer, a tool, a list of classes.

An installed package offers an object by an entry point; nothing has to be registered::

    [project.entry-points."o3d_paint.importers"]
    myformat = "my_package:IMPORTER"        # an Importer; the name forces it with --format
    [project.entry-points."o3d_paint.exporters"]
    ".myf" = "my_package:EXPORTER"          # an Exporter; the name is the ending of its files
    [project.entry-points."o3d_paint.tools"]
    mytool = "my_package:TOOL"              # a PhotoTool
    [project.entry-points."o3d_paint.class_lists"]
    shop = "my_package:CLASSES"             # a Taxonomy; the name is what --taxonomy takes

``assets/docs/plugins.md`` has a worked example of each. The names here stay what they are within
a major version of the program; everything else in the package may move.

A plug-in tells of input that it cannot use by raising `FormatError` (or another `PaintError`) with
one sentence: file, field, remedy. Anything else that it raises is told to the user as the plug-in's
own failure, with its name, and its traceback goes to the log file.
"""

from __future__ import annotations

from o3d_paint.core.camera import Camera
from o3d_paint.core.mask import Rect
from o3d_paint.core.scene import ArrayPhoto, Frame, Photo, PointCloud, Scene
from o3d_paint.core.selection.photo_tool import PhotoTool, Prompt, ToolInput
from o3d_paint.core.taxonomy import LabelClass, Taxonomy
from o3d_paint.errors import FormatError, MissingExtraError, PaintError
from o3d_paint.io.capture import Capture, Convention, Importer, ImportOptions
from o3d_paint.io.exporters.labelled import (
    Exporter,
    ExportOptions,
    LabelledScene,
    class_colors,
    point_colors,
)
from o3d_paint.io.extras import require
from o3d_paint.io.images import FilePhoto, photo_at
from o3d_paint.io.plugins import GROUPS
from o3d_paint.io.store import write_bytes
from o3d_paint.log_file import log_file

__all__ = [
    "GROUPS",
    "ArrayPhoto",
    "Camera",
    "Capture",
    "Convention",
    "ExportOptions",
    "Exporter",
    "FilePhoto",
    "FormatError",
    "Frame",
    "ImportOptions",
    "Importer",
    "LabelClass",
    "LabelledScene",
    "MissingExtraError",
    "PaintError",
    "Photo",
    "PhotoTool",
    "PointCloud",
    "Prompt",
    "Rect",
    "Scene",
    "Taxonomy",
    "ToolInput",
    "class_colors",
    "log_file",
    "photo_at",
    "point_colors",
    "require",
    "write_bytes",
]
