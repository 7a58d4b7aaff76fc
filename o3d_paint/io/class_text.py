"""Class lists as text: tables, a name a line, and the names in YAML of detectors."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence

from o3d_paint.errors import FormatError
from o3d_paint.io.class_entry import ClassEntry

__all__ = ["color_of", "entries_from_text", "entries_from_yaml"]

_HEX = re.compile(r"#?([0-9a-fA-F]{6})")
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}")
_NUMBERED = re.compile(r"([+-]?[0-9]{1,9})\s*[:=.)\s]\s*(\S.*)")
_COLORED = re.compile(r"([0-9]{1,3})\s+([0-9]{1,3})\s+([0-9]{1,3})\s+(\S.*)")
_DELIMITERS = ("\t", ";", ",")
# By what tables call them, the likeliest first.
_NAME_HEADS = ("name", "class name", "class", "category", "label", "title")
_NUMBER_HEADS = (
    "id", "class id", "pixel value", "value", "index", "idx", "number", "label id", "label",
)  # fmt: skip
_COLOR_HEADS = ("color", "colour", "hex", "color hex", "rgb")
_CHANNEL_HEADS = (("r", "g", "b"), ("red", "green", "blue"))
_OF_OTHER_FORMATS = re.compile(r"^(?:<.*>|!!.*|\[.*\])$|[{}]$|=\s*[\[{\"']")
"""Lines of XML, TOML and protobuf text, whose every line would become a class."""
_YAML_KEYS = ("names", "classes", "labels")
_YAML_PAIR = re.compile(r"""("[^"]*"|'[^']*'|[^\s#:'"][^:#]*?)\s*:(?:\s+(.*))?""")


def color_of(text: str) -> tuple[int, int, int] | None:
    """Return a colour from text such as ``#cc3311`` or ``204, 51, 17``; None where it is none."""
    written = _HEX.fullmatch(text.strip())
    if written is not None:
        r, g, b = (int(written[1][i : i + 2], 16) for i in (0, 2, 4))
        return r, g, b
    values = re.split(r"[\s,;]+", text.strip().strip("()[]"))
    if len(values) != 3 or not all(_NUMBER.fullmatch(v) for v in values):
        return None
    return int(values[0]), int(values[1]), int(values[2])


def entries_from_text(text: str, where: str) -> list[ClassEntry]:
    """Return the classes of a table or of one name a line.

    Raises:
        FormatError: A line of a table has no name, or something else where its number should be;
            or the text is of another format.
    """
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not re.match(r"#(?![0-9a-fA-F]{6}\b)", line)]
    odd = next(filter(_OF_OTHER_FORMATS.search, lines), None)
    if odd is not None:
        msg = f"{where} has the line {odd[:80]!r}, which is no name: expected one a line, a table,"
        raise FormatError(f"{msg} JSON or YAML")
    for delimiter in _DELIMITERS:
        if lines and all(delimiter in line for line in lines):
            rows = [[c.strip() for c in row] for row in csv.reader(lines, delimiter=delimiter)]
            return _of_table(rows, where)
    colored = [m for m in map(_COLORED.fullmatch, lines) if m is not None]
    if lines and len(colored) == len(lines):
        return [ClassEntry(None, m[4], (int(m[1]), int(m[2]), int(m[3]))) for m in colored]
    numbered = [m for m in map(_NUMBERED.fullmatch, lines) if m is not None]
    if lines and len(numbered) == len(lines):
        return [ClassEntry(int(m[1]), m[2]) for m in numbered]
    return _numbered_by_unlabelled([ClassEntry(None, line) for line in lines])


def _of_table(rows: list[list[str]], where: str) -> list[ClassEntry]:
    """Return the classes of rows of cells, with or without a line of headings."""
    heads = [re.sub(r"[\s_]+", " ", cell).strip().casefold() for cell in rows[0]]
    has_heads = any(h in _NAME_HEADS for h in heads) and not any(map(_NUMBER.fullmatch, heads))
    if has_heads:
        name, number, color = _columns_by_heads(heads, rows[1:])
        rows = rows[1:]
    elif len(rows) == 1 and not any(map(_NUMBER.fullmatch, rows[0])):
        return [ClassEntry(None, cell) for cell in rows[0] if cell]
    else:
        name, number, color = _columns_by_values(rows)
    entries = []
    for position, row in enumerate(rows, start=1 + has_heads):
        row = [*row, *[""] * (len(heads) - len(row))]
        line = f"line {position} of {where}"
        if name is None or not row[name]:
            msg = f"{line} has no class name: expected a number, a name, perhaps a colour"
            raise FormatError(msg)
        if number is not None and not _NUMBER.fullmatch(row[number]):
            msg = f"{line} has {row[number]!r} where others have the class's number"
            raise FormatError(msg)
        written = " ".join(row[i] for i in color)
        entries.append(
            ClassEntry(None if number is None else int(row[number]), row[name], color_of(written))
        )
    return entries


def _columns_by_heads(
    heads: Sequence[str], rows: Sequence[Sequence[str]]
) -> tuple[int | None, int | None, list[int]]:
    """Return which columns are name, number and colour, by what they are called."""
    name = next(heads.index(h) for h in _NAME_HEADS if h in heads)
    others = [h for h in _NUMBER_HEADS if h in heads and heads.index(h) != name]
    number = heads.index(others[0]) if others else None
    labels = "" if number is None else [row[number] for row in rows]
    if others[:1] == ["label"] and not all(map(_NUMBER.fullmatch, labels)):
        number = None
    for channels in _CHANNEL_HEADS:
        if all(c in heads for c in channels):
            return name, number, [heads.index(c) for c in channels]
    return name, number, [heads.index(h) for h in _COLOR_HEADS if h in heads][:1]


def _columns_by_values(
    rows: Sequence[Sequence[str]],
) -> tuple[int | None, int | None, list[int]]:
    """Return which columns are name, number and colour, by what is in them."""
    width = min(len(row) for row in rows)
    numeric = [i for i in range(width) if all(_NUMBER.fullmatch(row[i]) for row in rows)]
    texts = [i for i in range(width) if i not in numeric]
    colors = [i for i in texts if all(color_of(row[i]) for row in rows)]
    name = next((i for i in texts if i not in colors), None)
    if len(numeric) >= 4:
        return name, numeric[0], numeric[1:4]
    if len(numeric) == 3:
        return name, None, numeric
    return name, numeric[0] if numeric else None, colors[:1]


def _numbered_by_unlabelled(entries: list[ClassEntry]) -> list[ClassEntry]:
    """Return labelme's lists of names with their numbers: ``__ignore__`` is -1, the next one 0."""
    if not entries or entries[0].name not in ("__ignore__", "_background_"):
        return entries
    first = -1 if entries[0].name == "__ignore__" else 0
    return [ClassEntry(i, e.name) for i, e in enumerate(entries, start=first)]


def entries_from_yaml(text: str, where: str) -> list[ClassEntry]:
    """Return the classes in the ``names`` of a YAML file such as YOLO's data.yaml.

    Lists are numbered from 0 there. Only what such files need of YAML is understood: lists and
    mappings of plain values, in lines or in brackets.

    Raises:
        FormatError: There is no such part, or it is of another form.
    """
    lines = [_without_comment(line) for line in text.splitlines()]
    lines = [line.rstrip() for line in lines if line.strip() not in ("", "---", "...")]
    for key in _YAML_KEYS:
        start = next((i for i, x in enumerate(lines) if re.match(rf"{key}\s*:", x)), None)
        if start is not None:
            first = lines[start].partition(":")[2].strip()
            return _of_yaml(first, lines[start + 1 :], where, starts_at=0 if key == "names" else 1)
    return _of_yaml("", lines, where, starts_at=1)


def _of_yaml(first: str, lines: list[str], where: str, *, starts_at: int) -> list[ClassEntry]:
    """Return classes from what follows a key, on its line and below."""
    if first[:1] in ("[", "{"):
        closing = "]" if first[0] == "[" else "}"
        whole = " ".join([first, *lines])
        inside = whole[1 : whole.find(closing)] if closing in whole else whole[1:]
        parts = [p.strip() for p in next(csv.reader([inside], skipinitialspace=True), []) if p]
    else:
        parts = _block(lines)
    if parts and all(p.startswith("- ") for p in parts):
        parts = [p[2:].strip() for p in parts]
    pairs = [_YAML_PAIR.fullmatch(p) for p in parts]
    if parts and all(m is not None and m[2] for m in pairs):
        keyed = [(_scalar(m[1]), _scalar(m[2])) for m in pairs if m is not None]
        if all(_NUMBER.fullmatch(k) for k, _ in keyed):
            return [ClassEntry(int(k), v) for k, v in keyed]
        if all(_NUMBER.fullmatch(v) for _, v in keyed):
            return [ClassEntry(int(v), k) for k, v in keyed]
    elif parts and not any(m is not None for m in pairs):
        return [ClassEntry(i, _scalar(p)) for i, p in enumerate(parts, start=starts_at)]
    msg = f"{where} has no list of class names: expected 'names:' with a list, or 'number: name'"
    raise FormatError(msg)


def _block(lines: list[str]) -> list[str]:
    """Return the lines that belong together: as far indented as the first one."""
    if not lines:
        return []
    indent = len(lines[0]) - len(lines[0].lstrip())
    block = []
    for line in lines:
        if len(line) - len(line.lstrip()) < indent:
            break
        if indent == 0 and lines[0].startswith("- ") and not line.startswith("- "):
            break
        block.append(line.strip())
    return block


def _without_comment(line: str) -> str:
    return re.sub(r"(^|\s)#.*$", "", line)


def _scalar(text: str) -> str:
    bare = text.strip()
    return bare[1:-1] if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "\"'" else bare
