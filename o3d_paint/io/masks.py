"""Masks from files onto the photos of a scene, and masks into files.

Reading the formats is `mask_formats`; here their names meet photos, their ids meet classes, and
their pixels meet the resolution at which a photo is painted.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from o3d_paint.core.arrays import IdArray
from o3d_paint.core.packed_masks import PackedMasks
from o3d_paint.core.scene import Frame, Scene
from o3d_paint.core.taxonomy import LabelClass, Taxonomy, article_taxonomy, next_color
from o3d_paint.errors import SceneError
from o3d_paint.io.images import MAX_ASPECT
from o3d_paint.io.mask_formats.mask_set import MaskSet
from o3d_paint.io.mask_formats.registry import read_masks

__all__ = [
    "MaskImport",
    "check_aspect",
    "fitted_mask",
    "load_masks",
    "mask_png",
    "match_masks",
    "match_photo",
]

_NUMBERED = re.compile(r"(?:mask[_-]?)?(?:(call[0-9]+)[_-]?)?(?:frame[_-]?)?([0-9]{1,9})")
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
    source = Path(path)
    found = read_masks(source)
    if not found.has_classes:
        msg = (
            f"{source} holds regions without classes: open them in the window, with --regions or"
            " from the File menu, where a click gives a region its class"
        )
        raise SceneError(msg)
    notes: list[str] = []
    taxonomy, new_ids = _joined(found, taxonomy, notes)
    masks = PackedMasks()
    used: set[int] = set()
    for frame_idx, positions in match_masks(source, found, scene, notes).items():
        for position in positions:
            entry = found.masks[position].renumbered(new_ids)
            mask = fitted_mask(entry.read(), scene.frames[frame_idx], f"{source} ({entry.photo})")
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


def match_photo(name: str, frame_names: Sequence[str], *, by_position: bool = False) -> int | None:
    """Return the position of the photo that a mask's name means, or None.

    The photo's own name counts first (without ending, capitals ignored), then its number: as a
    name that is a number where photos have such names, else as the position. ``frame_003``,
    ``mask_frame03`` and ``mask_call01_frame03`` are numbers too.

    Args:
        name: Of the mask.
        frame_names: Of all photos.
        by_position: Takes numbers for positions even where photos have numbers for names.
    """
    wanted = _bare(name)
    bare = [_bare(n) for n in frame_names]
    if wanted in bare:
        return bare.index(wanted)
    numbered = _NUMBERED.fullmatch(wanted)
    if numbered is None:
        return None
    number = int(numbered[2])
    if not by_position and any(n.isdecimal() and n.isascii() for n in bare):
        same = [i for i, n in enumerate(bare) if n.isdecimal() and int(n) == number]
        return same[0] if same else None
    return number if number < len(frame_names) else None


def _bare(name: str) -> str:
    """Return a file name without folders, ending and capitals."""
    last = re.split(r"[/\\]", name)[-1].casefold()
    return re.sub(r"\.(?:jpe?g|png|webp|tiff?|bmp|ppm|npy)$", "", last)


def _joined(
    found: MaskSet, taxonomy: Taxonomy | None, notes: list[str]
) -> tuple[Taxonomy, dict[int, int]]:
    """Return the classes that file and caller have together, and the file's ids in them."""
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


def match_masks(
    source: Path, found: MaskSet, scene: Scene, notes: list[str]
) -> dict[int, list[int]]:
    """Return which masks belong to which photo, in the file's order.

    Args:
        source: Of the masks, for messages.
        found: The masks.
        scene: Whose photos.
        notes: Gets a sentence about masks that belong to none.

    Raises:
        SceneError: None belongs to a photo, or several to one.
    """
    names = [f.name for f in scene.frames]
    if found.is_in_order:
        if len(found.masks) != len(names):
            msg = (
                f"{source} holds {len(found.masks)} masks without names but the scene has"
                f" {len(names)} photos, expected one for each: name them after the photos"
            )
            raise SceneError(msg)
        return {i: [i] for i in range(len(names))}
    photos_of = [match_photo(m.photo, names) for m in found.masks]
    if all(i is None for i in photos_of):
        photos_of = [match_photo(m.photo, names, by_position=True) for m in found.masks]
    matched: dict[int, list[int]] = {}
    for position, frame_idx in enumerate(photos_of):
        if frame_idx is not None:
            matched.setdefault(frame_idx, []).append(position)
    pairs = zip(found.masks, photos_of, strict=True)
    strangers = [m.photo for m, frame_idx in pairs if frame_idx is None]
    listed = ", ".join(repr(n) for n in strangers[:5]) + (" …" if len(strangers) > 5 else "")
    photos = f"{names[0]!r} to {names[-1]!r}" if names else "none"
    if not matched:
        msg = (
            f"no mask of {source} belongs to a photo (found {listed or 'none'}; the photos are"
            f" {photos}): name masks after photos or their numbers, such as 000.png"
        )
        raise SceneError(msg)
    if strangers:
        notes.append(
            f"{len(strangers)} of {len(found.masks)} masks belong to no photo and were left out:"
            f" {listed} (the photos are {photos})."
        )
    _refuse_rivals(source, found, matched, names)
    return matched


def _refuse_rivals(
    source: Path, found: MaskSet, matched: dict[int, list[int]], names: list[str]
) -> None:
    """Refuse two masks of one photo, unless their names say in which order they were painted."""
    for frame_idx, positions in matched.items():
        photos = [found.masks[p].photo for p in positions]
        calls = [_NUMBERED.fullmatch(_bare(p)) for p in photos]
        if len(photos) > 1 and not all(c is not None and c[1] for c in calls):
            msg = (
                f"{source} has several masks for photo {names[frame_idx]!r}"
                f" ({', '.join(repr(p) for p in photos[:3])}): keep one"
            )
            raise SceneError(msg)
