"""What a checkpoint of a project consists of at this moment."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from o3d_paint import __version__
from o3d_paint.core.scene import Scene
from o3d_paint.project.checkpoint import MaskCopy, Snapshot
from o3d_paint.project.document import Document, PhotoEntry
from o3d_paint.project.fingerprint import cloud_fingerprint
from o3d_paint.project.layout import Layout, mask_names, now_text
from o3d_paint.project.mask_file import PointLabels
from o3d_paint.project.project import Project

__all__ = ["Bookkeeper", "Dirty"]


@dataclass(slots=True)
class Dirty:
    """What differs between memory and the last checkpoint.

    Attributes:
        frames: Photos whose masks do.
        layer: Whether labels laid on points or accepted for them do.
        fused: Whether the fused layer does.
        contents: Whether anything else does: classes, settings, history.
    """

    frames: set[int] = field(default_factory=set)
    layer: bool = False
    fused: bool = False
    contents: bool = False

    def add(self, other: Dirty) -> None:
        """Take over what another one holds."""
        self.frames |= other.frames
        self.layer |= other.layer
        self.fused |= other.fused
        self.contents |= other.contents


class Bookkeeper:
    """Knows the names of the files and the checksums of the photos of one folder."""

    def __init__(
        self,
        scene: Scene,
        layout: Layout,
        *,
        scene_path: Path | None,
        checksums: Mapping[int, str],
    ) -> None:
        """Compute names and the fingerprint of the points.

        Args:
            scene: What is painted.
            layout: The folder.
            scene_path: The scene's file, noted for commands that are given the folder alone.
            checksums: Known checksums of photos, by position.
        """
        self._scene = scene
        self._layout = layout
        self._scene_path = "" if scene_path is None else str(scene_path.resolve())
        self._checksums = dict(checksums)
        self._cloud = cloud_fingerprint(scene.cloud)
        self._names = mask_names([f.name for f in scene.frames])

    def learn(self, checksums: Mapping[int, str]) -> None:
        """Remember checksums of photos, by position."""
        self._checksums.update(checksums)

    def snapshot(
        self,
        project: Project,
        dirty: Dirty,
        *,
        number: int,
        outdated: Sequence[Path],
        state: bool,
    ) -> Snapshot:
        """Copy what has to be written.

        Args:
            project: Between two strokes.
            dirty: What to copy.
            number: Of the checkpoint.
            outdated: Further files to remove afterwards.
            state: Whether to keep the state.
        """
        masks = project.packed_masks()
        unpainted = [self._layout.masks / n for i, n in enumerate(self._names) if i not in masks]
        return Snapshot(
            document=self._document(project, set(masks), number=number),
            masks=tuple(
                MaskCopy(i, masks[i], self._scene.frames[i].photo)
                for i in sorted(dirty.frames & set(masks))
            ),
            layer=_point_labels(project) if dirty.layer else None,
            done=project.history.done,
            undone=project.history.undone,
            fusion=project.fusion_for_saving() if dirty.fused else None,
            outdated=(*outdated, *unpainted),
            state=state,
        )

    def _document(self, project: Project, painted: set[int], *, number: int) -> Document:
        return Document(
            number=number,
            saved=now_text(),
            program=__version__,
            scene_name=self._scene.name,
            scene_path=self._scene_path,
            num_points=len(self._scene.cloud),
            cloud=self._cloud,
            photos=tuple(
                PhotoEntry(
                    frame.name,
                    frame.mask_shape,
                    self._checksums.get(i, ""),
                    f"masks/{self._names[i]}" if i in painted else None,
                )
                for i, frame in enumerate(self._scene.frames)
            ),
            taxonomy=project.taxonomy,
            hidden=tuple(sorted(project.hidden)),
            locked=tuple(sorted(project.locked)),
            # A copy: the settings may change while a worker writes this.
            settings=json.loads(json.dumps(project.settings)),
            layer=_has_point_labels(project),
            fused_shown=project.fused_shown,
        )


def _has_point_labels(project: Project) -> bool:
    layer = project.ballots.layer
    return bool(len(project.accepted)) or (layer is not None and bool(layer.any()))


def _point_labels(project: Project) -> PointLabels | None:
    """Return a copy of the labels of points; None where there are none."""
    if not _has_point_labels(project):
        return None
    layer = project.ballots.layer
    laid = np.zeros(len(project.scene.cloud), dtype=np.uint16) if layer is None else layer.copy()
    return PointLabels(laid, project.accepted.copy())
