"""Class lists as JSON, and those that ship with the program.

::

    {"name": "…", "source": "…", "note": "…", "unlabelled": 0,
     "classes": [{"id": 1, "name": "roof", "color": [204, 51, 17]}, …]}

Only ``classes`` must be there; a bare list of them will do as well. A class without an id gets the
next one, a class without a colour one that is not used yet; colours may be ``"#cc3311"``, and a
class may be its name alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from o3d_paint.assets import asset
from o3d_paint.core.taxonomy import LabelClass, Taxonomy, next_color
from o3d_paint.errors import FormatError, TaxonomyError
from o3d_paint.io.class_list import class_list
from o3d_paint.io.files import reading
from o3d_paint.io.json_file import item, read_json
from o3d_paint.io.store import write_json

__all__ = ["PRESETS", "TaxonomyFile", "find_taxonomy", "read_taxonomy", "write_taxonomy"]

PRESETS: tuple[str, ...] = ("cityscapes", "scannet20", "s3dis", "asprs")
"""Class lists that ship with the program, by name."""

_FOLDER = "taxonomies"
_HEX = re.compile(r"#?([0-9a-fA-F]{6})")


@dataclass(frozen=True, slots=True)
class TaxonomyFile:
    """A class list and what it says of itself.

    Attributes:
        taxonomy: The classes.
        name: For people.
        source: Where ids, names and colours come from.
        note: What to know about them.
    """

    taxonomy: Taxonomy
    name: str
    source: str = ""
    note: str = ""


def find_taxonomy(text: str | Path) -> TaxonomyFile:
    """Return a class list that ships with the program, by its name, or one from a file.

    Args:
        text: A name of `PRESETS`, capitals, blanks and dashes ignored; or a path.

    Raises:
        TaxonomyError: It is neither, or contradicts itself.
        FormatError: The file cannot be read.
    """
    name = re.sub(r"[\s_-]+", "", str(text)).casefold()
    if name in PRESETS:
        return read_taxonomy(asset(_FOLDER, f"{name}.json"))
    with reading(text):
        if not Path(text).exists():
            msg = f"there is no class list {text}: give a JSON file or one of {', '.join(PRESETS)}"
            raise TaxonomyError(msg)
        return read_taxonomy(Path(text))


def read_taxonomy(path: Path) -> TaxonomyFile:
    """Read a class list.

    Raises:
        FormatError: It is no JSON, or not of this form.
        TaxonomyError: Its classes contradict each other.
    """
    document = read_json(path)
    entries = document if isinstance(document, list) else item(document, "classes", list, str(path))
    texts = {}
    for key in ("name", "source", "note"):
        value = document.get(key, "") if isinstance(document, dict) else ""
        texts[key] = value if isinstance(value, str) else ""
    try:
        taxonomy = _taxonomy(entries, str(path))
    except TaxonomyError as error:
        msg = f"{path}: {error}"
        raise TaxonomyError(msg) from error
    return TaxonomyFile(taxonomy, texts["name"] or path.stem, texts["source"], texts["note"])


def write_taxonomy(taxonomy: Taxonomy, path: Path, *, inputs: Sequence[Path] = ()) -> None:
    """Write a class list.

    Raises:
        StorageError: It cannot be written.
    """
    write_json(path, class_list(taxonomy), inputs=inputs)


def _taxonomy(entries: list[Any], where: str) -> Taxonomy:
    """Return classes from JSON values; what is left out is filled in."""
    given = [_parsed(entry, f"classes[{n}] of {where}") for n, entry in enumerate(entries)]
    used = {color for _, _, color in given if color is not None}
    classes: list[LabelClass] = []
    for class_id, name, color in given:
        if class_id is None:
            class_id = max((c.class_id for c in classes), default=0) + 1
        if color is None:
            color = next_color(used)
            used.add(color)
        classes.append(LabelClass(class_id, name, color))
    return Taxonomy(tuple(classes))


def _parsed(entry: Any, where: str) -> tuple[int | None, str, tuple[int, int, int] | None]:
    """Return id, name and colour of a class as far as they are given.

    Raises:
        FormatError: One is of another type than expected.
    """
    if isinstance(entry, str):
        return None, entry.strip(), None
    name = item(entry, "name", str, where).strip()
    class_id = item(entry, "id", int, where) if "id" in entry else None
    if "color" not in entry:
        return class_id, name, None
    color = entry["color"]
    written = _HEX.fullmatch(color) if isinstance(color, str) else None
    if written is not None:
        color = [int(written[1][i : i + 2], 16) for i in (0, 2, 4)]
    if (
        not isinstance(color, list)
        or len(color) != 3
        or not all(isinstance(v, int) and not isinstance(v, bool) for v in color)
    ):
        msg = f"'color' of {where} must be three numbers or \"#rrggbb\", found {entry['color']!r}"
        raise FormatError(msg)
    return class_id, name, (color[0], color[1], color[2])
