"""Classes: ids that masks and points store, with names and colours for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from o3d_paint.core.arrays import RgbArray
from o3d_paint.errors import TaxonomyError

__all__ = [
    "MAX_CLASS_ID",
    "LabelClass",
    "Taxonomy",
    "article_taxonomy",
    "distinct_colors",
    "next_color",
]

MAX_CLASS_ID = 65535
UNLABELLED_COLOR = (128, 128, 128)
_GOLDEN_ANGLE = 0.381966
_HUES = 512
"""Colours by hue: two lightnesses of one saturation have some 1,600 8-bit colours, and none that a
person could tell apart beyond a few dozen."""
_ALL_COLORS = 1 << 24
# Odd, so that its multiples meet every 24-bit number once; near the golden section of all of them,
# so that neighbours lie far apart.
_COLOR_STEP = 0x9E3779
# Paul Tol's "bright" and "muted" schemes, chosen to be told apart with common colour blindness.
_DISTINCT_COLORS = (
    (238, 119, 51),
    (0, 119, 187),
    (204, 51, 17),
    (0, 153, 136),
    (238, 51, 119),
    (221, 204, 119),
    (136, 34, 85),
    (51, 187, 238),
    (17, 119, 51),
    (170, 68, 153),
    (153, 153, 51),
    (68, 119, 170),
)


@dataclass(frozen=True, slots=True)
class LabelClass:
    """One class.

    Attributes:
        class_id: 1 to 65535; what masks, points and files store. 0 means unlabelled.
        name: Not empty, unique in its taxonomy.
        color: sRGB, three values of 0 to 255.
    """

    class_id: int
    name: str
    color: tuple[int, int, int]

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            TaxonomyError: An id, name or colour out of range.
        """
        if not 1 <= self.class_id <= MAX_CLASS_ID:
            msg = f"class id {self.class_id} of {self.name!r} must lie in 1 to {MAX_CLASS_ID}"
            raise TaxonomyError(msg)
        if not self.name.strip():
            msg = f"class {self.class_id} has an empty name: give it one"
            raise TaxonomyError(msg)
        if len(self.color) != 3 or not all(0 <= c <= 255 for c in self.color):
            msg = f"colour {self.color} of class {self.name!r} must be three values of 0 to 255"
            raise TaxonomyError(msg)


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """Ordered classes with unique ids and names. Every change returns a new taxonomy."""

    classes: tuple[LabelClass, ...] = ()
    _by_id: dict[int, LabelClass] = field(init=False, repr=False, compare=False)
    _by_name: dict[str, LabelClass] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check that ids and names are unique.

        Raises:
            TaxonomyError: An id or a name occurs twice.
        """
        for field_name in ("class_id", "name"):
            counts = Counter(getattr(c, field_name) for c in self.classes)
            repeated = [v for v, n in counts.items() if n > 1]
            if repeated:
                msg = f"class {field_name} {min(repeated)!r} occurs twice: each must be unique"
                raise TaxonomyError(msg)
        # Some lists have thousands of classes, each of which is looked up.
        object.__setattr__(self, "_by_id", {c.class_id: c for c in self.classes})
        by_name = {_folded(c.name): c for c in reversed(self.classes)}
        object.__setattr__(self, "_by_name", by_name)

    def __len__(self) -> int:
        """Return the number of classes."""
        return len(self.classes)

    def __iter__(self) -> Iterator[LabelClass]:
        """Iterate over the classes in order."""
        return iter(self.classes)

    def __contains__(self, class_id: object) -> bool:
        """Return whether the id belongs to a class."""
        return class_id in self._by_id

    def get(self, class_id: int) -> LabelClass:
        """Return the class with this id.

        Raises:
            TaxonomyError: There is none.
        """
        found = self._by_id.get(class_id)
        if found is None:
            msg = f"there is no class with id {class_id}"
            raise TaxonomyError(msg)
        return found

    def name_of(self, class_id: int) -> str:
        """Return the name of a class, "class <id>" for an id that has none."""
        return self.get(class_id).name if class_id in self else f"class {class_id}"

    def find(self, name: str) -> LabelClass | None:
        """Return the class with this name (case and outer blanks ignored), or None."""
        return self._by_name.get(_folded(name))

    def add(self, name: str, color: tuple[int, int, int] | None = None) -> Taxonomy:
        """Append a class with the lowest id above all others and a colour not yet used."""
        class_id = max((c.class_id for c in self.classes), default=0) + 1
        chosen = color if color is not None else next_color([c.color for c in self.classes])
        return Taxonomy((*self.classes, LabelClass(class_id, name.strip(), chosen)))

    def completed(self, class_ids: Iterable[int]) -> Taxonomy:
        """Append a class named "class <id>" for each id that has none; 0 needs none."""
        classes = list(self.classes)
        names = {c.name.casefold() for c in classes}
        colors = distinct_colors(c.color for c in classes)
        for class_id in sorted({int(i) for i in class_ids} - {0} - {c.class_id for c in classes}):
            name = f"class {class_id}"
            while name.casefold() in names:
                name += "'"
            names.add(name.casefold())
            classes.append(LabelClass(class_id, name, next(colors)))
        return Taxonomy(tuple(classes))

    def rename(self, class_id: int, name: str) -> Taxonomy:
        """Give a class another name."""
        return self._with(replace(self.get(class_id), name=name.strip()))

    def recolor(self, class_id: int, color: tuple[int, int, int]) -> Taxonomy:
        """Give a class another colour."""
        return self._with(replace(self.get(class_id), color=color))

    def move(self, class_id: int, position: int) -> Taxonomy:
        """Move a class to a position in the order; ids stay."""
        moved = self.get(class_id)
        rest = [c for c in self.classes if c.class_id != class_id]
        rest.insert(max(0, min(position, len(rest))), moved)
        return Taxonomy(tuple(rest))

    def remove(self, class_id: int) -> Taxonomy:
        """Take a class out; the paint that uses it is the caller's to clear."""
        self.get(class_id)
        return Taxonomy(tuple(c for c in self.classes if c.class_id != class_id))

    def color_table(self) -> RgbArray:
        """Return (max id + 1, 3) uint8 colours by class id; unlabelled and unused ids are grey."""
        size = max((c.class_id for c in self.classes), default=0) + 1
        table = np.full((size, 3), UNLABELLED_COLOR, dtype=np.uint8)
        for label_class in self.classes:
            table[label_class.class_id] = label_class.color
        return table

    def _with(self, changed: LabelClass) -> Taxonomy:
        same = (changed if c.class_id == changed.class_id else c for c in self.classes)
        return Taxonomy(tuple(same))


def next_color(used: Iterable[tuple[int, int, int]]) -> tuple[int, int, int]:
    """Return the next distinct colour; see `distinct_colors`."""
    return next(distinct_colors(used))


def distinct_colors(used: Iterable[tuple[int, int, int]]) -> Iterator[tuple[int, int, int]]:
    """Yield sRGB colours, each unlike all before it: for lists of classes of any length.

    A colour-blind-safe list comes first, then hues far apart, then the whole cube of colours. Never
    black or the grey of what is unlabelled.

    Args:
        used: Colours that are taken.
    """
    taken = set(used)
    for color in _DISTINCT_COLORS:
        if color not in taken:
            taken.add(color)
            yield color
    for number in range(len(taken), _HUES):
        color = _color_of_hue(number * _GOLDEN_ANGLE % 1.0, lightness=0.45 + 0.2 * (number % 2))
        if color not in taken:
            taken.add(color)
            yield color
    taken |= {(0, 0, 0), UNLABELLED_COLOR}
    for position in range(_ALL_COLORS):
        code = position * _COLOR_STEP % _ALL_COLORS
        color = (code >> 16, code >> 8 & 255, code & 255)
        if color not in taken:
            yield color


def article_taxonomy() -> Taxonomy:
    """Return the five classes that the published example starts with."""
    taxonomy = Taxonomy()
    for name in ("base plate", "walls", "roof", "figures", "accessories"):
        taxonomy = taxonomy.add(name)
    return taxonomy


def _color_of_hue(hue: float, *, lightness: float) -> tuple[int, int, int]:
    """Return an sRGB colour of saturation 0.65 (HSL)."""
    chroma = (1 - abs(2 * lightness - 1)) * 0.65
    offsets = np.abs((hue * 6 + np.array([0.0, 4.0, 2.0])) % 6 - 3) - 1
    rgb = lightness + chroma * (np.clip(offsets, 0, 1) - 0.5)
    r, g, b = (int(v) for v in np.round(rgb * 255))
    return r, g, b


def _folded(name: str) -> str:
    """Return a name as names are compared: without capitals and outer blanks."""
    return name.strip().casefold()
