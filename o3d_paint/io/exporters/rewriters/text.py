"""CSV and XYZ once more: every line with all its columns as it was, and labels behind."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from io import TextIOWrapper
from pathlib import Path

import numpy as np

from o3d_paint.io.clouds.text import Start, encoding_of, read_start
from o3d_paint.io.exporters.labelled import ExportOptions, LabelledScene
from o3d_paint.io.exporters.rewriters.label_columns import LabelColumns, colored, label_columns
from o3d_paint.io.exporters.rewriters.rows import renumbering
from o3d_paint.io.files import open_file
from o3d_paint.io.origin import require_unchanged
from o3d_paint.io.store import replacing

__all__ = ["rewrite_text"]

_COMMENTS = ("#", "//")
_COMMENT_BEHIND = re.compile(r"\s*(?:#|//).*$")
_BLANKS = " \t\r\n"
_BYTES = np.dtype("u1")


def rewrite_text(labelled: LabelledScene, path: Path, options: ExportOptions) -> list[str]:
    """Write the cloud's text with labels, in its encoding and with its separators.

    Returns:
        What is called otherwise, one sentence each.

    Raises:
        StorageError: The file cannot be written, or the cloud's has changed.
    """
    origin = labelled.scene.origin
    assert origin is not None
    source = require_unchanged(origin)
    start = read_start(source)
    columns = label_columns(labelled, list(origin.columns), options)
    is_wide = encoding_of(source) == "utf-16"
    # Every byte is a letter of Latin-1, so that names in whatever encoding stay as they are.
    reading, writing = ("utf-16", "utf-16-le") if is_wide else ("latin-1", "latin-1")
    with (
        TextIOWrapper(open_file(source), encoding=reading, newline="") as file,
        replacing(path, inputs=options.inputs) as out,
    ):
        out.write(codecs.BOM_UTF16_LE if is_wide else b"")
        for line in _lines(file, start, labelled, columns, names=path.suffix.lower()):
            out.write(line.encode(writing))
    return list(columns.notes)


def _lines(
    file: Iterator[str], start: Start, labelled: LabelledScene, columns: LabelColumns, *, names: str
) -> Iterator[str]:
    """Yield the lines of the new file.

    Args:
        file: The lines of the old one.
        start: What stands before its points.
        labelled: What is written.
        columns: Labels.
        names: Ending of the file, which says how a line of names looks where there was none.
    """
    origin = labelled.scene.origin
    assert origin is not None
    numbers = renumbering(labelled.file_rows, origin.count)
    row = 0
    for number, line in enumerate(file):
        text = line.strip(_BLANKS)
        ending = line[len(line.rstrip("\r\n")) :] or "\n"
        if number < start.skip:
            if start.names and number == start.name_line:
                between = next((s for s in ";\t," if s in text), " ")
                yield _behind(text, columns.added, between, start) + ending
            elif not (labelled.file_rows is not None and start.has_count and text.isdecimal()):
                yield line
            continue
        if number == start.skip and not start.names:
            written = [n.replace(" ", "_") for n in (*origin.columns, *columns.added)]
            yield ("" if names == ".csv" else "//") + _between(text, start).join(written) + ending
        words = start.writing.words(line)
        is_count = start.has_count and len(words) == 1
        if not text or text.startswith(_COMMENTS) or is_count:
            if labelled.file_rows is None or not is_count:
                yield line
            continue
        place = int(numbers[row])
        row += 1
        if place >= 0:
            yield _labelled_line(line, start, place, columns, origin.columns) + ending


def _labelled_line(
    line: str, start: Start, row: int, columns: LabelColumns, names: tuple[str, ...]
) -> str:
    """Return a line of a point with its labels."""
    separator = start.writing.separator
    comment = _COMMENT_BEHIND.search(line.rstrip("\r\n"))
    behind = comment.group(0) if comment else ""
    text = line.rstrip("\r\n").removesuffix(behind) if behind else line.rstrip("\r\n")
    new = {name: values[row] for name, values in columns.replaced.items()}
    if columns.painted is not None:
        channels, scale = columns.painted
        for i, name in enumerate(channels):
            new[name] = colored(columns.rgb[row : row + 1, i], _BYTES, scale)[0]
    if new:
        parts = text.split(separator) if separator else re.split(r"([ \t]+)", text.strip(_BLANKS))
        step = 1 if separator else 2
        for name, value in new.items():
            parts[names.index(name) * step] = _word(value, start)
        text = separator.join(parts) if separator else "".join(parts)
    words = [_word(values[row], start) for values in columns.added.values()]
    return _behind(text.rstrip(" "), words, _between(text, start), start) + behind


def _behind(text: str, words: Iterable[str], separator: str, start: Start) -> str:
    """Return a line with more words."""
    joined = separator.join(words)
    if not joined:
        return text
    if start.writing.ends_separated and text.endswith(separator):
        return f"{text}{joined}{separator}"
    return f"{text}{separator}{joined}"


def _between(text: str, start: Start) -> str:
    """Return what separates the values of a line."""
    if start.writing.separator is not None:
        return start.writing.separator
    return "\t" if "\t" in text else " "


def _word(value: np.generic, start: Start) -> str:
    number = float(value)
    text = str(int(number)) if number.is_integer() else f"{number:.6g}"
    return text.replace(".", ",") if start.writing.has_decimal_comma else text
