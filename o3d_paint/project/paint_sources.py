"""Everything painted on a scene, from all sources that a command is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from o3d_paint.core.accepted import AcceptedLabels
from o3d_paint.core.arrays import IdArray
from o3d_paint.core.packed_masks import PackedMasks
from o3d_paint.core.progress import Progress
from o3d_paint.core.scene import Scene
from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.fusion.settings import FusionSettings
from o3d_paint.io.class_numbers import NumberRules, joined_names
from o3d_paint.io.mask_formats.mask_set import with_new_ids
from o3d_paint.io.masks import load_masks
from o3d_paint.io.photo_matching import note_on_positions
from o3d_paint.io.strokes import read_strokes, stroke_masks
from o3d_paint.io.taxonomy_file import TaxonomyFile
from o3d_paint.project.cloud_labels import with_classes
from o3d_paint.project.pipeline import FuseResult, run_fuse
from o3d_paint.project.project import Project

__all__ = ["MaskChoices", "Paint", "all_paint"]


@dataclass(frozen=True, slots=True)
class MaskChoices:
    """What a user says about masks.

    Attributes:
        rules: About their numbers.
        background: Whether what they leave empty is of none of their classes; None where they show
            a single class and nothing else is painted.
    """

    rules: NumberRules = field(default_factory=NumberRules)
    background: bool | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Paint:
    """What is painted.

    Attributes:
        scene: What is painted; labels of its cloud have the numbers of the classes.
        masks: (H, W) ids by position of the photo.
        taxonomy: The classes.
        layer: (N,) labels laid on points directly, or None.
        background: By position of the photo: (H, W) 1 where nothing is of a class.
        notes: What was left out, guessed or added, one sentence each.
        accepted: Predictions that the project has accepted, or None.
    """

    scene: Scene
    masks: PackedMasks
    taxonomy: Taxonomy
    layer: IdArray | None
    background: Mapping[int, IdArray]
    notes: tuple[str, ...]
    accepted: AcceptedLabels | None = None

    def fused(
        self, settings: FusionSettings | None = None, *, progress: Progress | None = None
    ) -> FuseResult:
        """Return a label for every point; see `run_fuse`."""
        return run_fuse(
            self.scene,
            self.masks,
            self.taxonomy,
            settings,
            layer=self.layer,
            accepted=self.accepted,
            background=self.background,
            progress=progress,
        )


def all_paint(
    scene: Scene,
    *,
    class_list: TaxonomyFile | None = None,
    project: Project | None = None,
    masks: Path | None = None,
    strokes: Path | None = None,
    choices: MaskChoices | None = None,
) -> Paint:
    """Return everything painted, later sources over earlier ones: project, masks, strokes.

    Args:
        scene: What is painted.
        class_list: Classes to begin with, which numbers without names mean.
        project: Work whose paint and classes come first.
        masks: File or folder.
        strokes: File.
        choices: What the user says about the masks.

    Raises:
        PaintError: One of the files cannot be read.
    """
    painted, layer = PackedMasks(), None
    background: Mapping[int, IdArray] = {}
    notes: list[str] = []
    classes = None if class_list is None else class_list.taxonomy
    list_starts_at = _list_starts_at(scene, project, class_list)
    if project is not None:
        scene = replace(scene, labels=project.ballots.imported)
        painted = project.masks
        # What is painted already keeps the names that it was painted with.
        classes, layer = project.taxonomy, project.ballots.layer
    else:
        scene, classes, notes = with_classes(scene, classes)
    if masks is not None:
        said = choices or MaskChoices()
        is_alone = not painted and layer is None and strokes is None and scene.labels is None
        found = load_masks(
            masks,
            scene,
            classes,
            rules=said.rules,
            list_starts_at=list_starts_at,
            background=said.background if said.background is not None or is_alone else False,
        )
        classes, background = found.taxonomy, found.background
        notes += found.notes
        for i, mask in found.masks.items():
            painted[i] = np.where(mask > 0, mask, painted[i]) if i in painted else mask
    if strokes is not None:
        record = read_strokes(strokes)
        notes += note_on_positions("Strokes", sorted(record.frames), scene.frames)
        new_ids: dict[int, int] = {}
        if classes is None:
            classes = record.taxonomy()
        elif record.names:
            classes, new_ids = joined_names(record.names, classes, notes)
        for i, drawn in stroke_masks(record, scene).items():
            mask = with_new_ids(drawn, new_ids)
            painted[i] = np.where(mask > 0, mask, painted[i]) if i in painted else mask
    used = {int(i) for mask in painted.all_packed().values() for i in mask.class_ids}
    taxonomy = (classes or Taxonomy()).completed(used)
    accepted = None if project is None else project.accepted.snapshot()
    return Paint(scene, painted, taxonomy, layer, background, tuple(notes), accepted)


def _list_starts_at(
    scene: Scene, project: Project | None, class_list: TaxonomyFile | None
) -> int | None:
    """Return what numbers of masks without names mean; see `class_numbers`."""
    if project is not None:
        return 1
    if class_list is not None:
        return class_list.starts_at
    return None if scene.label_names else 1
