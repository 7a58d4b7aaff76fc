"""Which depth picture and which pose belong to a photo, also where some of them are missing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from o3d_paint.errors import SceneError

__all__ = ["Missing", "of_same_name", "paired", "preferred"]

_NUMBER = re.compile(r"[0-9]+")
_ENOUGH = 0.5


@dataclass(frozen=True, slots=True)
class Missing:
    """A photo that lacks something.

    Attributes:
        name: Of the photo.
        reason: Ends "is left out because".
        message: The whole sentence, for a scene of which nothing is left.
    """

    name: str
    reason: str
    message: str


def preferred(paths: Sequence[Path], suffixes: Sequence[str]) -> tuple[list[Path], list[str]]:
    """Return one file for each name, and a note where several kinds of files were there.

    Args:
        paths: Files in order; beside depths as floats often lie pictures to look at.
        suffixes: Endings, the best first.
    """
    best: dict[str, Path] = {}
    for path in paths:
        known = best.get(path.stem)
        rank = suffixes.index(path.suffix.lower())
        if known is None or rank < suffixes.index(known.suffix.lower()):
            best[path.stem] = path
    if len(best) == len(paths):
        return list(paths), []
    kinds = sorted({p.suffix for p in best.values()})
    note = f"{paths[0].parent} holds several files of one name: {', '.join(kinds)} are read."
    return list(best.values()), [note]


def paired(
    folder: Path, photos: Sequence[Path], depths: Sequence[Path], poses: int
) -> tuple[list[tuple[int, int, int]], list[Missing]]:
    """Return which photo, depth picture and pose belong together, by position.

    Names decide where photos and depth pictures share them or their numbers, else the order. A
    list of poses has one for each photo, for each depth picture, for each name of either, or for
    each number from 0 or 1.

    Args:
        folder: The scene, for messages.
        photos: In the order that people mean.
        depths: In the same order.
        poses: How many there are, in the order of their file.

    Returns:
        Triples in the order of the photos, and what is left out.

    Raises:
        SceneError: Counts differ, and names do not tell what is missing.
    """
    by_photo, by_depth = _keyed(photos), _keyed(depths)
    shared = set(by_photo) & set(by_depth)
    if (
        not shared
        or len(shared) < _ENOUGH * max(len(photos), len(depths))
        or _counts_from(by_photo, by_depth)
    ):
        if len({len(photos), len(depths), poses}) > 1 or not photos:
            raise _unequal(folder, len(photos), len(depths), poses)
        return [(i, i, i) for i in range(len(photos))], []
    pose_of = _poses_of(list(by_photo), list(by_depth), poses)
    if pose_of is None:
        raise _unequal(folder, len(photos), len(depths), poses)
    triples: list[tuple[int, int, int]] = []
    missing: list[Missing] = []
    for key, i in by_photo.items():
        if key not in by_depth:
            missing.append(_missing(photos[i], "no depth picture has its name", folder))
        elif key not in pose_of:
            missing.append(_missing(photos[i], "no pose belongs to it", folder))
        else:
            triples.append((i, by_depth[key], pose_of[key]))
    for key, j in by_depth.items():
        if key not in by_photo:
            missing.append(
                _missing(depths[j], "the photo of this depth picture is not there", folder)
            )
    return triples, missing


def of_same_name(names: Sequence[Path], others: Sequence[Path]) -> list[int | None]:
    """Return for each file the position of the other that has its name or number.

    The order decides where names share nothing and there are as many of both.
    """
    by_name, by_other = _keyed(names), _keyed(others)
    if not set(by_name) & set(by_other) and len(names) == len(others):
        return list(range(len(names)))
    return [by_other.get(key) for key in by_name]


def _counts_from(photos: Mapping[str, int], depths: Mapping[str, int]) -> bool:
    """Return whether depth pictures count from another number than photos, and are all there."""
    if len(photos) != len(depths) or not all(k.isdecimal() for k in (*photos, *depths)):
        return False
    pairs = zip(sorted(map(int, photos)), sorted(map(int, depths)), strict=True)
    offsets = {a - b for a, b in pairs}
    return len(offsets) == 1 and offsets != {0}


def _missing(path: Path, reason: str, folder: Path) -> Missing:
    return Missing(path.name, reason, f"{folder}: {path.name} is left out because {reason}")


def _unequal(folder: Path, photos: int, depths: int, poses: int) -> SceneError:
    return SceneError(
        f"{folder} has {photos} photos, {depths} depth pictures and {poses} poses: the same number"
        " of each is needed, or names that say which is missing"
    )


def _keyed(paths: Sequence[Path]) -> dict[str, int]:
    """Return positions by the number in a name, or by the name where numbers do not tell apart."""
    for key in (_number_of, _stem_of):
        keys = [key(p) for p in paths]
        if all(keys) and len(set(keys)) == len(keys):
            return {k: i for i, k in enumerate(keys)}
    return {str(path): i for i, path in enumerate(paths)}


def _number_of(path: Path) -> str:
    """Return the last number in a name without leading zeros; empty where there is none."""
    found = _NUMBER.findall(path.stem)
    return str(int(found[-1])) if found else ""


def _stem_of(path: Path) -> str:
    return path.stem.casefold()


def _poses_of(photos: Sequence[str], depths: Sequence[str], poses: int) -> Mapping[str, int] | None:
    """Return the position of each name's pose; None where their number does not tell."""
    for names in (photos, depths):
        if len(names) == poses:
            return {key: i for i, key in enumerate(names)}
    either = list(dict.fromkeys([*photos, *depths]))
    if not all(key.isdecimal() for key in either):
        return None
    numbers = sorted(int(key) for key in either)
    if len(numbers) == poses:
        return {str(number): i for i, number in enumerate(numbers)}
    first = 1 if numbers[0] >= 1 and numbers[-1] == poses else 0
    if numbers[-1] - first < poses:
        return {str(number): number - first for number in numbers}
    return None
