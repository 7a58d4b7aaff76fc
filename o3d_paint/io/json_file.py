"""JSON that somebody else wrote, read without trust."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from o3d_paint.errors import FormatError
from o3d_paint.io.files import read_file

__all__ = ["item", "number", "parse_json", "read_json"]

# Python objects take several times the room of the text that they are read from.
_BYTES_PER_CHARACTER = 12


def read_json(path: Path | str) -> Any:
    """Read a JSON file.

    Raises:
        FormatError: The file cannot be read, is not JSON, or nests too deeply.
        SceneError: It would not fit into memory.
    """
    return parse_json(read_file(path, factor=_BYTES_PER_CHARACTER), str(path))


def parse_json(data: bytes, where: str) -> Any:
    """Parse JSON text of UTF-8; ``where`` names it in messages.

    Raises:
        FormatError: It is not JSON, or nests too deeply.
    """
    try:
        return json.loads(data.decode("utf-8-sig"))
    except RecursionError as error:
        msg = f"{where} nests lists too deeply to be a label file"
        raise FormatError(msg) from error
    except ValueError as error:
        msg = f"{where} is not valid JSON ({error}): export it again"
        raise FormatError(msg) from error


def item(record: Any, key: str, kind: type | tuple[type, ...], where: str) -> Any:
    """Return ``record[key]`` if the record is an object and the value of the expected type.

    Args:
        record: A parsed JSON value.
        key: The wanted key.
        kind: Expected Python type or types; bool never passes for a number.
        where: Names the record in messages.

    Raises:
        FormatError: The record is not an object, or the key is missing or of another type.
    """
    if not isinstance(record, dict):
        msg = f"{where} must be an object, found {type(record).__name__}"
        raise FormatError(msg)
    if key not in record:
        msg = f"{where} has no {key!r}: found {sorted(map(str, record))[:8]}"
        raise FormatError(msg)
    value = record[key]
    kinds = kind if isinstance(kind, tuple) else (kind,)
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        expected = " or ".join(k.__name__ for k in kinds)
        msg = f"{key!r} of {where} must be {expected}, found {type(value).__name__}"
        raise FormatError(msg)
    return value


def number(record: Any, key: str, where: str) -> float:
    """Return ``record[key]`` if it is a finite number; arguments as for `item`.

    Raises:
        FormatError: The record is not an object, or the value missing or no finite number.
    """
    value = item(record, key, (int, float), where)
    try:
        result = float(value)
    except OverflowError:
        result = math.inf
    if not math.isfinite(result):
        msg = f"{key!r} of {where} must be a finite number, found {str(value)[:20]}"
        raise FormatError(msg)
    return result
