"""Fusing masks whose empty pixels say something: that nothing there is of their classes.

A class of its own stands for it while labels spread, so that those of the masks end where photos
show something else; afterwards it is taken out again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from o3d_paint.core.arrays import IdArray
from o3d_paint.core.packed_masks import PackedMasks
from o3d_paint.core.scene import Scene
from o3d_paint.core.taxonomy import MAX_CLASS_ID, LabelClass, Taxonomy, next_color
from o3d_paint.project.pipeline import FuseResult, run_fuse

__all__ = ["fuse_with_background"]


def fuse_with_background(
    scene: Scene,
    masks: Mapping[int, IdArray],
    background: Mapping[int, IdArray],
    taxonomy: Taxonomy,
    settings: Any = None,
    **options: Any,
) -> FuseResult:
    """Label points; those that photos show as of no class stay unlabelled.

    Args:
        scene: Cloud and photos.
        masks: (H, W) ids by position of the photo.
        background: (H, W) 1 by position of the photo, where nothing is of a class.
        taxonomy: The classes.
        settings: As `run_fuse` takes them.
        options: The rest of what `run_fuse` takes.

    Raises:
        SceneError: Nothing is painted, or the article meets a photo without depth.
    """
    if not background:
        return run_fuse(scene, masks, taxonomy, settings, **options)
    with_rest, rest = _with_rest(taxonomy)
    filled = PackedMasks()
    for i, mask in masks.items():
        empty = background.get(i)
        filled[i] = mask if empty is None else np.where((mask == 0) & (empty > 0), rest, mask)
    result = run_fuse(scene, filled, with_rest, settings, **options)
    labelled = result.labelled
    is_rest = labelled.labels == rest
    sure = labelled.confidence
    without = replace(
        labelled,
        taxonomy=taxonomy,
        labels=np.where(is_rest, 0, labelled.labels).astype(np.uint16),
        source=np.where(is_rest, 0, labelled.source).astype(np.uint8),
        confidence=None if sure is None else np.where(is_rest, 0, sure).astype(sure.dtype),
    )
    return replace(
        result,
        labelled=without,
        painted=np.where(result.painted == rest, 0, result.painted).astype(np.uint16),
        conflicts=tuple(c for c in result.conflicts if rest not in c.class_ids),
    )


def _with_rest(taxonomy: Taxonomy) -> tuple[Taxonomy, int]:
    """Return the classes with one more for what is of none of them, and its id."""
    name = "none of the classes"
    while taxonomy.find(name) is not None:
        name += "'"
    class_id = next(i for i in range(1, MAX_CLASS_ID + 1) if i not in taxonomy)
    rest = LabelClass(class_id, name, next_color(c.color for c in taxonomy))
    return Taxonomy((*taxonomy.classes, rest)), class_id
