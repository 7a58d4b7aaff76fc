"""Which mask belongs to which photo, by what they are called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from o3d_paint.core.scene import Scene
from o3d_paint.errors import SceneError
from o3d_paint.io.mask_formats.mask_set import MaskSet

__all__ = ["match_masks", "match_photo"]

_NUMBERED = re.compile(r"(?:mask[_-]?)?(?:(call[0-9]+)[_-]?)?(?:frame[_-]?)?([0-9]{1,9})")
_DIGITS = re.compile(r"([0-9]{1,18})$")
_MOST_FOLDERS = 8


def match_photo(name: str, frame_names: Sequence[str], *, by_position: bool = False) -> int | None:
    """Return the position of the photo that a mask's name means, or None.

    The photo's own name counts first (without ending, capitals ignored), then the end of it, since
    folders of photos are part of their names (``left_0001``). Then its number: as that of a photo
    of such a name where there are some, else as the position. ``frame_003``, ``mask_frame03`` and
    ``mask_call01_frame03`` are numbers too.

    Args:
        name: Of the mask.
        frame_names: Of all photos.
        by_position: Takes numbers for positions even where photos have numbers for names.
    """
    wanted = _bare(name)
    bare = [_bare(n) for n in frame_names]
    for own in _with_folders(name):
        if own in bare:
            return bare.index(own)
    ending = [i for i, n in enumerate(bare) if n.endswith(f"_{wanted}")]
    if len(ending) > 1 or (ending and not by_position):
        return _only(ending)
    alike = _named_alike(wanted, bare)
    if alike and not by_position:
        return _only([i for i, number in alike.items() if number == int(_DIGITS.split(wanted)[1])])
    numbered = _NUMBERED.fullmatch(wanted)
    if numbered is None:
        return None
    number = int(numbered[2])
    if not by_position and any(n.isdecimal() and n.isascii() for n in bare):
        same = [i for i, n in enumerate(bare) if n.isdecimal() and int(n) == number]
        return same[0] if same else None
    return number if number < len(frame_names) else None


def _with_folders(name: str) -> list[str]:
    """Return a bare name with all its folders before it, with fewer, and with none."""
    parts = re.split(r"[/\\]", name)[-_MOST_FOLDERS:]
    return [_bare("_".join(parts[i:])) for i in range(len(parts))]


def _only(positions: list[int]) -> int | None:
    """Return the one position; None of none and of several, which could each be meant."""
    return positions[0] if len(positions) == 1 else None


def _named_alike(wanted: str, bare: list[str]) -> dict[int, int]:
    """Return the numbers of photos that are named like a mask but for the number, by position."""
    parts = _DIGITS.split(wanted)
    if len(parts) < 3 or parts[-1] or not parts[0]:
        return {}
    alike = re.compile(rf"(?:.*_)?{re.escape(parts[0])}([0-9]{{1,18}})", re.DOTALL)
    found = {i: alike.fullmatch(name) for i, name in enumerate(bare) if parts[0] in name}
    return {i: int(match[1]) for i, match in found.items() if match is not None}


def _bare(name: str) -> str:
    """Return a file name without folders, ending and capitals."""
    last = re.split(r"[/\\]", name)[-1].casefold()
    return re.sub(r"\.(?:jpe?g|png|webp|tiff?|bmp|ppm|npy)$", "", last)


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
    known = [i for i in photos_of if i is not None]
    if len(set(known)) < len(known) or not known:
        # They may count from 0 where the names of photos count from 1.
        by_position = [match_photo(m.photo, names, by_position=True) for m in found.masks]
        is_one_each = None not in by_position and len(set(by_position)) == len(by_position)
        if is_one_each or not known:
            photos_of = by_position
            _tell_positions(found, photos_of, names, notes)
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


def _tell_positions(
    found: MaskSet, photos_of: Sequence[int | None], names: list[str], notes: list[str]
) -> None:
    """Say that numbers were taken for positions; the first pair shows how."""
    for mask, frame_idx in zip(found.masks, photos_of, strict=True):
        if frame_idx is not None:
            notes.append(
                "The masks' numbers are not those of the photos and were taken for positions,"
                f" counted from 0: {mask.photo!r} for photo {names[frame_idx]!r}."
            )
            return


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
