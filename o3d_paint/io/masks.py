"""Masks from files onto the photos of a scene, and masks into files.

Reading the formats is `mask_formats`; here their names meet photos, their ids meet classes, and
their pixels meet the resolution at which a photo is painted.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from PIL import Image

from o3d_paint.core.arrays import IdArray
from o3d_paint.core.packed_masks import PackedMasks
from o3d_paint.core.scene import Frame, Scene
from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.errors import FormatError, SceneError
from o3d_paint.io.class_numbers import NOT_COUNTED, NumberRules, class_numbers
from o3d_paint.io.files import reading
from o3d_paint.io.images import MAX_ASPECT
from o3d_paint.io.mask_formats.mask_set import InexactMask, MaskSet, PhotoMask, with_new_ids
from o3d_paint.io.mask_formats.registry import read_masks
from o3d_paint.io.mask_turns import MaskTurner
from o3d_paint.io.photo_matching import match_masks

__all__ = [
    "MaskImport",
    "check_aspect",
    "fitted_mask",
    "load_masks",
    "mask_png",
]

_PALETTE_SIZE = 256
_MOSTLY_EMPTY = 0.5
_PNG_LEVEL = 3


@dataclass(frozen=True, slots=True, eq=False)
class MaskImport:
    """Masks that fit a scene.

    Attributes:
        masks: By position of the photo: (H, W) ids of its mask shape.
        taxonomy: The classes that the ids mean.
        notes: What did not match, was left out, guessed or added, one sentence each.
        background: By position of the photo: (H, W) 1 at pixels that are of no class; empty where
            what masks leave empty is merely not painted.
    """

    masks: Mapping[int, IdArray]
    taxonomy: Taxonomy
    notes: tuple[str, ...]
    background: Mapping[int, IdArray] = field(default_factory=dict)


def load_masks(
    path: Path | str,
    scene: Scene,
    taxonomy: Taxonomy | None = None,
    *,
    rules: NumberRules | None = None,
    list_starts_at: int | None = 1,
    background: bool | None = None,
) -> MaskImport:
    """Read masks of any known format for the photos of a scene.

    Args:
        path: File or folder.
        scene: Whose photos.
        taxonomy: Classes that are known; names in the file are looked up in it and unknown ones
            added. None takes the file's own classes, or "class 7" for numbers without a name.
        rules: What the user says about the masks' numbers.
        list_starts_at: What numbers without names mean in ``taxonomy``; see `class_numbers`.
        background: Whether what masks leave empty is of none of their classes, rather than not
            painted. None takes it for that where they show a single class.

    Raises:
        FormatError: The masks cannot be read.
        SceneError: None of them belongs to a photo, or none has the shape of its photo.
    """
    choices = (rules or NumberRules(), list_starts_at, background)
    with reading(path):
        return _loaded(Path(path), scene, taxonomy, *choices)


def _loaded(
    source: Path,
    scene: Scene,
    taxonomy: Taxonomy | None,
    rules: NumberRules,
    list_starts_at: int | None,
    background: bool | None,
) -> MaskImport:
    """Read masks as `load_masks` does."""
    found = read_masks(source)
    if not found.has_classes:
        msg = (
            f"{source} holds regions without classes: open them in the window, with --regions or"
            " from the File menu, where a click gives a region its class; masks of all photos in"
            " one array must be whole numbers rather than bool"
        )
        raise SceneError(msg)
    notes: list[str] = []
    matched = match_masks(source, found, scene, notes)
    found = replace(found, masks=_sized(found.masks, matched, scene))
    turner = MaskTurner(source, found.masks, matched, scene)
    found = replace(found, masks=turner.masks)
    masks, ids_of = _as_they_are(source, found, scene, matched)
    notes += turner.notes()
    present = set().union(*ids_of.values())
    numbers = class_numbers(found, present, taxonomy, rules, list_starts_at=list_starts_at)
    used = sorted({numbers.new_ids.get(i, 0) for i in present} - {0, NOT_COUNTED})
    if not used and (left_out := " ".join(found.findings.sentences())):
        msg = f"{source} has nothing that is of a class. {left_out}"
        raise SceneError(msg)
    has_background = len(used) == 1 if background is None else background
    empty = PackedMasks()
    shares = []
    for frame_idx, ids in ids_of.items():
        mask = masks[frame_idx]
        if has_background and not {numbers.new_ids.get(i, 0) for i in ids}.isdisjoint(used):
            empty[frame_idx] = _emptied(mask, numbers.new_ids)
        if any(numbers.new_ids.get(i, i) != i for i in ids):
            mask = masks[frame_idx] = _counted(mask, numbers.new_ids)
        shares.append(1 - np.count_nonzero(mask) / mask.size)
    notes += [*found.findings.sentences(), *numbers.notes]
    names = [numbers.taxonomy.name_of(i) for i in used]
    if background is None and names and any(shares):
        notes += _notes_on_empty(names, float(np.mean(shares)))
    return MaskImport(masks, numbers.taxonomy, tuple(notes), empty)


def _sized(
    masks: tuple[PhotoMask, ...], matched: Mapping[int, list[int]], scene: Scene
) -> tuple[PhotoMask, ...]:
    """Return masks, those of files that say no size at their photo's."""
    frame_of = {p: scene.frames[i] for i, positions in matched.items() for p in positions}
    return tuple(
        m.sized((f.photo.height, f.photo.width)) if (f := frame_of.get(p)) is not None else m
        for p, m in enumerate(masks)
    )


def _as_they_are(
    source: Path, found: MaskSet, scene: Scene, matched: Mapping[int, list[int]]
) -> tuple[PackedMasks, dict[int, set[int]]]:
    """Return masks at their photos' size with the ids that their files have, and those ids.

    One that cannot be read or has another shape than its photo is left out.

    Raises:
        FormatError: None is left, or most are not exact: what passes is of the same kind then.
        SceneError: None is left.
    """
    masks = PackedMasks()
    ids_of: dict[int, set[int]] = {}
    errors: list[FormatError | SceneError] = []
    for frame_idx, positions in matched.items():
        frame = scene.frames[frame_idx]
        for position in positions:
            entry = found.masks[position]
            mask = _read_one(entry, frame, f"{source} ({entry.name})")
            if not isinstance(mask, np.ndarray):
                errors.append(mask)
                found.findings.leave_out("mask", "that cannot be used", str(mask))
                continue
            known = masks.get(frame_idx)
            masks[frame_idx] = mask if known is None else np.where(mask > 0, mask, known)
            used = set(np.flatnonzero(np.bincount(mask.ravel())).tolist())
            ids_of[frame_idx] = ids_of.get(frame_idx, set()) | used
    inexact = [e for e in errors if isinstance(e, InexactMask)]
    if inexact and len(inexact) > len(masks):
        raise inexact[0]
    if errors and not masks:
        raise errors[0]
    return masks, ids_of


def _read_one(entry: PhotoMask, frame: Frame, where: str) -> IdArray | FormatError | SceneError:
    """Return a mask at its photo's size, or what is wrong with it."""
    try:
        return fitted_mask(entry.read(), frame, where)
    except (FormatError, SceneError) as error:
        return error


def _notes_on_empty(names: list[str], share: float) -> list[str]:
    """Return what was taken for the meaning of empty pixels.

    Args:
        names: Of the classes in the masks.
        share: Of the pixels that are empty.
    """
    if len(names) == 1:
        return [
            f"The masks show {names[0]!r} alone, so what they leave empty counts as not"
            f" {names[0]!r} and stays unlabelled; --no-background takes it for not painted."
        ]
    if share < _MOSTLY_EMPTY:
        return []
    return [
        f"The masks leave {share:.0%} of their pixels empty, which was taken for not painted, so"
        " classes spread there; --background keeps it unlabelled."
    ]


def _emptied(mask: IdArray, new_ids: Mapping[int, int]) -> IdArray:
    """Return (H, W) 1 where a mask is of no class, 0 where it is of one or does not count."""
    table = np.zeros(np.iinfo(np.uint16).max + 1, dtype=np.uint16)
    table[0] = new_ids.get(0, 0) == 0
    for old, new in new_ids.items():
        table[old] = new == 0
    emptied: IdArray = table[mask]
    return emptied


def _counted(mask: IdArray, new_ids: Mapping[int, int]) -> IdArray:
    """Return a mask (H, W) with the classes that its ids mean, 0 for those that do not count."""
    return with_new_ids(mask, {old: max(0, new) for old, new in new_ids.items()})


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
