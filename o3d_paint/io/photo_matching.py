"""Which mask belongs to which photo, by what they are called.

A name counts first, without the decorations of tools, in one form of Unicode and without capitals;
then the number in it; a position only where nothing else fits, and that is said.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from o3d_paint.core.scene import Frame, Scene
from o3d_paint.errors import SceneError
from o3d_paint.io.images import FilePhoto, natural_key
from o3d_paint.io.mask_formats.mask_set import MaskSet, PhotoMask
from o3d_paint.io.photo_index import PhotoIndex, varying_numbers
from o3d_paint.io.photo_words import parts_of, plain, stripped

__all__ = ["match_masks", "note_on_positions", "photo_named"]

_CALL = re.compile(r"(?:mask[_-]?)?call([0-9]+)[_-]?frame[_-]?([0-9]{1,9})")
"""The published kit's names: several masks a photo, by call in the order of painting, and the
photo's position from 0."""
_MOST_LISTED = 5
_BY_NUMBER = "the number in the photo's name"


@dataclass(slots=True)
class _Matching:
    """What is found out about a set of masks.

    Attributes:
        photos: By mask, the position of its photo; None where there is none.
        how: What decided, for people; empty where names did.
        told: The mask that shows it.
        calls: By mask, when it was painted, where names say so.
    """

    photos: list[int | None]
    how: str = ""
    told: int | None = None
    calls: dict[int, int] = field(default_factory=dict)


def match_masks(
    source: Path, found: MaskSet, scene: Scene, notes: list[str]
) -> dict[int, list[int]]:
    """Return which masks belong to which photo, in the file's order.

    Args:
        source: Of the masks, for messages.
        found: The masks.
        scene: Whose photos.
        notes: Gets a sentence where numbers or positions decided, and about what is left over.

    Raises:
        SceneError: None belongs to a photo, or it cannot be told which.
    """
    frames = scene.frames
    if found.is_in_order:
        matching = _in_order(source, found, frames)
    else:
        matching = _matching(source, found.masks, frames)
    if matching.told is not None:
        photo = matching.photos[matching.told]
        assert photo is not None
        notes.append(
            f"Masks were matched with photos by {matching.how}: mask"
            f" {found.masks[matching.told].name} → photo {_shown(frames[photo])}."
        )
    matched: dict[int, list[int]] = defaultdict(list)
    for position, photo in enumerate(matching.photos):
        if photo is not None:
            matched[photo].append(position)
    _leave_out_rivals(source, found, matched, matching.calls, frames, notes)
    strangers = [found.masks[i] for i, p in enumerate(matching.photos) if p is None]
    _tell_left_over(source, found, strangers, matched, frames, notes)
    return dict(matched)


def photo_named(name: str, frames: Sequence[Frame]) -> int | None:
    """Return the position of the photo that somebody names, None where it is none or several.

    Args:
        name: Of the photo or of its file, with or without folders and ending.
        frames: All photos.
    """
    return PhotoIndex([f.name for f in frames], [_shown(f) for f in frames]).find(name)[0]


def note_on_positions(what: str, positions: Sequence[int], frames: Sequence[Frame]) -> list[str]:
    """Return a sentence about what names photos by position alone; none where names say the same.

    Args:
        what: It, several of them: ``Strokes``.
        positions: Of its photos, from 0.
        frames: The photos.
    """
    own = varying_numbers([plain(f.name) for f in frames])
    odd = [i for i in positions if i < len(frames) and own.get(i) != i]
    if not odd:
        return []
    example = f"{odd[0]} → photo {_shown(frames[odd[0]])}"
    return [f"{what} were matched with photos by position, counted from 0: {example}."]


def _in_order(source: Path, found: MaskSet, frames: Sequence[Frame]) -> _Matching:
    """Return the photos of masks without names: all of them, in order."""
    if len(found.masks) != len(frames):
        msg = (
            f"{source} holds {len(found.masks)} masks without names but the scene has"
            f" {len(frames)} photos, expected one for each: name them after the photos"
        )
        raise SceneError(msg)
    how = "position, since the masks name none"
    return _Matching([*_natural_order(frames)], how, 0 if frames else None)


def _matching(source: Path, masks: Sequence[PhotoMask], frames: Sequence[Frame]) -> _Matching:
    """Return the photos of masks, by name, then number, then position."""
    bare = [parts_of(m.photo)[-1] for m in masks]
    calls = {i: c for i, c in enumerate(map(_CALL.fullmatch, bare)) if c is not None}
    if masks and len(calls) == len(masks):
        positions = {i: int(c[2]) for i, c in calls.items()}
        matching = _counted(positions, range(len(frames)), starts_at=0)
        matching.calls = {i: int(c[1]) for i, c in calls.items()}
        own = varying_numbers([plain(f.name) for f in frames])
        if all(own.get(i) == i for i in range(len(frames))):
            matching.told = None
        return matching
    index = PhotoIndex([f.name for f in frames], [_shown(f) for f in frames])
    photos: list[int | None] = []
    unnamed: list[int] = []
    for i, mask in enumerate(masks):
        photo, is_ambiguous = index.find(mask.photo)
        if photo is None and mask.file:
            photo, is_ambiguous_too = index.find(mask.file)
            is_ambiguous |= is_ambiguous_too
        photos.append(photo)
        if photo is None and not is_ambiguous:
            unnamed.append(i)
    numbers = varying_numbers([[*stripped(name)][-1] for name in bare])
    by_number = {i: index.by_number.get(numbers.get(i, -1), set()) for i in unnamed}
    fitting = {i: next(iter(p)) for i, p in by_number.items() if len(p) == 1}
    names_decide = len(unnamed) < len(masks) or any(
        len(by_number[i]) > 1 or index.is_named_alike(masks[i].photo) for i in unnamed
    )
    if not names_decide and len(fitting) < len(masks):
        by_position = _by_position(source, numbers, len(masks), index, len(fitting), frames)
        if by_position is not None:
            return by_position
    for i, photo in fitting.items():
        photos[i] = photo
    # A number that is the position too says nothing that could be wrong.
    order = _natural_order(frames)
    odd = [i for i, p in fitting.items() if numbers[i] >= len(order) or order[numbers[i]] != p]
    return _Matching(photos, _BY_NUMBER, odd[0] if odd else None)


def _by_position(
    source: Path,
    numbers: Mapping[int, int],
    count: int,
    index: PhotoIndex,
    fitting: int,
    frames: Sequence[Frame],
) -> _Matching | None:
    """Return the photos that masks mean where their numbers are positions; None where not.

    Args:
        source: Of the masks, for messages.
        numbers: By mask.
        count: Of all masks.
        index: The photos by name.
        fitting: How many of the numbers are those in a photo's name.
        frames: The photos.

    Raises:
        SceneError: They may be, counted from 0 or from 1, or be numbers of photos.
    """
    given = sorted(numbers.values())
    if len(set(given)) < count:
        return None
    low, high, photos = given[0], given[-1], len(frames)
    order = _natural_order(frames)
    is_counter = low in (0, 1) and high - low == count - 1
    if count == photos and (is_counter or not fitting):
        rank = {number: i for i, number in enumerate(given)}
        ranks = {i: rank[number] for i, number in numbers.items()}
        return _counted(ranks, order, starts_at=low if is_counter else None)
    from_0, from_1 = high < photos, low >= 1 and high <= photos
    # No photo's number can be 0 or that behind the last one: somebody counted.
    is_from_0 = from_0 and low == 0 and 0 not in index.by_number
    is_from_1 = from_1 and high == photos and photos not in index.by_number
    if fitting:
        if not (is_from_0 or is_from_1):
            return None
    elif (is_from_0 or is_from_1) and not index.is_counted:
        counted = {i: number - is_from_1 for i, number in numbers.items()}
        return _counted(counted, order, starts_at=int(is_from_1))
    elif not (from_0 or from_1):
        return None
    some = ", ".join(map(str, given[:_MOST_LISTED])) + (" …" if count > _MOST_LISTED else "")
    msg = (
        f"masks {some} of {source} may be counted from 0, from 1, or be numbers of photos"
        f" ({_shown(frames[0])!r} to {_shown(frames[-1])!r}): name masks after their photos"
    )
    raise SceneError(msg)


def _counted(
    positions: Mapping[int, int], order: Sequence[int], *, starts_at: int | None
) -> _Matching:
    """Return the photos at positions.

    Args:
        positions: By mask, from 0.
        order: The photos, in the order in which masks count them.
        starts_at: How masks count, for people; None where they have numbers of any kind.
    """
    photos = [
        order[positions[i]] if positions[i] < len(order) else None for i in range(len(positions))
    ]
    told = next((i for i, p in enumerate(photos) if p is not None), None)
    how = "in the order of their numbers" if starts_at is None else f"counted from {starts_at}"
    return _Matching(photos, f"position, {how}", told)


def _natural_order(frames: Sequence[Frame]) -> list[int]:
    """Return the positions of photos in the order of their names that people mean."""
    return sorted(range(len(frames)), key=lambda i: natural_key(Path(frames[i].name)))


def _shown(frame: Frame) -> str:
    """Return what people call a photo: its file, where it is one."""
    return frame.photo.path.name if isinstance(frame.photo, FilePhoto) else frame.name


def _leave_out_rivals(
    source: Path,
    found: MaskSet,
    matched: dict[int, list[int]],
    calls: Mapping[int, int],
    frames: Sequence[Frame],
    notes: list[str],
) -> None:
    """Leave out several masks of one photo, unless names say in which order they were painted.

    Raises:
        SceneError: No other mask is left.
    """
    rivals = []
    for photo, positions in list(matched.items()):
        if all(p in calls for p in positions):
            positions.sort(key=calls.__getitem__)
        elif len(positions) > 1:
            names = ", ".join(repr(found.masks[p].name) for p in positions[:3])
            rivals.append(f"photo {_shown(frames[photo])!r} ({names})")
            del matched[photo]
    if rivals and not matched:
        msg = f"{source} has several masks for {rivals[0]}: keep one"
        raise SceneError(msg)
    if rivals:
        some = "; ".join(rivals[:_MOST_LISTED]) + (" …" if len(rivals) > _MOST_LISTED else "")
        notes.append(f"Left out: {len(rivals)} photos with several masks each: {some}. Keep one.")


def _tell_left_over(
    source: Path,
    found: MaskSet,
    strangers: Sequence[PhotoMask],
    matched: Mapping[int, list[int]],
    frames: Sequence[Frame],
    notes: list[str],
) -> None:
    """Say which masks have no photo, and which photos no mask where masks are left over.

    Raises:
        SceneError: No mask has a photo.
    """
    listed = _listed([m.name for m in strangers])
    shown = [_shown(f) for f in frames]
    if len(set(shown)) < len(shown):  # files of one name in several folders
        shown = [f.name for f in frames]
    photos = f"{shown[0]!r} to {shown[-1]!r}" if frames else "none"
    if not matched:
        msg = (
            f"no mask of {source} belongs to a photo (found {listed or 'none'}; the photos are"
            f" {photos}): name masks after photos or their numbers, such as 000.png"
        )
        raise SceneError(msg)
    if not strangers:
        return
    rest = [name for i, name in enumerate(shown) if i not in matched]
    without = f" {len(rest)} photos have no mask: {_listed(rest)}." if rest else ""
    notes.append(
        f"{len(strangers)} of {len(found.masks)} masks belong to no photo and were left out:"
        f" {listed} (the photos are {photos}).{without}"
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:_MOST_LISTED])) + (" …" if len(names) > _MOST_LISTED else "")
