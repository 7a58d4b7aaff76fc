"""Masks from files onto the photos of a scene, and masks into files.

Reading the formats is `mask_formats`; here their names meet photos, their ids meet classes, and
their pixels meet the resolution at which a photo is painted.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from o3d_paint.core.arrays import IdArray
from o3d_paint.core.packed_masks import PackedMasks
from o3d_paint.core.scene import Frame, Scene
from o3d_paint.core.taxonomy import LabelClass, Taxonomy, article_taxonomy, next_color
from o3d_paint.errors import SceneError
from o3d_paint.io.files import reading
from o3d_paint.io.images import MAX_ASPECT
from o3d_paint.io.mask_formats.mask_set import MaskSet, with_new_ids
from o3d_paint.io.mask_formats.registry import read_masks
from o3d_paint.io.photo_matching import match_masks

__all__ = [
    "MaskImport",
    "check_aspect",
    "fitted_mask",
    "joined",
    "load_masks",
    "mask_png",
]

_PALETTE_SIZE = 256
_PNG_LEVEL = 3


@dataclass(frozen=True, slots=True, eq=False)
class MaskImport:
    """Masks that fit a scene.

    Attributes:
        masks: By position of the photo: (H, W) ids of its mask shape.
        taxonomy: The classes that the ids mean.
        notes: What did not match or was added, one sentence each.
    """

    masks: Mapping[int, IdArray]
    taxonomy: Taxonomy
    notes: tuple[str, ...]


def load_masks(path: Path | str, scene: Scene, taxonomy: Taxonomy | None = None) -> MaskImport:
    """Read masks of any known format for the photos of a scene.

    Args:
        path: File or folder.
        scene: Whose photos.
        taxonomy: Classes that are known; names in the file are looked up in it and unknown ones
            added. None takes the file's own classes, or the published five where it names none.

    Raises:
        FormatError: The masks cannot be read.
        SceneError: None of them belongs to a photo, or one has another shape than its photo.
    """
    with reading(path):
        return _loaded(Path(path), scene, taxonomy)


def _loaded(source: Path, scene: Scene, taxonomy: Taxonomy | None) -> MaskImport:
    """Read masks as `load_masks` does."""
    found = read_masks(source)
    if not found.has_classes:
        msg = (
            f"{source} holds regions without classes: open them in the window, with --regions or"
            " from the File menu, where a click gives a region its class"
        )
        raise SceneError(msg)
    notes: list[str] = []
    taxonomy, new_ids = joined(found, taxonomy, notes)
    masks = PackedMasks()
    used: set[int] = set()
    for frame_idx, positions in match_masks(source, found, scene, notes).items():
        for position in positions:
            entry = found.masks[position]
            ids = entry.read()
            if found.names:
                _keep_apart(ids, taxonomy, new_ids)
            where = f"{source} ({entry.photo})"
            mask = fitted_mask(with_new_ids(ids, new_ids), scene.frames[frame_idx], where)
            known = masks.get(frame_idx)
            masks[frame_idx] = mask if known is None else np.where(mask > 0, mask, known)
            used |= set(np.flatnonzero(np.bincount(mask.ravel())).tolist())
    added = [i for i in sorted(used - {0}) if i not in taxonomy]
    if added:
        notes.append(f"Classes without a name were added: {', '.join(map(str, added))}.")
    return MaskImport(masks, taxonomy.completed(added), tuple(notes))


def fitted_mask(mask: IdArray, frame: Frame, where: str) -> IdArray:
    """Return a mask at the resolution at which its photo is painted, by nearest pixel.

    Args:
        mask: (h, w) ids.
        frame: The photo.
        where: Names the mask in messages.

    Raises:
        SceneError: The mask has another aspect than the photo.
    """
    height, width = frame.mask_shape
    h, w = mask.shape
    check_aspect((h, w), frame, where)
    if mask.shape == (height, width):
        return mask.astype(np.uint16, copy=False)
    rows = ((2 * np.arange(height) + 1) * h) // (2 * height)
    columns = ((2 * np.arange(width) + 1) * w) // (2 * width)
    fitted: IdArray = mask[rows[:, None], columns].astype(np.uint16, copy=False)
    return fitted


def check_aspect(shape: tuple[int, int], frame: Frame, where: str) -> None:
    """Check that a mask can be of a photo.

    Args:
        shape: (h, w) of the mask.
        frame: The photo.
        where: Names the mask in messages.

    Raises:
        SceneError: It has another aspect.
    """
    h, w = shape
    aspect = (w / h) / (frame.photo.width / frame.photo.height) if h and w else 0.0
    if not 1 / MAX_ASPECT < aspect < MAX_ASPECT:
        msg = (
            f"the mask {where} has {w}x{h} pixels but photo {frame.name!r} has"
            f" {frame.photo.width}x{frame.photo.height}, expected the same aspect: make masks of"
            " the photos as they are in the scene"
        )
        raise SceneError(msg)


def mask_png(mask: IdArray, taxonomy: Taxonomy) -> bytes:
    """Return a mask as PNG: indexed with the classes' colours, 16-bit grey where ids exceed 255."""
    if mask.max(initial=0) < _PALETTE_SIZE:
        image = Image.fromarray(mask.astype(np.uint8))
        palette = np.zeros((_PALETTE_SIZE, 3), dtype=np.uint8)
        colors = taxonomy.color_table()[:_PALETTE_SIZE]
        palette[1 : len(colors)] = colors[1:]
        image.putpalette(palette.tobytes())
    else:
        image = Image.fromarray(mask.astype(np.uint16))
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=_PNG_LEVEL)
    return buffer.getvalue()


def _keep_apart(ids: IdArray, taxonomy: Taxonomy, new_ids: dict[int, int]) -> None:
    """Give ids of a mask that its file does not name numbers that no class has."""
    taken = {c.class_id for c in taxonomy} | set(new_ids.values())
    for unnamed in np.flatnonzero(np.bincount(ids.ravel())).tolist():
        if unnamed and unnamed not in new_ids:
            new_ids[unnamed] = max(taken) + 1 if unnamed in taken else unnamed
            taken.add(new_ids[unnamed])


def joined(
    found: MaskSet, taxonomy: Taxonomy | None, notes: list[str]
) -> tuple[Taxonomy, dict[int, int]]:
    """Return the classes that file and caller have together, and the file's ids in them.

    Args:
        found: Masks with their classes.
        taxonomy: The caller's classes, if any.
        notes: Gets a sentence about each class that is added to them.
    """
    if not found.names:
        return taxonomy if taxonomy is not None else article_taxonomy(), {}
    classes = list(taxonomy.classes) if taxonomy is not None else []
    new_ids: dict[int, int] = {}
    for old_id, name in sorted(found.names.items()):
        if old_id == 0:
            continue
        known = Taxonomy(tuple(classes)).find(name)
        if known is None:
            taken = {c.class_id for c in classes}
            class_id = old_id if old_id not in taken else max(taken) + 1
            color = found.colors.get(old_id) or next_color([c.color for c in classes])
            known = LabelClass(class_id, name.strip() or f"class {old_id}", color)
            classes.append(known)
            if taxonomy is not None:
                notes.append(f"The class {known.name!r} was added.")
        new_ids[old_id] = known.class_id
    return Taxonomy(tuple(classes)), new_ids
