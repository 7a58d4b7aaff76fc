"""What number is a class: from the numbers in masks and labels to the classes of a scene."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from o3d_paint.core.taxonomy import MAX_CLASS_ID, LabelClass, Taxonomy, distinct_colors
from o3d_paint.errors import SceneError
from o3d_paint.io.class_entry import is_empty_name, is_void_name
from o3d_paint.io.mask_formats.mask_set import VOID, MaskSet

__all__ = [
    "NOT_COUNTED",
    "ClassNumbers",
    "NumberRules",
    "class_numbers",
    "guessed_voids",
    "joined_names",
    "listed",
]

NOT_COUNTED = -1
"""In place of a class: pixels that are neither of a class nor merely unlabelled."""

_MOST_LISTED = 10
_MANY = 255
_LARGEST = (65_535, 32_767, 255)
"""Largest values of the types that masks are stored in, the widest first."""
_SMALL = 0.8
"""Others are small beside the largest value up to this share of it: ADE20K has 150 classes and 255,
COCO-Stuff 182."""
_NOTHING = "none"


@dataclass(frozen=True, slots=True)
class NumberRules:
    """What a user says about the numbers in masks and labels.

    Attributes:
        ignore: Numbers or class names that are no class, as text. With "none" among them, only
            those: no number is taken for such because it is the largest of its type.
        first_id: The first class's number in the file, which becomes class 1; lower ones are
            unlabelled. None for 1, or what a class list says.
    """

    ignore: tuple[str, ...] = ()
    first_id: int | None = None

    @property
    def guesses(self) -> bool:
        """Whether numbers may be ignored without having been named."""
        return _NOTHING not in (text.casefold() for text in self.ignore)


@dataclass(slots=True)
class ClassNumbers:
    """What the ids of masks mean.

    Attributes:
        taxonomy: The classes of all masks.
        new_ids: By id in the masks: its class, 0 for unlabelled, or `NOT_COUNTED`.
        notes: What was guessed, added or renumbered, one sentence each.
    """

    taxonomy: Taxonomy
    new_ids: dict[int, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def class_numbers(
    found: MaskSet,
    present: Collection[int],
    classes: Taxonomy | None,
    rules: NumberRules,
    *,
    list_starts_at: int | None = 1,
) -> ClassNumbers:
    """Find out which classes the ids of masks mean.

    Args:
        found: The masks, which may name their classes.
        present: Ids that occur in them.
        classes: Those that are there already; None for none.
        rules: What the user says.
        list_starts_at: Where ``classes`` is the list that the user gave, the number of its first
            class in its file, 0 or 1: numbers without names mean that list. None where it is not,
            as with names that a cloud brings: those of masks are kept apart then.

    Raises:
        SceneError: A number is too large to be a class.
    """
    result = ClassNumbers(classes if classes is not None else Taxonomy())
    counts_0 = rules.first_id == 0 or (rules.first_id is None and list_starts_at == 0)
    void, empty = _of_no_class(found, present, classes, rules, result.notes, counts_0=counts_0)
    first = _first_number(found, set(present) - void, classes, rules, list_starts_at, result.notes)
    result.new_ids |= dict.fromkeys(void, NOT_COUNTED) | dict.fromkeys(empty, 0)
    rest = sorted(({*found.names, *present} - void - empty) | {i for i in (0,) if i in present})
    if first != 0 or found.shift:
        rest = [i for i in rest if i]
    numbers = {i: i - found.shift - first + 1 for i in rest}
    if max(numbers.values(), default=0) > MAX_CLASS_ID:
        msg = f"the masks' number {max(rest) - found.shift} is too large to be a class: ignore it"
        raise SceneError(msg)
    adding = _Adding(result, keeps_list=classes is not None)
    for i in rest:
        if i in found.names and (i in present or classes is None):
            adding.add_named(i, numbers[i], found.names[i], found.colors.get(i))
    is_list = classes is None or list_starts_at is not None
    for i in rest:
        if i in present and i not in found.names:
            adding.add_bare(i, numbers[i], joins=is_list and not found.names)
    adding.finish()
    if classes is None:
        result.notes += _notes_on_numbers(found, result)
    return result


def guessed_voids(numbers: Collection[int], named: Collection[int]) -> list[int]:
    """Return numbers that are probably no class: the largest of their type beside small ones.

    Args:
        numbers: All that occur but 0.
        named: Numbers that have a name, which are classes.
    """
    rest, found = set(numbers), []
    for largest in _LARGEST:
        others = rest - {largest}
        if largest in rest - set(named) and others and max(others) <= _SMALL * largest:
            found.append(largest)
            rest = others
    return found


def listed(values: Iterable[object]) -> str:
    """Return a list for a sentence, cut off where it gets long."""
    texts = [str(v) for v in values]
    return ", ".join(texts[:_MOST_LISTED]) + (" …" if len(texts) > _MOST_LISTED else "")


class _Adding:
    """Puts classes together: by name where there is one, by number else."""

    def __init__(self, result: ClassNumbers, *, keeps_list: bool) -> None:
        self._result = result
        self._classes = list(result.taxonomy)
        self._by_name = {_folded(c.name): c.class_id for c in reversed(self._classes)}
        self._taken = {c.class_id for c in self._classes}
        self._top = max(self._taken, default=0)
        self._colors = distinct_colors(c.color for c in self._classes)
        self._keeps_list = keeps_list
        self._added: list[str] = []
        self._bare: list[int] = []
        self._moved: list[str] = []
        self._named: dict[int, int] = {}
        self._joined: list[str] = []

    def add_named(
        self, old: int, number: int, name: str, color: tuple[int, int, int] | None
    ) -> None:
        """Give an id the class of its name, a new one where there is none."""
        name = name.strip() or f"class {number}"
        known = self._by_name.get(_folded(name))
        if known is None:
            known = self._add(self._free(number), name, color)
            self._added.append(repr(name))
        elif known in self._named.values():
            self._joined.append(f"{number} is {known} {name}")
        self._named[old] = self._result.new_ids[old] = known

    def add_bare(self, old: int, number: int, *, joins: bool) -> None:
        """Give an id without a name the class of its number, or one of its own.

        Args:
            old: The id.
            number: What it counts as.
            joins: Whether a class of this number is meant.
        """
        if number < 1:
            self._result.new_ids[old] = 0
            return
        class_id = number
        if number in self._taken and not joins:
            class_id = self._free(number)
            self._moved.append(f"{number} is now {class_id}")
        if class_id not in self._taken:
            name = f"class {class_id}"
            while _folded(name) in self._by_name:
                name += "'"
            self._add(class_id, name, None)
            self._bare.append(class_id)
        self._result.new_ids[old] = class_id

    def finish(self) -> None:
        """Hand over the classes, and say which are new."""
        result = self._result
        result.taxonomy = Taxonomy(tuple(self._classes))
        if self._keeps_list and len(self._added) == 1:
            result.notes.append(f"The class {self._added[0]} was added.")
        elif self._keeps_list and self._added:
            count = len(self._added)
            result.notes.append(f"{count} classes were added: {listed(self._added)}.")
        if self._joined:
            result.notes.append(f"Classes of one name are one: {listed(self._joined)}.")
        if len(self._bare) > _MANY:
            result.notes.append(
                f"{len(self._bare):,} numbers without a name are many for classes: are they of"
                " objects, or depths? Fusing takes its time for each."
            )
        if self._bare:
            result.notes.append(
                f"Classes without a name were added: {listed(self._bare)}; --taxonomy names them."
            )
        if self._moved:
            result.notes.append(
                "The masks do not name all their numbers, and classes of other names have them:"
                f" {listed(self._moved)}; --taxonomy says which classes the numbers are."
            )

    def _add(self, class_id: int, name: str, color: tuple[int, int, int] | None) -> int:
        self._classes.append(LabelClass(class_id, name, color or next(self._colors)))
        self._by_name[_folded(name)] = class_id
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


def _of_no_class(
    found: MaskSet,
    present: Collection[int],
    classes: Taxonomy | None,
    rules: NumberRules,
    notes: list[str],
    *,
    counts_0: bool,
) -> tuple[set[int], set[int]]:
    """Return ids that do not count and ids that are unlabelled; says which the former are."""
    words = sorted(found.findings.void)
    void = {VOID} if words else set()
    empty = set()
    for i, name in found.names.items():
        if is_empty_name(name, i - found.shift):
            empty.add(i)
        elif is_void_name(name, i - found.shift):
            void.add(i)
            if i in present:
                words.append(name)
    for text in rules.ignore:
        chosen = _meant(text, found, classes)
        void |= chosen
        if chosen & set(present):
            words.append(text)
        elif text.casefold() != _NOTHING:
            notes.append(f"No mask has the number or class {text} that --ignore names.")
    if words:
        notes.append(f"Not counted, since it is no class: {listed(words)}.")
    if rules.guesses:
        rest = set(present) - void - empty - (set() if counts_0 else {0})
        named = {*found.names, *(c.class_id for c in classes or () if not found.names)}
        guessed = guessed_voids([i - found.shift for i in rest], [i - found.shift for i in named])
        void |= {i + found.shift for i in guessed}
        if guessed:
            notes.append(
                f"Not counted, since the largest number beside small ones is rarely a class:"
                f" {listed(guessed)}; --ignore none counts it."
            )
    return void, empty


def _meant(text: str, found: MaskSet, classes: Taxonomy | None) -> set[int]:
    """Return the ids that a user calls by a number of the file or by a class's name."""
    try:
        number = int(text)
    except ValueError:
        ids = {i for i, name in found.names.items() if _folded(name) == _folded(text)}
        known = classes.find(text) if classes is not None and not found.names else None
        return ids if known is None else {known.class_id + found.shift}
    return {number + found.shift} if 0 <= number <= MAX_CLASS_ID else set()


def _first_number(
    found: MaskSet,
    present: Collection[int],
    classes: Taxonomy | None,
    rules: NumberRules,
    list_starts_at: int | None,
    notes: list[str],
) -> int:
    """Return the number of the first class in the file; says where it was found out."""
    if found.numbers_are_made_up:
        if rules.first_id is not None:
            notes.append(f"--first-id has no effect: {found.format} gives classes no numbers.")
        return 1
    if rules.first_id is not None:
        return rules.first_id
    if found.shift:
        notes.append(
            "The first class has number 0 in the file, which is unlabelled here: every class has"
            " its number plus 1."
        )
        return 0
    if list_starts_at != 0 or found.names or classes is None:
        return 1
    behind_last = max((c.class_id for c in classes), default=0)
    if max(present, default=0) == behind_last:
        notes.append(
            f"The class list begins with 0, but masks have number {behind_last}, which only"
            " counting from 1 gives: 0 was taken for unlabelled; --first-id 0 says otherwise."
        )
        return 1
    notes.append(
        f"The class list begins with 0, so 0 in masks is {classes.classes[0].name!r} and not"
        " unlabelled; --first-id 1 says otherwise."
    )
    return 0


def _notes_on_numbers(found: MaskSet, result: ClassNumbers) -> list[str]:
    """Return a sentence about numbers that nobody gave, and how to fix them."""
    if not found.numbers_are_made_up or not result.taxonomy.classes:
        return []
    pairs = listed(f"{c.class_id} {c.name}" for c in result.taxonomy)
    names = ",".join(c.name for c in result.taxonomy)
    remedy = f"--taxonomy {names!r}" if len(result.taxonomy) <= _MOST_LISTED else "--taxonomy FILE"
    return [
        f"Numbers of classes follow the alphabet, since {found.format} gives none that hold for all"
        f" files: {pairs}; {remedy} fixes them, in the order of your choice."
    ]


def _folded(name: str) -> str:
    return name.strip().casefold()


def joined_names(
    names: Mapping[int, str], classes: Taxonomy, notes: list[str]
) -> tuple[Taxonomy, dict[int, int]]:
    """Return classes with those of other names added, and the others' ids in them.

    Args:
        names: Class names by id.
        classes: The classes that are there.
        notes: Gets a sentence about those added.
    """
    found = MaskSet("", (), names)
    result = class_numbers(found, list(names), classes, NumberRules())
    notes += result.notes
    return result.taxonomy, result.new_ids
