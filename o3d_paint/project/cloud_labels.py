"""Labels that a cloud came with: which classes they mean, and what becomes of them later.

Their ids stay as the file has them, so that nothing needs to be remembered to read it again: a
list of classes that says otherwise gives way. A class that was merged or removed afterwards is
looked up in the project's settings, which undo leaves alone; a class that is there again counts
again.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from o3d_paint.core.arrays import IdArray
from o3d_paint.core.scene import Scene
from o3d_paint.core.taxonomy import LabelClass, Taxonomy, article_taxonomy, next_color

__all__ = ["HEIRS", "classes_of", "counted_labels", "renumbered"]

HEIRS = "heirs_of_cloud_labels"
"""Setting: by id as text, the class that a removed class was merged into; 0 for none."""


def classes_of(scene: Scene, classes: Taxonomy | None) -> Taxonomy:
    """Return the classes to begin with on a scene.

    Args:
        scene: Labels of its cloud get a class each: of their own name where the file has it.
        classes: Those that were asked for. One whose id the file uses for another name gets a free
            id, one of the same name the file's. None takes the file's own, or the published five.
    """
    if scene.labels is None:
        return classes if classes is not None else article_taxonomy()
    used = [int(i) for i in np.flatnonzero(np.bincount(scene.labels)) if i]
    names = {i: name.strip() for i, name in scene.label_names.items() if i and name.strip()}
    if names:
        return _joined(names, classes).completed(used)
    if classes is not None:
        return classes.completed(used)
    published = article_taxonomy()
    return (published if all(i in published for i in used) else Taxonomy()).completed(used)


def renumbered(wanted: Taxonomy | None, classes: Taxonomy) -> list[str]:
    """Return a sentence about classes that gave way to the file's numbers; none where none did."""
    pairs = [(c, classes.find(c.name)) for c in wanted or ()]
    moved = [
        f"{c.name} {f.class_id}" for c, f in pairs if f is not None and f.class_id != c.class_id
    ]
    if not moved:
        return []
    return [f"The cloud's labels keep their numbers; others are now: {', '.join(moved)}."]


def counted_labels(
    scene: Scene, taxonomy: Taxonomy, heirs: Mapping[str, int] | None = None
) -> IdArray | None:
    """Return the (N,) labels of the cloud as they count now, 0 for none; None without any.

    Args:
        scene: The scene.
        taxonomy: The classes that there are.
        heirs: By id as text: the class that a class was merged into.
    """
    if scene.labels is None:
        return None
    table = np.zeros(int(scene.labels.max(initial=0)) + 1, dtype=np.uint16)
    for old in np.flatnonzero(np.bincount(scene.labels)).tolist():
        now, seen = old, set[int]()
        while now not in taxonomy and now not in seen:
            seen.add(now)
            now = (heirs or {}).get(str(now), 0)
        table[old] = now if now in taxonomy else 0
    counted: IdArray = table[scene.labels]
    return counted


def _joined(names: Mapping[int, str], classes: Taxonomy | None) -> Taxonomy:
    """Return the file's classes with their ids, and the other ones with ids that are left."""
    wanted = classes if classes is not None else Taxonomy()
    joined: list[LabelClass] = []
    for class_id, name in sorted(names.items()):
        if Taxonomy(tuple(joined)).find(name) is not None:
            continue
        same = wanted.find(name)
        color = same.color if same is not None else next_color([c.color for c in joined])
        joined.append(LabelClass(class_id, name, color))
    taken = {*names, *(c.class_id for c in wanted)}
    for label_class in wanted:
        if Taxonomy(tuple(joined)).find(label_class.name) is not None:
            continue
        class_id = label_class.class_id
        if class_id in names:
            class_id = max(taken) + 1
            taken.add(class_id)
        joined.append(LabelClass(class_id, label_class.name, label_class.color))
    return Taxonomy(tuple(joined))
