"""Labels that a cloud came with: which classes they mean, and what becomes of them later.

Their numbers stay as the file has them unless a list of classes says otherwise; where they moved is
kept in the project's settings, so that the file reads the same again. A class that was merged or
removed afterwards is looked up there too, which undo leaves alone; a class that is there again
counts again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from o3d_paint.core.arrays import IdArray
from o3d_paint.core.scene import Scene
from o3d_paint.core.taxonomy import LabelClass, Taxonomy, article_taxonomy, distinct_colors
from o3d_paint.io.class_entry import is_empty_name, is_void_name
from o3d_paint.io.class_joining import folded, listed

__all__ = [
    "HEIRS",
    "NUMBERS",
    "classes_of",
    "counted_labels",
    "numbers_of",
    "renumbered",
    "with_classes",
]

HEIRS = "heirs_of_cloud_labels"
"""Setting: by id as text, the class that a removed class was merged into; 0 for none."""
NUMBERS = "classes_of_cloud_labels"
"""Setting: by the cloud's number as text, the class that it means; numbers not in it mean
themselves."""


def classes_of(scene: Scene, classes: Taxonomy | None) -> Taxonomy:
    """Return the classes to begin with on a scene.

    Args:
        scene: Labels of its cloud get a class each: that of their own name where the file has it.
        classes: Those that were asked for; they keep their numbers, and numbers of the cloud that
            have no names mean them. None takes the cloud's own, or "class 7" where it has no
            names; without any labels the published five.
    """
    if scene.labels is None:
        return classes if classes is not None else article_taxonomy()
    names = _names(scene)
    joined = list(classes or ())
    known = {folded(c.name) for c in joined}
    taken = {c.class_id for c in joined}
    top = max({*taken, *names}, default=0)
    colors = distinct_colors(c.color for c in joined)
    for number, name in sorted(names.items()):
        if folded(name) in known:
            continue
        if number in taken:
            top += 1
            number = top
        joined.append(LabelClass(number, name, next(colors)))
        known.add(folded(name))
        taken.add(number)
    bare = {numbers for numbers in _used(scene) if numbers not in scene.label_names}
    return Taxonomy(tuple(joined)).completed(bare)


def numbers_of(scene: Scene, classes: Taxonomy) -> dict[str, int]:
    """Return which class a cloud's numbers mean, as the setting `NUMBERS` keeps it.

    Args:
        scene: The scene.
        classes: What `classes_of` gave.
    """
    found: dict[str, int] = {}
    names = _names(scene)
    for number in _used(scene):
        if number in names:
            meant = classes.find(names[number])
            class_id = meant.class_id if meant is not None else 0
        else:
            class_id = 0 if number in scene.label_names else number
        if class_id != number:
            found[str(number)] = class_id
    return found


def renumbered(scene: Scene, numbers: Mapping[str, int]) -> list[str]:
    """Return a sentence about numbers of a cloud that gave way to a list's; none where none did."""
    moved = [
        f"{scene.label_names[int(old)]} {old} is {new}"
        for old, new in numbers.items()
        if new and int(old) in scene.label_names
    ]
    void = [scene.label_names[int(old)] for old, new in numbers.items() if not new]
    notes = []
    if moved:
        notes.append(f"Labels of the cloud have the class list's numbers now: {listed(moved)}.")
    if void:
        notes.append(f"Labels of the cloud that mean no class do not count: {listed(void)}.")
    return notes


def with_classes(
    scene: Scene, classes: Taxonomy | None
) -> tuple[Scene, Taxonomy | None, list[str]]:
    """Return a scene whose labels have the numbers of some classes, these, and what changed.

    Args:
        scene: The scene; without labels it stays as it is.
        classes: Those that were asked for.
    """
    if scene.labels is None:
        return scene, classes, []
    taxonomy = classes_of(scene, classes)
    numbers = numbers_of(scene, taxonomy)
    if not numbers:
        return scene, taxonomy, []
    labels = counted_labels(scene, taxonomy, {NUMBERS: numbers})
    names = {c.class_id: c.name for c in taxonomy}
    return replace(scene, labels=labels, label_names=names), taxonomy, renumbered(scene, numbers)


def counted_labels(
    scene: Scene, taxonomy: Taxonomy, settings: Mapping[str, Any] | None = None
) -> IdArray | None:
    """Return the (N,) labels of the cloud as they count now, 0 for none; None without any.

    Args:
        scene: The scene.
        taxonomy: The classes that there are.
        settings: Of the project, with `NUMBERS` and `HEIRS`.
    """
    if scene.labels is None:
        return None
    numbers = _table(settings, NUMBERS)
    heirs = _table(settings, HEIRS)
    table = np.zeros(int(scene.labels.max(initial=0)) + 1, dtype=np.uint16)
    for old in _used(scene):
        now, seen = numbers.get(str(old), old), set[int]()
        while now not in taxonomy and now not in seen:
            seen.add(now)
            now = heirs.get(str(now), 0)
        table[old] = now if now in taxonomy else 0
    counted: IdArray = table[scene.labels]
    return counted


def _table(settings: Mapping[str, Any] | None, name: str) -> dict[str, int]:
    """Return a setting that maps numbers as text to ids; what is no such entry is left out."""
    value = (settings or {}).get(name)
    if not isinstance(value, Mapping):
        return {}
    return {k: v for k, v in value.items() if isinstance(v, int) and not isinstance(v, bool)}


def _used(scene: Scene) -> list[int]:
    """Return the numbers of labels that occur."""
    if scene.labels is None:
        return []
    return [int(i) for i in np.flatnonzero(np.bincount(scene.labels)) if i]


def _names(scene: Scene) -> dict[int, str]:
    """Return the names of classes by the cloud's numbers; not those that mean no class."""
    return {
        i: name.strip()
        for i, name in scene.label_names.items()
        if i and name.strip() and not is_empty_name(name, i) and not is_void_name(name, i)
    }
