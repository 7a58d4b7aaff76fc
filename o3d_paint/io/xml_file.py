"""XML that somebody else wrote, read without trust: no entities, no document types, no nesting."""

from __future__ import annotations

import math
from pathlib import Path
from typing import NoReturn
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from o3d_paint.errors import FormatError
from o3d_paint.io.files import read_file

__all__ = ["numbers_of", "parse_xml", "read_xml"]

# Elements with their attributes take several times the room of the text.
_BYTES_PER_CHARACTER = 15
_DEEPEST = 100


def read_xml(path: Path | str) -> Element:
    """Read an XML file and return its outermost element.

    Raises:
        FormatError: It cannot be read, is not XML, nests too deeply, or declares a document type,
            which is how entities come in that grow without end or name other files.
        SceneError: It would not fit into memory.
    """
    return parse_xml(read_file(path, factor=_BYTES_PER_CHARACTER), str(path))


def parse_xml(data: bytes, where: str) -> Element:
    """Parse XML text; ``where`` names it in messages.

    Raises:
        FormatError: As `read_xml`.
    """
    builder = TreeBuilder()
    parser = expat.ParserCreate(namespace_separator="}")
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            msg = f"{where} nests elements too deeply: export it again"
            raise FormatError(msg)
        builder.start(name, attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(name)

    def refuse(*_declaration: object) -> NoReturn:
        msg = f"{where} declares a document type, which is not followed: remove its <!DOCTYPE …>"
        raise FormatError(msg)

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse
    parser.buffer_text = True
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        # Python looks an unknown encoding up by its name, and may not find it.
        msg = f"{where} is not valid XML ({error}): export it again"
        raise FormatError(msg) from error
    return builder.close()


def numbers_of(text: str | None, count: int | None = None) -> list[float] | None:
    """Return the finite numbers that a text holds, between spaces or commas.

    Args:
        text: Of an element or attribute.
        count: How many there must be; None takes any.

    Returns:
        None where they are not numbers, not finite, or of another count.
    """
    words = (text or "").replace(",", " ").split()
    try:
        values = [float(w) for w in words]
    except ValueError:
        return None
    if not all(map(math.isfinite, values)) or (count is not None and len(values) != count):
        return None
    return values
