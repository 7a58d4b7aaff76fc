"""Class lists as people and other programs write them.

What is understood is described in ``assets/docs/classes.md``: JSON of this program, of COCO, CVAT,
Supervisely and Hugging Face, plain mappings either way round, the ``names`` of YOLO's
``data.yaml``, CVAT's ``labelmap.txt``, tables, and one name a line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from o3d_paint.errors import FormatError
from o3d_paint.io.class_entry import ClassEntry
from o3d_paint.io.class_text import color_of, entries_from_text, entries_from_yaml
from o3d_paint.io.json_file import item, parse_json
from o3d_paint.io.label_map import is_label_map, parse_label_map

__all__ = ["ClassFile", "parse_class_file"]

_KEYS = ("classes", "categories", "names", "labels", "id2label", "label2id", "colors")
_NAMES = ("name", "title", "label", "class", "display_name")
_NUMBERS = ("id", "class_id", "index", "value")
_COLORS = ("color", "colour", "rgb", "hex")
_YAML = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class ClassFile:
    """A class list and what it says of itself.

    Attributes:
        entries: In the file's order.
        name: For people; empty where it does not say.
        source: Where ids, names and colours come from.
        note: What to know about them.
    """

    entries: tuple[ClassEntry, ...]
    name: str = ""
    source: str = ""
    note: str = ""


def parse_class_file(data: bytes, where: str) -> ClassFile:
    """Read a class list.

    Args:
        data: The file.
        where: Its name, whose ending tells JSON, YAML and tables apart, and for messages.

    Raises:
        FormatError: It is none of the known forms.
    """
    suffix = PurePath(where).suffix.lower()
    if suffix == ".json" or data.lstrip()[:1] in (b"{", b"["):
        return _of_json(parse_json(data, where), where)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    if suffix in _YAML:
        entries = entries_from_yaml(text, where)
    elif is_label_map(text):
        entries = parse_label_map(text, where)
    else:
        entries = entries_from_text(text, where)
    if not entries:
        msg = f"{where} names no class: expected one a line, or a table of numbers and names"
        raise FormatError(msg)
    return ClassFile(tuple(entries))


def _of_json(document: Any, where: str) -> ClassFile:
    if isinstance(document, list):
        return ClassFile(tuple(_of_list(document, where)))
    texts = dict.fromkeys(("name", "source", "note"), "")
    # "colors" is X-AnyLabeling's, of colours or of grey values.
    key = next((k for k in _KEYS if isinstance(document, dict) and k in document), None)
    if key is None:
        if not isinstance(document, dict) or not document:
            msg = f"{where} has no 'classes': expected a list of classes, or numbers and names"
            raise FormatError(msg)
        return ClassFile(tuple(_of_mapping(document, where)))
    for text in texts:
        value = document.get(text)
        texts[text] = value if isinstance(value, str) else ""
    value = item(document, key, (list, dict), where)
    if isinstance(value, dict):
        entries = _of_mapping(value, f"{key!r} of {where}")
    else:
        entries = _of_list(value, where)
    if key == "names" and all(e.number is None for e in entries):
        # YOLO's lists are numbered from 0.
        entries = [ClassEntry(i, e.name, e.color) for i, e in enumerate(entries)]
    if key == "categories":
        entries = _without_group(entries, value)
    return ClassFile(tuple(entries), texts["name"], texts["source"], texts["note"])


def _of_list(values: list[Any], where: str) -> list[ClassEntry]:
    return [_entry(value, f"classes[{n}] of {where}") for n, value in enumerate(values)]


def _of_mapping(values: Mapping[str, Any], where: str) -> list[ClassEntry]:
    """Return classes from names by number, numbers by name, or colours by name.

    Raises:
        FormatError: It is none of these.
    """
    if all(re.fullmatch(r"[+-]?[0-9]{1,9}", k) for k in values):
        entries = []
        for key, value in values.items():
            inner = _entry(value, f"{key!r} of {where}")
            entries.append(ClassEntry(int(key), inner.name, inner.color))
        return entries
    entries = []
    for name, value in values.items():
        if isinstance(value, int) and not isinstance(value, bool):
            entries.append(ClassEntry(value, name.strip()))
        elif isinstance(value, (list, str)):
            entries.append(ClassEntry(None, name.strip(), _color(value, f"{name!r} of {where}")))
        else:
            msg = (
                f"{where} has no 'classes', and {name!r} in it is neither a class with its number"
                " nor one with its colour"
            )
            raise FormatError(msg)
    return entries


def _entry(value: Any, where: str) -> ClassEntry:
    """Return a class from its name or from an object.

    Raises:
        FormatError: A part is of another type than expected.
    """
    if isinstance(value, str):
        return ClassEntry(None, value.strip())
    given = value if isinstance(value, dict) else {}
    name = item(value, next((k for k in _NAMES if k in given), "name"), str, where).strip()
    key = next((k for k in _NUMBERS if k in given), None)
    number = None if key is None else item(value, key, int, where)
    color = next((k for k in _COLORS if given.get(k) is not None), None)
    return ClassEntry(number, name, None if color is None else _color(given[color], where))


def _color(value: Any, where: str) -> tuple[int, int, int]:
    """Return a colour.

    Raises:
        FormatError: It is neither three numbers nor text such as ``#cc3311``.
    """
    written = color_of(value) if isinstance(value, str) else None
    if written is not None:
        return written
    is_triple = isinstance(value, list) and len(value) == 3
    if is_triple and all(isinstance(v, int) and not isinstance(v, bool) for v in value):
        return value[0], value[1], value[2]
    msg = f"'color' of {where} must be three numbers or \"#rrggbb\", found {value!r}"
    raise FormatError(msg)


def _without_group(entries: list[ClassEntry], categories: Any) -> list[ClassEntry]:
    """Leave out the entry that Roboflow writes at 0 for the group that all classes are of."""
    groups = {c.get("supercategory") for c in categories[1:] if isinstance(c, dict)}
    is_group = len(entries) > 1 and entries[0].number == 0 and groups == {entries[0].name}
    return entries[1:] if is_group else entries
