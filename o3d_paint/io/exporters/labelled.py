"""What an exporter is given: a scene with a label for every point, and the user's wishes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray, IdArray, RgbArray
from o3d_paint.core.scene import PointCloud, Scene
from o3d_paint.core.taxonomy import UNLABELLED_COLOR, Taxonomy

__all__ = [
    "ColorBy",
    "ExportOptions",
    "Exporter",
    "LabelledScene",
    "class_colors",
    "point_colors",
]

ColorBy = Literal["photo", "label"]


@dataclass(frozen=True, slots=True, eq=False)
class LabelledScene:
    """A scene and what is known about each of its N points.

    Attributes:
        scene: The cloud and the photos.
        taxonomy: The classes that labels mean.
        labels: (N,) class ids, 0 where unlabelled.
        source: (N,) uint8 as in `o3d_paint.core.label_source`.
        confidence: (N,) float32 0..1, or None where nothing measured it.
        votes: (N,) uint8 photos that voted, or None.
        file_rows: Ascending rows of the cloud's file that are written where they are a part of it:
            (M,), M the count of ``scene.rows`` where there are such, else N. None is all of them.
    """

    scene: Scene
    taxonomy: Taxonomy
    labels: IdArray
    source: npt.NDArray[np.uint8]
    confidence: FloatArray | None = None
    votes: npt.NDArray[np.uint8] | None = None
    file_rows: npt.NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        """Check that every array has one value a point.

        Raises:
            ValueError: One has not.
        """
        count = len(self.scene.cloud)
        for name in ("labels", "source", "confidence", "votes"):
            values = getattr(self, name)
            if values is not None and values.shape != (count,):
                msg = f"{name} has shape {values.shape}, expected ({count},)"
                raise ValueError(msg)
        rows = self.scene.rows
        written = count if rows is None else rows.count
        if self.file_rows is not None and self.file_rows.shape != (written,):
            msg = f"file_rows has shape {self.file_rows.shape}, expected ({written},)"
            raise ValueError(msg)

    def in_file_rows(self) -> LabelledScene:
        """Return the scene with a point for each row of its file; those without one are NaN."""
        rows = self.scene.rows
        if rows is None:
            return self
        cloud = self.scene.cloud
        whole = PointCloud(rows.spread(cloud.xyz, np.nan), rows.spread(cloud.rgb, 0))
        return LabelledScene(
            replace(self.scene, cloud=whole, rows=None),
            self.taxonomy,
            rows.spread(self.labels, 0),
            rows.spread(self.source, 0),
            None if self.confidence is None else rows.spread(self.confidence, 0),
            None if self.votes is None else rows.spread(self.votes, 0),
            self.file_rows,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """What a user can wish for.

    Attributes:
        color_by: Colours of the points: the photo's or the class's; None is the format's custom.
        thumbnails: Puts small photos into the frustums, where the format can.
        inputs: Files that must never be written over.
        point_format: LAS point format 6, 7 or 8 for a cloud that came as LAS with an older one.
    """

    color_by: ColorBy | None = None
    thumbnails: bool = False
    inputs: tuple[Path, ...] = field(default=())
    point_format: int | None = None


@dataclass(frozen=True, slots=True)
class Exporter:
    """A way to write labelled clouds.

    Attributes:
        title: What it writes, for people.
        write: Writes the file whole or not at all.
        require: Raises `MissingExtraError` for a file (named for the message) where a library is
            missing that writing needs; None where all are always there.
        uses: Fields of `ExportOptions` that change what is written.
        keeps_rows: Whether it is given points that are nowhere (NaN) too, where the cloud's file
            has them, so that rows stay where they are.
    """

    title: str
    write: Callable[[LabelledScene, Path, ExportOptions], None]
    require: Callable[[Path], object] | None = None
    uses: tuple[str, ...] = ("color_by", "thumbnails")
    keeps_rows: bool = False


def class_colors(labels: IdArray, taxonomy: Taxonomy) -> RgbArray:
    """Return (N, 3) sRGB class colours; unlabelled points and unknown ids are grey."""
    known = taxonomy.color_table()
    size = max(len(known), int(labels.max(initial=0)) + 1)
    table = np.full((size, 3), UNLABELLED_COLOR, dtype=np.uint8)
    table[: len(known)] = known
    return table[labels]


def point_colors(labelled: LabelledScene, options: ExportOptions) -> RgbArray:
    """Return (N, 3) sRGB colours as the user wishes; the photos' where nothing is said."""
    if options.color_by == "label":
        return class_colors(labelled.labels, labelled.taxonomy)
    return labelled.scene.cloud.rgb
