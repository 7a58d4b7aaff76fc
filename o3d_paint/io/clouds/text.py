"""Clouds as text: a point a line, ``x y z`` with colours and a label behind, or named columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TextIO

import numpy as np

from o3d_paint.core.arrays import FloatArray
from o3d_paint.errors import FormatError
from o3d_paint.io.clouds.cloud_file import CloudFile
from o3d_paint.io.clouds.columns import axes_of, cloud_of, plain_name
from o3d_paint.io.clouds.unnamed_columns import names_by_values
from o3d_paint.io.files import open_file, open_text
from o3d_paint.io.memory import require_memory

__all__ = ["Start", "encoding_of", "matches", "opened", "read", "read_start"]

_MEMORY_FACTOR = 6
_SUFFIXES = (".xyz", ".txt", ".csv", ".asc", ".pts", ".xyzrgb", ".xyzn", ".neu", ".tsv", ".dat")
_COMMENTS = ("#", "//")
_MAX_HEADER = 1000
_LONGEST_LINE = 1 << 16  # characters; a point takes some hundred
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+(?:,[0-9]+)?(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class _Writing:
    """How the lines of a table are written.

    Attributes:
        separator: None for blanks and tabs.
        has_decimal_comma: Whether a comma is the decimal point.
        ends_separated: Whether a separator stands behind the last value too.
    """

    separator: str | None = None
    has_decimal_comma: bool = False
    ends_separated: bool = False

    def words(self, line: str) -> list[str]:
        """Return the values of a line; what is left empty is not known."""
        text = line.strip()
        if self.has_decimal_comma:
            text = text.replace(",", ".")
        if self.separator is None:
            return text.split()
        if self.ends_separated:
            text = text.removesuffix(self.separator)
        return [w.strip().strip('"') or "nan" for w in text.split(self.separator)]


@dataclass(frozen=True, slots=True)
class Start:
    """What stands before the points, and how their lines are written.

    Attributes:
        skip: Lines to skip.
        names: Of the columns; empty where no line names them.
        writing: Of the lines.
        texts: Positions of columns that hold no numbers.
        has_count: Whether the count of points stands before them, as in PTS.
        name_line: Number of the line that names the columns.
    """

    skip: int
    names: list[str]
    writing: _Writing
    texts: tuple[int, ...] = ()
    has_count: bool = False
    name_line: int = -1


def matches(path: Path) -> bool:
    """Return whether a name is of a text cloud; their content has no mark of its own."""
    return path.suffix.lower() in _SUFFIXES


def read(path: Path) -> CloudFile:
    """Read a text cloud; a first line may name the columns.

    Commas, semicolons, tabs or blanks separate; where a comma does not, it is a decimal point.
    Without names, columns are x y z, then r g b where there are six or more, then the label; an
    intensity may stand before r g b, as in PTS and Semantic3D.

    Raises:
        FormatError: A line is not numbers, or lines differ in length.
        SceneError: It would not fit into memory.
    """
    require_memory(str(path), path.stat().st_size * _MEMORY_FACTOR)
    start = read_start(path)
    values = _values(path, start)
    notes: list[str] = []
    names = start.names
    if not names:
        is_pts = start.has_count or path.suffix.lower() == ".pts"
        names = names_by_values(values, is_pts=is_pts, notes=notes)
    every = tuple(names)
    texts = [names[i] for i in start.texts if i < len(names)]
    names = [n for i, n in enumerate(names) if i not in start.texts]
    if len(names) != values.shape[1]:
        msg = f"{path} names the columns {names[:12]}, but its lines have {values.shape[1]} values"
        raise FormatError(msg)
    columns = dict(zip(reversed(names), reversed(values.T), strict=True))
    ordered = {name: columns[name] for name in dict.fromkeys(names)}
    cloud = cloud_of(ordered, path).with_notes(*notes).with_others(texts)
    return replace(cloud, columns=every)


def read_start(path: Path) -> Start:
    """Return what stands before the points of a text, and how its lines are written.

    Raises:
        FormatError: A line is endless.
    """
    with opened(path) as file:
        return _start(list(islice(_bounded(file, path), _MAX_HEADER)))


def encoding_of(path: Path) -> str:
    """Return the encoding: Excel writes a byte order mark, and its "Unicode text" is UTF-16."""
    with open_file(path) as file:
        return "utf-16" if file.read(2) in _UTF_16 else "utf-8-sig"


def opened(path: Path) -> TextIO:
    """Open a text of either encoding."""
    return open_text(path, encoding=encoding_of(path))


def _bounded(file: TextIO, path: Path) -> Iterator[str]:
    """Yield the lines of a file, of which none is endless.

    Raises:
        FormatError: One is: it is no table, and would take many times its size in memory.
    """
    for line in iter(partial(file.readline, _LONGEST_LINE), ""):
        if len(line) >= _LONGEST_LINE:
            msg = (
                f"{path} has a line of more than {_LONGEST_LINE:,} characters: a text cloud has a"
                " point a line"
            )
            raise FormatError(msg)
        yield line


def _start(lines: list[str]) -> Start:
    """Say where the points begin, and what the lines before them tell.

    The count of points may stand alone in a line, as PTS and CloudCompare have it.
    """
    names: list[str] = []
    has_count = False
    name_line = -1
    for number, line in enumerate(lines):
        text = line.strip()
        named = _names(text.lstrip("#/ "))
        are_axes = axes_of([plain_name(w) for w in named]) is not None
        is_comment = not text or text.startswith(_COMMENTS)
        if are_axes or not (is_comment or names or _are_numbers(text)):
            names, name_line = named, number
        elif is_comment:
            continue
        elif len(named) == 1 and not has_count:
            has_count = True
        else:
            filled = [t for each in lines[number:] if (t := each.strip()) and t[0] not in "#/"]
            writing = _writing_of(filled)
            texts = _text_columns(filled, writing) if names else ()
            return Start(number, names, writing, texts, has_count, name_line)
    return Start(len(lines), names, _Writing(), (), has_count, name_line)


def _names(text: str) -> list[str]:
    """Return the words of a line that may name columns.

    Where neither commas, semicolons nor tabs separate, a unit in brackets belongs to its name.
    """
    separator = next((s for s in ";\t," if s in text), None)
    if separator is None:
        return re.sub(r"\s+(?=[\[(])", "", text).split()
    words = [w.strip().strip('"') for w in text.strip().removesuffix(separator).split(separator)]
    return [w for w in words if w] if separator == "\t" else words


def _are_numbers(text: str) -> bool:
    """Return whether a line is of numbers, however they are written."""
    return all(_is_number(word) for word in _writing_of([text]).words(text))


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _writing_of(lines: list[str]) -> _Writing:
    """Return how lines are written, none of which is empty or a comment.

    Beside semicolons commas are decimal points; so they are between digits where blanks separate.
    """
    text = "\n".join(lines)
    if ";" in text:
        has_decimal_comma = "," in text and "." not in text
        return _Writing(";", has_decimal_comma, all(line.endswith(";") for line in lines))
    if "," not in text:
        return _Writing()
    words = [line.split() for line in lines]
    has_decimal_comma = all(len(w) > 1 for w in words) and all(
        _DECIMAL_COMMA.fullmatch(word) for line in words for word in line
    )
    if has_decimal_comma:
        return _Writing(None, True)
    return _Writing(",", False, all(line.endswith(",") for line in lines))


def _text_columns(lines: list[str], writing: _Writing) -> tuple[int, ...]:
    """Return the positions of columns that hold anything but numbers."""
    rows = [writing.words(line) for line in lines]
    count = min(len(r) for r in rows)
    return tuple(i for i in range(count) if not all(_is_number(r[i]) for r in rows))


def _values(path: Path, start: Start) -> FloatArray:
    try:
        values = _fast_values(path, start)
        if values is None:
            values = _loaded(path, start, _lines, None)
    except (ValueError, UnicodeDecodeError) as error:
        msg = f"{path} is not a table of numbers ({error}): export x y z columns"
        raise FormatError(msg) from error
    if values.shape[0] == 0 or values.shape[1] < 3:
        msg = f"{path} must have at least the columns x y z, found a table of {values.shape}"
        raise FormatError(msg)
    return values


def _fast_values(path: Path, start: Start) -> FloatArray | None:
    """Return the values as NumPy alone reads them, twice as fast; None where it cannot."""
    writing = start.writing
    if start.texts or writing.ends_separated or writing.has_decimal_comma:
        return None
    try:
        return _loaded(path, start, None, writing.separator)
    except ValueError:
        return None


def _loaded(
    path: Path,
    start: Start,
    lines: Callable[[Iterable[str], Start], Iterator[str]] | None,
    separator: str | None,
) -> FloatArray:
    with opened(path) as file:
        points: Iterable[str] = islice(_bounded(file, path), start.skip, None)
        if lines is not None:
            points = lines(points, start)
        values: FloatArray = np.loadtxt(points, delimiter=separator, ndmin=2, comments=_COMMENTS)
        return values


def _lines(file: Iterable[str], start: Start) -> Iterator[str]:
    """Yield lines as NumPy reads them: decimal points, nothing left empty, no texts."""
    for line in file:
        if line.strip() and not line.lstrip().startswith(_COMMENTS):
            words = start.writing.words(line)
            if start.has_count and len(words) == 1:
                # A PTS may hold several clouds, each with its count before it.
                continue
            yield " ".join(w for i, w in enumerate(words) if i not in start.texts)
