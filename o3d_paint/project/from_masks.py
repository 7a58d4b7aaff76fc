"""Masks that come from elsewhere, a network's for example, as the paint of a scene."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from o3d_paint.core.arrays import IdArray
from o3d_paint.core.packed_masks import PackedMasks
from o3d_paint.core.scene import Scene
from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.io.masks import MaskImport, load_masks
from o3d_paint.io.photo_matching import photo_named
from o3d_paint.project.background import as_class
from o3d_paint.project.checked import fitted, whole_ids
from o3d_paint.project.cloud_labels import NUMBERS, classes_of, numbers_of, renumbered
from o3d_paint.project.noted_paths import found_again

__all__ = ["MASKS_READ", "PhotoMasks", "noted_sources", "sources_now", "taken_masks"]

MASKS_READ = "masks_read"
"""Setting: files and folders that a project's masks were read from, which nothing writes over."""
_MOST_SOURCES = 100

PhotoMasks = Path | str | Mapping[int, Any] | Mapping[str, Any] | Mapping[int | str, Any]
"""A file or folder; or (H, W) class ids by position or name of the photo."""


def taken_masks(
    scene: Scene, masks: PhotoMasks, classes: Taxonomy | None, *, background: bool | None = None
) -> tuple[Mapping[int, IdArray], Taxonomy, dict[str, Any], list[str]]:
    """Return masks at the size of their photos, with what a project needs beside them.

    Args:
        scene: Whose photos.
        masks: Where they are, or the masks themselves.
        classes: Known ones, to which others are added.
        background: Of files: whether what masks leave empty is of none of their classes; None
            takes it for that where they show a single class and the cloud has no labels.

    Returns:
        Masks by position of the photo; their classes, with one of its own for a background;
        settings of the project; sentences about what was noticed.

    Raises:
        PaintError: A file cannot be read, or none of its masks belongs to a photo.
        ValueError: A mask has another aspect than its photo, holds no class ids, or there is no
            such photo.
    """
    known = classes if scene.labels is None else classes_of(scene, classes)
    numbers = {} if known is None else numbers_of(scene, known)
    settings: dict[str, Any] = {NUMBERS: numbers} if numbers else {}
    notes = renumbered(scene, numbers)
    if not isinstance(masks, (str, Path)):
        found = _from_arrays(scene, masks, known if known is not None else Taxonomy())
        return found.masks, found.taxonomy, settings, [*notes, *found.notes]
    has_labels = scene.labels is not None
    found = load_masks(
        masks,
        scene,
        known,
        # Numbers of masks mean those of a cloud that has names for its own.
        list_starts_at=None if classes is None and scene.label_names else 1,
        background=False if background is None and has_labels else background,
    )
    settings[MASKS_READ] = noted_sources(None, [Path(masks)])
    painted, taxonomy, said = as_class(found.masks, found.background, found.taxonomy)
    return painted, taxonomy, settings, [*notes, *found.notes, *said]


def noted_sources(before: object, paths: Iterable[Path]) -> list[str] | None:
    """Return what to keep of the files that masks were read from; None for nothing.

    Args:
        before: What was kept so far.
        paths: Files or folders.
    """
    kept = [p for p in before if isinstance(p, str)] if isinstance(before, list) else []
    new = [str(path.absolute()) for path in paths]
    return list(dict.fromkeys([*kept, *new]))[-_MOST_SOURCES:] or None


def sources_now(noted: object, folder: Path) -> list[str] | None:
    """Return what `noted_sources` kept, and where that lies now if it moved with the project.

    Args:
        noted: The setting, which anybody may have written.
        folder: Of the project.
    """
    kept = noted_sources(noted, ()) or []
    found = [found_again(path, folder) for path in kept]
    return noted_sources(kept, [path for path in found if path is not None])


def _from_arrays(scene: Scene, masks: Mapping[Any, Any], classes: Taxonomy) -> MaskImport:
    found = PackedMasks()
    used: set[int] = set()
    for photo, values in masks.items():
        frame_idx = _position(photo, scene)
        ids: IdArray = whole_ids(values).astype(np.uint16)
        mask = fitted(ids, scene.frames[frame_idx].mask_shape)
        used |= set(np.flatnonzero(np.bincount(mask.ravel())).tolist())
        found[frame_idx] = mask
    taxonomy = classes.completed(used)
    added = [c.name for c in taxonomy if c.class_id not in classes]
    notes = (f"Ids without a class got one: {', '.join(added)}.",) if added and len(classes) else ()
    return MaskImport(found, taxonomy, notes)


def _position(photo: Any, scene: Scene) -> int:
    """Return the position of a photo that a caller names.

    Raises:
        ValueError: There is none.
    """
    names = [frame.name for frame in scene.frames]
    if isinstance(photo, str):
        found = photo_named(photo, scene.frames)
        if found is not None:
            return found
    elif 0 <= int(photo) < len(names):
        return int(photo)
    known = f"{names[0]!r} to {names[-1]!r}" if names else "none"
    msg = f"there is no photo {photo!r}: the {len(names)} photos are {known}, positions from 0"
    raise ValueError(msg)
