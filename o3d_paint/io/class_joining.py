"""Classes of several sources as one list: by name where there is one, by number else."""

from __future__ import annotations

from collections.abc import Iterable

from o3d_paint.core.taxonomy import LabelClass, Taxonomy, distinct_colors
from o3d_paint.io.mask_formats.mask_set import VOID

__all__ = ["MOST_LISTED", "Joining", "folded", "listed"]

MOST_LISTED = 10
"""Things that a sentence lists before it breaks off."""
_MANY = 255


def listed(values: Iterable[object]) -> str:
    """Return a list for a sentence, cut off where it gets long."""
    texts = [str(v) for v in values]
    return ", ".join(texts[:MOST_LISTED]) + (" …" if len(texts) > MOST_LISTED else "")


class Joining:
    """Puts classes together: by name where there is one, by number else."""

    def __init__(self, classes: Taxonomy, *, keeps_list: bool) -> None:
        """Begin with some classes.

        Args:
            classes: Those that are there.
            keeps_list: Whether they are a list of the user's, to which additions are told.
        """
        self.new_ids: dict[int, int] = {}
        self._classes = list(classes)
        self._by_name = {folded(c.name): c.class_id for c in reversed(self._classes)}
        self._taken = {c.class_id for c in self._classes}
        self._top = max(self._taken, default=0)
        self._colors = distinct_colors(c.color for c in self._classes)
        self._keeps_list = keeps_list
        self._added: list[str] = []
        self._bare: list[int] = []
        self._moved: list[str] = []
        self._named: set[int] = set()
        self._joined: list[str] = []

    def add_named(
        self, old: int, number: int, name: str, color: tuple[int, int, int] | None
    ) -> None:
        """Give an id the class of its name, a new one where there is none."""
        name = name.strip() or f"class {number}"
        known = self._by_name.get(folded(name))
        if known is None:
            known = self._add(self._free(number), name, color)
            self._added.append(repr(name))
        elif known in self._named:
            self._joined.append(f"{number} is {known} {name}")
        self._named.add(known)
        self.new_ids[old] = known

    def add_bare(self, old: int, number: int, *, joins: bool) -> None:
        """Give an id without a name the class of its number, or one of its own.

        Args:
            old: The id.
            number: What it counts as.
            joins: Whether a class of this number is meant.
        """
        if number < 1:
            self.new_ids[old] = 0
            return
        class_id = number
        if number in self._taken and not joins:
            class_id = self._free(number)
            self._moved.append(f"{number} is now {class_id}")
        if class_id not in self._taken:
            name = f"class {class_id}"
            while folded(name) in self._by_name:
                name += "'"
            self._add(class_id, name, None)
            self._bare.append(class_id)
        self.new_ids[old] = class_id

    def taxonomy(self) -> Taxonomy:
        """Return the classes."""
        return Taxonomy(tuple(self._classes))

    def notes(self) -> list[str]:
        """Return a sentence about each kind of addition."""
        notes: list[str] = []
        if self._keeps_list and len(self._added) == 1:
            notes.append(f"The class {self._added[0]} was added.")
        elif self._keeps_list and self._added:
            count = len(self._added)
            notes.append(f"{count} classes were added: {listed(self._added)}.")
        if self._joined:
            notes.append(f"Classes of one name are one: {listed(self._joined)}.")
        if len(self._bare) > _MANY:
            notes.append(
                f"{len(self._bare):,} numbers without a name are many for classes: are they of"
                " objects, or depths? Fusing takes its time for each."
            )
        if self._bare:
            notes.append(
                f"Classes without a name were added: {listed(self._bare)}; --taxonomy names them."
            )
        if self._moved:
            notes.append(
                "The masks do not name all their numbers, and classes of other names have them:"
                f" {listed(self._moved)}; --taxonomy says which classes the numbers are."
            )
        return notes

    def _add(self, class_id: int, name: str, color: tuple[int, int, int] | None) -> int:
        self._classes.append(LabelClass(class_id, name, color or next(self._colors)))
        self._by_name[folded(name)] = class_id
        self._taken.add(class_id)
        self._top = max(self._top, class_id)
        return class_id

    def _free(self, number: int) -> int:
        """Return a number that no class has, the wanted one if possible."""
        if 1 <= number < VOID and number not in self._taken:
            return number
        if self._top < VOID - 1:
            return self._top + 1
        return next(i for i in range(1, VOID) if i not in self._taken)


def folded(name: str) -> str:
    """Return a name as names of classes are compared: without capitals and outer blanks."""
    return name.strip().casefold()
