"""Verbs on classes, with the paint that uses them; each is one undoable step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from o3d_paint.core.mask import edit_of_classes
from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.project.accepted_edits import given_away
from o3d_paint.project.cloud_labels import HEIRS
from o3d_paint.project.codec import StepPacker
from o3d_paint.project.history import Entry
from o3d_paint.project.steps import FrameEdit, LayerEdit, Step, TaxonomyEdit
from o3d_paint.project.work import Work

__all__ = ["Classes"]

_LOOKING = 0.4  # share of the time that finding the pixels takes


class Classes(Work):
    """Work whose classes can change."""

    def add_class(self, name: str, color: tuple[int, int, int] | None = None) -> int:
        """Add a class at the end; returns its id.

        Raises:
            TaxonomyError: The name is empty or taken.
        """
        after = self._taxonomy.add(name, color)
        self._set_taxonomy(after, name=f"add class {name.strip()}")
        return after.classes[-1].class_id

    def ensure_classes(self, class_ids: Iterable[int]) -> tuple[int, ...]:
        """Add a class named "class <id>" for each id that has none; returns those added."""
        before = len(self._taxonomy)
        after = self._taxonomy.completed(class_ids)
        self._set_taxonomy(after, name="add classes")
        return tuple(c.class_id for c in after.classes[before:])

    def set_taxonomy(self, taxonomy: Taxonomy, *, name: str = "load classes") -> None:
        """Replace all classes; paint of classes that are not among the new ones is erased."""
        self._before_history()
        present = {c.class_id for c in taxonomy}
        gone = [c.class_id for c in self._taxonomy if c.class_id not in present]
        if taxonomy != self._taxonomy:
            change = TaxonomyEdit(self._taxonomy, taxonomy)
            self._run(self._repainting({class_id: 0 for class_id in gone}, change, name=name))

    def rename_class(self, class_id: int, name: str) -> None:
        """Give a class another name.

        Raises:
            TaxonomyError: There is no such class, or the name is empty or taken.
        """
        self._set_taxonomy(self._taxonomy.rename(class_id, name), name="rename class")

    def recolor_class(self, class_id: int, color: tuple[int, int, int]) -> None:
        """Give a class another sRGB colour.

        Raises:
            TaxonomyError: There is no such class, or the colour is out of range.
        """
        self._set_taxonomy(self._taxonomy.recolor(class_id, color), name="recolour class")

    def move_class(self, class_id: int, position: int) -> None:
        """Move a class to a position in the order.

        Raises:
            TaxonomyError: There is no such class.
        """
        self._set_taxonomy(self._taxonomy.move(class_id, position), name="move class")

    def remove_class(self, class_id: int) -> None:
        """Remove a class and all paint that uses it.

        Raises:
            TaxonomyError: There is no such class.
        """
        self._give_away(class_id, 0, name=f"remove class {self._taxonomy.get(class_id).name}")

    def merge_class(self, class_id: int, into: int) -> None:
        """Give all paint of a class to another one and remove it.

        Raises:
            TaxonomyError: There is no such class, or both are the same.
        """
        gone, heir = self._taxonomy.get(class_id), self._taxonomy.get(into)
        if gone.class_id == heir.class_id:
            return
        self._give_away(class_id, into, name=f"merge {gone.name} into {heir.name}")

    def _give_away(self, class_id: int, heir: int, *, name: str) -> None:
        """Remove a class; its paint goes to ``heir``, 0 for nobody."""
        self._before_history()
        after = self._taxonomy.remove(class_id)
        if self.scene.labels is not None:
            heirs = {**self.settings.get(HEIRS, {}), str(class_id): heir}
            self.set_setting(HEIRS, heirs)
        change = TaxonomyEdit(self._taxonomy, after, gone=class_id, heir=heir)
        self._run(self._repainting({class_id: heir}, change, name=name))

    def _repainting(
        self, heirs: dict[int, int], change: TaxonomyEdit, *, name: str
    ) -> Iterator[float]:
        """Give all paint of some classes to others, and change the classes."""
        packer = StepPacker(name)
        yield from self._repaint(heirs, packer)
        packer.add(change)
        entry = Entry(name, packer.data())
        for share in self._committing(entry, entry.edits()):
            yield _LOOKING + (1 - _LOOKING) * share

    def _repaint(self, heirs: dict[int, int], packer: StepPacker) -> Iterator[float]:
        """Pack the edits that give all paint of some classes to others."""
        table = np.arange(1 << 16, dtype=np.uint16)
        table[list(heirs)] = list(heirs.values())
        frames = self.painted_frames if heirs else ()
        for number, frame_idx in enumerate(frames):
            if heirs.keys() & set(self._masks.packed(frame_idx).class_ids.tolist()):
                edit = edit_of_classes(self._masks[frame_idx], heirs)
                if edit is not None:
                    packer.add(FrameEdit(frame_idx, edit))
            yield _LOOKING * (1 + number) / len(frames)
        layer = self.ballots.layer
        if layer is not None:
            points = np.flatnonzero(table[layer] != layer).astype(np.int32)
            if len(points):
                packer.add(LayerEdit(points, layer[points], table[layer[points]]))
        for accepted in given_away(self.accepted, table):
            packer.add(accepted)

    def _set_taxonomy(self, after: Taxonomy, *, name: str) -> None:
        self._before_history()
        if after != self._taxonomy:
            self._do(Step(name, (TaxonomyEdit(self._taxonomy, after),)))
