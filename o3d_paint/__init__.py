"""O3D Paint: paint photos, watch the 3D scene become labelled.

As a library (``import o3d_paint as op``) see `o3d_paint.library`. Nothing heavy is imported before
it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from o3d_paint import ui as ui
    from o3d_paint.core.brush import Stroke as Stroke
    from o3d_paint.core.metrics import Scores as Scores
    from o3d_paint.core.scene import ArrayPhoto as ArrayPhoto
    from o3d_paint.core.scene import Frame as Frame
    from o3d_paint.core.scene import PointCloud as PointCloud
    from o3d_paint.core.scene import Scene as Scene
    from o3d_paint.core.statistics import ClassStatistics as ClassStatistics
    from o3d_paint.core.taxonomy import LabelClass as LabelClass
    from o3d_paint.core.taxonomy import Taxonomy as Taxonomy
    from o3d_paint.core.views.suggest import Suggestion as Suggestion
    from o3d_paint.errors import PaintError as PaintError
    from o3d_paint.fusion.settings import FuseOptions as FuseOptions
    from o3d_paint.fusion.settings import FusionSettings as FusionSettings
    from o3d_paint.io.exporters.labelled import ExportOptions as ExportOptions
    from o3d_paint.io.exporters.labelled import LabelledScene as LabelledScene
    from o3d_paint.io.masks import MaskImport as MaskImport
    from o3d_paint.io.sample.files import sample_scene_path as sample_scene_path
    from o3d_paint.io.scene import LoadOptions as LoadOptions
    from o3d_paint.library import export as export
    from o3d_paint.library import load as load
    from o3d_paint.library import load_masks as load_masks
    from o3d_paint.library import save as save
    from o3d_paint.library import score as score
    from o3d_paint.library import show as show
    from o3d_paint.library import statistics as statistics
    from o3d_paint.library import write_masks as write_masks
    from o3d_paint.project.evaluation import evaluate as evaluate
    from o3d_paint.project.next_photo import suggest_photos as suggest_photos
    from o3d_paint.project.picture import picture as picture
    from o3d_paint.project.project import Project as Project
    from o3d_paint.project.session import open_session as open_session

__version__ = "0.1.0"

_PLACES = {
    "ArrayPhoto": "core.scene",
    "ClassStatistics": "core.statistics",
    "ExportOptions": "io.exporters.labelled",
    "Frame": "core.scene",
    "FuseOptions": "fusion.settings",
    "FusionSettings": "fusion.settings",
    "LabelClass": "core.taxonomy",
    "LabelledScene": "io.exporters.labelled",
    "LoadOptions": "io.scene",
    "MaskImport": "io.masks",
    "PaintError": "errors",
    "PointCloud": "core.scene",
    "Project": "project.project",
    "Scene": "core.scene",
    "Scores": "core.metrics",
    "Stroke": "core.brush",
    "Suggestion": "core.views.suggest",
    "Taxonomy": "core.taxonomy",
    "evaluate": "project.evaluation",
    "export": "library",
    "load": "library",
    "load_masks": "library",
    "open_session": "project.session",
    "picture": "project.picture",
    "sample_scene_path": "io.sample.files",
    "save": "library",
    "score": "library",
    "show": "library",
    "statistics": "library",
    "suggest_photos": "project.next_photo",
    "write_masks": "library",
}
"""Where each name of the library lives."""

__all__ = ["__version__", "ui", *_PLACES]


def __getattr__(name: str) -> object:
    """Import what is asked for."""
    if name == "ui":
        return import_module("o3d_paint.ui")
    if name not in _PLACES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(import_module(f"o3d_paint.{_PLACES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return all names of the library, imported or not."""
    return sorted({*globals(), *__all__})
