"""Class lists that a user names: those that ship with the program, files, and names themselves.

This program writes::

    {"unlabelled": 0, "classes": [{"id": 1, "name": "roof", "color": [204, 51, 17]}, …]}

and reads what `class_file` understands. A class without a number gets the next one, a class without
a colour one that is not used yet.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from o3d_paint.assets import asset
from o3d_paint.core.taxonomy import LabelClass, Taxonomy, distinct_colors
from o3d_paint.errors import TaxonomyError
from o3d_paint.io.class_entry import ClassEntry, is_empty_name, is_void_name
from o3d_paint.io.class_file import parse_class_file
from o3d_paint.io.class_list import class_list
from o3d_paint.io.class_text import entries_from_text
from o3d_paint.io.files import read_file, reading
from o3d_paint.io.plugins import installed
from o3d_paint.io.store import write_json

__all__ = [
    "PRESETS",
    "TaxonomyFile",
    "class_lists",
    "find_taxonomy",
    "read_taxonomy",
    "write_taxonomy",
]

PRESETS: tuple[str, ...] = ("cityscapes", "scannet20", "s3dis", "asprs")
"""Class lists that ship with the program, by name."""

_FOLDER = "taxonomies"
_BYTES_PER_CHARACTER = 12
_TYPED = re.compile(r"\s*([0-9]{1,9})\s*[=:]\s*(.*)")


@dataclass(frozen=True, slots=True)
class TaxonomyFile:
    """A class list and what it says of itself.

    Attributes:
        taxonomy: The classes.
        name: For people.
        source: Where ids, names and colours come from.
        note: What to know about them.
        starts_at: Number of its first class in the list, 0 or 1; classes of lists that begin with 0
            have the next higher id, since 0 is unlabelled here.
    """

    taxonomy: Taxonomy
    name: str
    source: str = ""
    note: str = ""
    starts_at: int = 1


def find_taxonomy(text: str | Path) -> TaxonomyFile:
    """Return a class list: of the program or a plug-in by its name, from a file, or as typed.

    Args:
        text: A name of `class_lists`, capitals, blanks and dashes ignored; a path; or names of
            classes with commas between them, ``floor,wall`` or ``1=floor,4=wall``.

    Raises:
        TaxonomyError: It is none of these, or contradicts itself.
        FormatError: The file cannot be read.
    """
    name = _plain(str(text))
    if name in PRESETS:
        return read_taxonomy(asset(_FOLDER, f"{name}.json"))
    with reading(text):
        if _is_there(Path(text)):
            return read_taxonomy(Path(text))
    if "," in str(text):
        return _typed(str(text))
    for own, taxonomy in _plugged().items():
        if _plain(own) == name:
            return TaxonomyFile(taxonomy, own)
    msg = (
        f"there is no class list {text}: give a file, names such as floor,wall or one of"
        f" {', '.join(class_lists())}"
    )
    raise TaxonomyError(msg)


def class_lists() -> tuple[str, ...]:
    """Return the names of class lists that ship with the program or come with plug-ins."""
    return (*PRESETS, *_plugged())


@cache
def _plugged() -> dict[str, Taxonomy]:
    """Return the class lists of other packages by name."""
    return installed("o3d_paint.class_lists", Taxonomy, taken=PRESETS)


def _plain(name: str) -> str:
    """Return a name as it is compared."""
    return re.sub(r"[\s_-]+", "", name).casefold()


def read_taxonomy(path: Path) -> TaxonomyFile:
    """Read a class list of any form that `class_file` understands.

    Raises:
        FormatError: It cannot be read, or is of no known form.
        TaxonomyError: Its classes contradict each other.
        SceneError: It would not fit into memory.
    """
    data = read_file(path, factor=_BYTES_PER_CHARACTER)
    found = parse_class_file(data, str(path))
    taxonomy, starts_at = _taxonomy(found.entries, str(path))
    return TaxonomyFile(taxonomy, found.name or path.stem, found.source, found.note, starts_at)


def _is_there(path: Path) -> bool:
    """Return whether there is anything of a name, which may be no name of a file at all."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def write_taxonomy(taxonomy: Taxonomy, path: Path, *, inputs: Sequence[Path] = ()) -> None:
    """Write a class list.

    Raises:
        StorageError: It cannot be written.
    """
    write_json(path, class_list(taxonomy), inputs=inputs)


def _typed(text: str) -> TaxonomyFile:
    """Return the classes that a user typed, all with numbers or all without."""
    names = [part.strip() for part in text.split(",") if part.strip()]
    numbered = [_TYPED.fullmatch(name) for name in names]
    where = f"the class list {text!r}"
    if names and all(numbered):
        entries = [ClassEntry(int(m[1]), m[2].strip()) for m in numbered if m is not None]
    else:
        entries = entries_from_text("\n".join(names), where)
    taxonomy, starts_at = _taxonomy(entries, where)
    return TaxonomyFile(taxonomy, text, starts_at=starts_at)


def _taxonomy(entries: Sequence[ClassEntry], where: str) -> tuple[Taxonomy, int]:
    """Return classes and the number of the first one; what is left out is filled in.

    Names that mean no class, such as labelme's ``__ignore__``, are left out.

    Raises:
        TaxonomyError: Classes contradict each other, or none is left.
    """
    given: list[tuple[int, ClassEntry]] = []
    for entry in entries:
        following = max((n for n, _ in given), default=0) + 1
        given.append((following if entry.number is None else entry.number, entry))
    given = [
        (n, e) for n, e in given if not is_empty_name(e.name, n) and not is_void_name(e.name, n)
    ]
    starts_at = 0 if any(n == 0 for n, _ in given) else 1
    colors = distinct_colors(e.color for _, e in given if e.color is not None)
    try:
        classes = tuple(
            LabelClass(number + 1 - starts_at, entry.name, entry.color or next(colors))
            for number, entry in given
        )
        if not classes:
            msg = "it names no class"
            raise TaxonomyError(msg)
        return Taxonomy(classes), starts_at
    except TaxonomyError as error:
        msg = f"{where}: {error}"
        raise TaxonomyError(msg) from error
