"""What number is a class: from the numbers in masks and labels to the classes of a scene."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from o3d_paint.core.taxonomy import MAX_CLASS_ID, Taxonomy
from o3d_paint.errors import SceneError
from o3d_paint.io.class_entry import is_empty_name, is_void_name
from o3d_paint.io.class_joining import MOST_LISTED, Joining, folded, listed
from o3d_paint.io.mask_formats.mask_set import VOID, MaskSet

__all__ = [
    "NOT_COUNTED",
    "ClassNumbers",
    "NumberRules",
    "class_numbers",
    "guessed_voids",
    "joined_names",
]

NOT_COUNTED = -1
"""In place of a class: pixels that are neither of a class nor merely unlabelled."""

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
    adding = Joining(result.taxonomy, keeps_list=classes is not None)
    for i in rest:
        if i in found.names and (i in present or classes is None):
            adding.add_named(i, numbers[i], found.names[i], found.colors.get(i))
    is_list = classes is None or list_starts_at is not None
    for i in rest:
        if i in present and i not in found.names:
            adding.add_bare(i, numbers[i], joins=is_list and not found.names)
    result.taxonomy = adding.taxonomy()
    result.new_ids |= adding.new_ids
    result.notes += adding.notes()
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
        ids = {i for i, name in found.names.items() if folded(name) == folded(text)}
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
    remedy = f"--taxonomy {names!r}" if len(result.taxonomy) <= MOST_LISTED else "--taxonomy FILE"
    return [
        f"Numbers of classes follow the alphabet, since {found.format} gives none that hold for all"
        f" files: {pairs}; {remedy} fixes them, in the order of your choice."
    ]


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
