"""PCD once more: every field as it was, text or binary, with labels behind.

Rows and columns of organised clouds and the viewpoint stay. Compressed files become binary ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np

from o3d_paint.io.clouds.columns import plain_name
from o3d_paint.io.clouds.pcd import PACKED, Header, read_header
from o3d_paint.io.exporters.labelled import ExportOptions, LabelledScene
from o3d_paint.io.exporters.rewriters.label_columns import LabelColumns, colored, fits
from o3d_paint.io.exporters.rewriters.label_columns import label_columns as columns_of
from o3d_paint.io.exporters.rewriters.lzf import decompressed
from o3d_paint.io.exporters.rewriters.rows import pieces, renumbering
from o3d_paint.io.files import open_file
from o3d_paint.io.origin import require_unchanged
from o3d_paint.io.store import replacing

__all__ = ["rewrite_pcd"]

_BLOCK = 1 << 18
_MAX_HEADER = 1 << 16
_WIDER = np.dtype("<i4")
_PER_FIELD = {"FIELDS": "{}", "COLUMNS": "{}", "COUNT": "1"}


def rewrite_pcd(labelled: LabelledScene, path: Path, options: ExportOptions) -> list[str]:
    """Write the cloud's PCD with labels.

    Returns:
        What is called otherwise or not kept, one sentence each.

    Raises:
        FormatError: Its compressed points are damaged.
        StorageError: The file cannot be written, or the cloud's has changed.
    """
    assert labelled.scene.origin is not None
    source = require_unchanged(labelled.scene.origin)
    notes = []
    with open_file(source) as file:
        header = read_header(file.read(_MAX_HEADER), source)
        file.seek(0)
        lines = file.read(header.start).decode("utf-8-sig", errors="replace").splitlines()
        names = list(header.dtype.names or ())
        # Packed colours count as such: no column is added for them.
        packed = next((n for n in names if plain_name(n) in PACKED), None)
        unpacked = [*names, "red", "green", "blue"] if packed is not None else names
        columns = columns_of(labelled, unpacked, options)
        kinds = {n: header.dtype[n] for n in names}
        wider = {
            n for n, v in columns.replaced.items() if n in kinds and not fits(v, kinds[n].base)
        }
        is_text = header.data == "ascii"
        if header.data == "binary_compressed":
            notes.append(f"{path} is binary and not compressed as {source.name} is.")
        with replacing(path, inputs=options.inputs) as out:
            out.write(_header(lines, labelled, columns, wider, is_text=is_text))
            if is_text:
                out.writelines(_lines(file, header, labelled, columns, packed))
            else:
                blocks = _blocks(file, header, source)
                out.writelines(_records(blocks, labelled, columns, wider, packed))
    return [*columns.notes, *notes]


def _header(
    lines: list[str],
    labelled: LabelledScene,
    columns: LabelColumns,
    wider: set[str],
    *,
    is_text: bool,
) -> bytes:
    """Return the header with the new fields, and the count of a part."""
    count = len(labelled.labels)
    fields = next(w for line in lines if (w := line.split()) and w[0].upper() in _PER_FIELD)[1:]
    changed = {i for i, n in enumerate(fields) if n in wider}
    behind = {
        "FIELDS": list(columns.added),
        "COLUMNS": list(columns.added),
        "COUNT": ["1"] * len(columns.added),
        "SIZE": [str(v.dtype.itemsize) for v in columns.added.values()],
        "TYPE": [v.dtype.kind.upper() for v in columns.added.values()],
    }
    found = []
    for line in lines:
        words = line.split()
        key = words[0].upper() if words and not words[0].startswith("#") else ""
        if key in ("SIZE", "TYPE"):
            new = str(_WIDER.itemsize) if key == "SIZE" else _WIDER.kind.upper()
            words = [words[0], *(new if i in changed else w for i, w in enumerate(words[1:]))]
        if key in behind:
            line = " ".join([*words, *behind[key]])
        elif key == "DATA":
            line = f"DATA {'ascii' if is_text else 'binary'}"
        elif labelled.file_rows is not None and key in ("WIDTH", "POINTS"):
            line = f"{key} {count}"
        elif labelled.file_rows is not None and key == "HEIGHT":
            line = "HEIGHT 1"
        found.append(line)
    return ("\n".join(found) + "\n").encode()


def _blocks(file: BinaryIO, header: Header, path: Path) -> Iterator[np.ndarray]:
    """Yield the points as the file has them, in pieces."""
    file.seek(header.start)
    if header.data == "binary_compressed":
        yield decompressed(file.read(), header.dtype, header.count, path)
        return
    for start in range(0, header.count, _BLOCK):
        count = min(_BLOCK, header.count - start)
        yield np.frombuffer(file.read(count * header.dtype.itemsize), dtype=header.dtype)


def _records(
    blocks: Iterator[np.ndarray],
    labelled: LabelledScene,
    columns: LabelColumns,
    wider: set[str],
    packed: str | None,
) -> Iterator[bytes]:
    """Yield the points that are written, with labels."""
    start = 0
    for old in blocks:
        kinds = {n: old.dtype[n] for n in old.dtype.names or ()}
        new = {n: _WIDER if n in wider else k for n, k in kinds.items()}
        new |= {n: v.dtype.newbyteorder("<") for n, v in columns.added.items()}
        chosen, part = pieces(labelled.file_rows, start, len(old))
        start += len(old)
        block = np.zeros(part.stop - part.start, dtype=list(new.items()))
        for name in kinds:
            if name not in columns.replaced:
                block[name] = old[name][chosen]
        for name, values in {**columns.replaced, **columns.added}.items():
            block[name] = values[part]
        if columns.painted is not None and packed is not None:
            bits = _packed(columns.rgb[part])
            block[packed] = bits.view("<f4") if kinds[packed].kind == "f" else bits
        elif columns.painted is not None:
            channels, scale = columns.painted
            for i, name in enumerate(channels):
                block[name] = colored(columns.rgb[part, i], kinds[name], scale)
        yield block.tobytes()


def _lines(
    file: BinaryIO,
    header: Header,
    labelled: LabelledScene,
    columns: LabelColumns,
    packed: str | None,
) -> Iterator[bytes]:
    """Yield the lines of the points that are written, with labels."""
    file.seek(header.start)
    numbers = renumbering(labelled.file_rows, header.count)
    widths = [int(np.prod(header.dtype[n].shape)) for n in header.dtype.names or ()]
    places = dict(zip(header.dtype.names or (), np.cumsum([0, *widths]).tolist(), strict=False))
    filled = (line for line in file if line.strip() and not line.lstrip().startswith(b"#"))
    for row, line in enumerate(islice(filled, header.count)):
        number = int(numbers[row])
        if number < 0:
            continue
        words = line.split()
        for name, values in columns.replaced.items():
            words[places[name]] = _word(values[number])
        if columns.painted is not None:
            rgb = columns.rgb[number : number + 1]
            if packed is not None:
                bits = _packed(rgb)
                is_float = header.dtype[packed].kind == "f"
                words[places[packed]] = _word((bits.view("<f4") if is_float else bits)[0])
            else:
                channels, scale = columns.painted
                for i, name in enumerate(channels):
                    value = colored(rgb[:, i], header.dtype[name], scale)[0]
                    words[places[name]] = _word(value)
        yield b" ".join([*words, *(_word(v[number]) for v in columns.added.values())]) + b"\n"


def _packed(rgb: np.ndarray) -> np.ndarray:
    """Return colours in 32 bits, blue lowest."""
    r, g, b = rgb.astype("<u4").T
    bits: np.ndarray = r << 16 | g << 8 | b
    return bits


def _word(value: np.generic) -> bytes:
    number = float(value)
    return str(int(number)).encode() if number.is_integer() else f"{number:.9g}".encode()
